"""What the rules are worth: precision of each, from human decisions; and the estimated misses."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from sqlalchemy import case as choose
from sqlalchemy import func, select

from forum.clock import now
from forum.extensions import db
from forum.posts.models import Post, Visibility
from moderation.cases.models import Case, CaseState, CloseReason, Flag, Lane
from moderation.rules.queries import rules_in_force

TREND = timedelta(days=30)
QUIET_AFTER = timedelta(days=30)
DAY = timedelta(days=1)
# A rule that is at best right three times in ten is worth a look, once it has been judged often.
NOISY_BELOW = 0.3
JUDGED_ENOUGH = 5
# Two-sided 95 %.
Z = 1.96


@dataclass(frozen=True)
class Share:
    """A share of a whole, with its Wilson interval."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """The share itself; 0 of nothing is 0."""
        return self.part / self.whole if self.whole else 0.0

    @property
    def low(self) -> float:
        """The lower end of the 95 % interval."""
        return self._bounds()[0]

    @property
    def high(self) -> float:
        """The upper end of the 95 % interval."""
        return self._bounds()[1]

    def _bounds(self) -> tuple[float, float]:
        """Wilson's interval: E. B. Wilson, JASA 22 (1927), 209-212."""
        if not self.whole:
            return 0.0, 1.0
        n, p = self.whole, self.value
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        reach = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
        return max(0.0, middle - reach), min(1.0, middle + reach)


@dataclass(frozen=True)
class RuleRecord:
    """What one rule has done. `precision` is over closed cases, `before` over older ones."""

    rule: str
    fired: int
    fired_today: int
    fired_a_day: float
    precision: Share
    before: Share

    @property
    def is_noisy(self) -> bool:
        """Whether people keep finding nothing behind it: proposed for review."""
        return self.precision.whole >= JUDGED_ENOUGH and self.precision.high < NOISY_BELOW

    @property
    def is_spiking(self) -> bool:
        """Whether it fires far more today than it used to: more than three Poisson deviations."""
        return self.fired_today > self.fired_a_day + 3 * sqrt(self.fired_a_day) + 3


@dataclass(frozen=True)
class MissRate:
    """What the blind sample says. `recall` is (low, estimate, high), or None without data."""

    sampled: Share
    recall: tuple[float, float, float] | None


def rule_records() -> list[RuleRecord]:
    """Return a record for each rule that has ever fired, the most active first."""
    moment = now()
    right = Case.close_reason.in_(
        (CloseReason.ANSWERED, CloseReason.REFERRED, CloseReason.RULE_BREACH)
    )
    wrong = Case.close_reason == CloseReason.NO_RISK
    recent = Case.closed_at >= moment - TREND
    older = Case.closed_at < moment - TREND
    rows = db.session.execute(
        select(
            Flag.rule,
            func.count(),
            _count(Flag.created_at >= moment - DAY),
            _count(Flag.created_at >= moment - TREND),
            _count(right & recent),
            _count((right | wrong) & recent),
            _count(right & older),
            _count((right | wrong) & older),
        )
        .join(Case, Case.id == Flag.case_id)
        .group_by(Flag.rule)
        .order_by(func.count().desc())
    )
    return [
        RuleRecord(
            rule=rule,
            fired=fired,
            fired_today=today,
            fired_a_day=(month - today) / (TREND.days - 1),
            precision=Share(right_new, judged_new),
            before=Share(right_old, judged_old),
        )
        for rule, fired, today, month, right_new, judged_new, right_old, judged_old in rows
    ]


def silent_rules() -> list[str]:
    """Return the ids of rules that are on and have not fired for a month."""
    since = now() - QUIET_AFTER
    fired = set(db.session.scalars(select(Flag.rule).where(Flag.created_at >= since).distinct()))
    return [
        rule.id for rule in rules_in_force().lexicon.rules if rule.enabled and rule.id not in fired
    ]


def miss_rate(days: int = 90) -> MissRate:
    """Estimate how many of the posts that needed someone the rules have seen.

    Of the green posts that were read by chance, a share needed someone; as many of all green
    posts are taken to have been missed. Seen are the flagged posts whose case was not closed as
    "no risk".
    """
    since = now() - timedelta(days=days)
    sampled, missed = db.session.execute(
        select(func.count(), _count(Case.close_reason != CloseReason.NO_RISK)).where(
            Case.lane == Lane.SAMPLE,
            Case.state == CaseState.CLOSED,
            Case.close_reason.not_in((CloseReason.DUPLICATE, CloseReason.MEMBER_LEFT)),
            Case.opened_at >= since,
        )
    ).one()
    share = Share(missed or 0, sampled)
    if not sampled:
        return MissRate(share, None)
    seen, green = _seen_and_green(since)
    if not seen and not share.part:
        return MissRate(share, None)

    def recall(miss_share: float) -> float:
        return seen / (seen + green * miss_share) if seen else 0.0

    return MissRate(share, (recall(share.high), recall(share.value), recall(share.low)))


def _seen_and_green(since: datetime) -> tuple[int, int]:
    seen = db.session.scalar(
        select(func.count(func.distinct(Flag.post_id)))
        .join(Case, Case.id == Flag.case_id)
        .where(
            Flag.created_at >= since,
            Case.state == CaseState.CLOSED,
            Case.close_reason.not_in(
                (CloseReason.NO_RISK, CloseReason.DUPLICATE, CloseReason.MEMBER_LEFT)
            ),
        )
    )
    flagged = select(Flag.post_id).where(Flag.created_at >= since)
    green = db.session.scalar(
        select(func.count()).where(
            Post.created_at >= since,
            Post.scanned_version >= Post.version,
            Post.visibility != Visibility.DELETED,
            Post.id.not_in(flagged),
        )
    )
    return seen or 0, green or 0


def _count(condition: object) -> object:
    return func.coalesce(func.sum(choose((condition, 1), else_=0)), 0)
