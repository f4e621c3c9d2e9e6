"""What staff do to an account: warn, pause, close. Nobody loses theirs for being in danger."""

from datetime import timedelta

from forum.accounts.models import MODERATORS, STAFF, Member, Role
from forum.accounts.operations import close_account, set_pause
from forum.clock import now
from forum.extensions import db
from forum.notices.models import NoticeKind
from forum.notices.operations import notify
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.cases.acts import advance
from moderation.cases.models import Act, Case, Lane
from moderation.cases.refusals import Refusal
from moderation.measures.account_queries import find_asking, is_in_danger, pauses_in_force
from moderation.measures.models import Measure, MeasureKind, MeasureReason
from moderation.measures.operations import take_measure

# Pausing and closing are for what someone does to others (practice.md section 2), never for what
# they feel. A warning may also be about naming a way.
BEHAVIOURS = (
    MeasureReason.PUSHING,
    MeasureReason.HARASSMENT,
    MeasureReason.PERSONAL_DATA,
    MeasureReason.DIAGNOSIS,
    MeasureReason.SPAM,
)
WARNABLE = (*BEHAVIOURS, MeasureReason.METHOD)
# Hours. Our own proposal: docs/content-review.md.
PAUSES = (6, 24, 72, 168, 720)
CONFIRMERS = frozenset({Role.LEAD, Role.ADMIN})


class NeedsModerator(Refusal):
    """Measures on accounts are for moderators."""


class StaffAccount(Refusal):
    """Measures on accounts of staff are for admins."""


class InDanger(Refusal):
    """The person has an open red or crisis case: they are answered, not shut out."""


class NotABehaviour(Refusal):
    """The reason is nothing that someone does to others."""


class AlreadyClosed(Refusal):
    """The account is closed."""


class AlreadyAsked(Refusal):
    """Closing this account was asked for in this case and waits for an answer."""


class NothingAsked(Refusal):
    """Nobody asks any more to close this account."""


class NotOnAppeal(Refusal):
    """An appeal never makes it worse: whoever reads one takes no measure with it."""


class NotPaused(Refusal):
    """The person is not paused."""


class NeedsAnother(Refusal):
    """Closing takes two people: a lead or an admin confirms what someone else asked for."""


def warn(moderator: Member, case: Case, seen: int, reason: MeasureReason, words: str) -> Measure:
    """Tell a case's person which rule they broke, and nothing more.

    Raises NeedsModerator, StaffAccount, NotABehaviour, AlreadyClosed, and as `advance` does.
    """
    _check(moderator, case)
    if reason not in WARNABLE:
        raise NotABehaviour
    advance(moderator, case, seen, Act.WARN)
    measure = take_measure(
        moderator, case, MeasureKind.WARN, case.subject_id, reason=reason, words=words
    )
    _record(moderator, measure, Action.WARN)
    return measure


def pause(
    moderator: Member, case: Case, seen: int, reason: MeasureReason, words: str, *, hours: int
) -> Measure:
    """Let a case's person not post for some hours; everything else stays open to them.

    A pause ends by itself; a shorter one does not cut a longer one. Raises NeedsModerator,
    StaffAccount, NotABehaviour, InDanger, AlreadyClosed, and as `advance` does.
    """
    _check(moderator, case)
    _check_grounds(case, reason)
    advance(moderator, case, seen, Act.PAUSE)
    measure = take_measure(
        moderator,
        case,
        MeasureKind.PAUSE,
        case.subject_id,
        reason=reason,
        words=words,
        until=now() + timedelta(hours=hours),
    )
    renew_pause(case.subject)
    _record(moderator, measure, Action.PAUSE, hours=hours)
    return measure


def lift_pause(moderator: Member, case: Case, seen: int, words: str) -> Measure:
    """End the pause of a case's person before its time.

    Raises NeedsModerator, StaffAccount, NotPaused, AlreadyClosed, and as `advance` does.
    """
    _check(moderator, case)
    if not case.subject.is_paused:
        raise NotPaused
    advance(moderator, case, seen, Act.LIFT_PAUSE)
    for measure in pauses_in_force(case.subject):
        measure.undone_at = now()
    renew_pause(case.subject)
    measure = take_measure(
        moderator,
        case,
        MeasureKind.LIFT_PAUSE,
        case.subject_id,
        reason=MeasureReason.SAFE_AGAIN,
        words=words,
    )
    _record(moderator, measure, Action.LIFT_PAUSE)
    return measure


def ask_to_close(
    moderator: Member, case: Case, seen: int, reason: MeasureReason, words: str
) -> Measure:
    """Ask a lead or an admin to close the account of a case's person. Nothing happens to it yet.

    `words` are for the member, if it comes to that. Raises as `pause` does, and AlreadyAsked.
    """
    _check(moderator, case)
    _check_grounds(case, reason)
    if find_asking(case) is not None:
        raise AlreadyAsked
    advance(moderator, case, seen, Act.ASK_TO_CLOSE)
    measure = Measure(
        case_id=case.id,
        moderator_id=moderator.id,
        member_id=case.subject_id,
        kind=MeasureKind.CLOSE_ACCOUNT,
        reason=reason,
        words=words,
        created_at=now(),
    )
    db.session.add(measure)
    db.session.flush()
    _record(moderator, measure, Action.ASK_TO_CLOSE)
    return measure


def confirm_closing(lead: Member, case: Case, seen: int) -> Measure:
    """Close the account that someone else asked to close, end its sessions, tell its owner.

    Raises NothingAsked, NeedsAnother, StaffAccount, InDanger, AlreadyClosed, and as `advance`.
    """
    measure = _find_asking(lead, case)
    _check_grounds(case, measure.reason)
    advance(lead, case, seen, Act.CLOSE_ACCOUNT)
    measure.confirmed_by_id = lead.id
    # The days to appeal count from when it takes effect; the record knows when it was asked for.
    measure.created_at = now()
    close_account(case.subject)
    notify(case.subject_id, NoticeKind.MEASURE, subject_id=measure.id)
    _record(lead, measure, Action.CLOSE_ACCOUNT)
    return measure


def decline_closing(lead: Member, case: Case, seen: int, note: str) -> None:
    """Leave an account open that someone asked to close; the member never hears of it.

    Raises NothingAsked, NeedsAnother, StaffAccount, AlreadyClosed, and as `advance`.
    """
    measure = _find_asking(lead, case)
    advance(lead, case, seen, Act.KEEP_ACCOUNT, note=note)
    measure.undone_at = now()
    _record(lead, measure, Action.KEEP_ACCOUNT)


def renew_pause(member: Member) -> None:
    """Let a member's pause end when the longest one in force does."""
    db.session.flush()
    ends = [measure.until for measure in pauses_in_force(member) if measure.until]
    set_pause(member, max(ends, default=None))


def may_measure(staff: Member, person: Member) -> bool:
    """Return whether this person's role measures accounts such as this one."""
    if person.role in STAFF:
        return staff.role is Role.ADMIN
    return staff.role in MODERATORS


def may_answer_asking(staff: Member, measure: Measure) -> bool:
    """Return whether this person may say yes or no to closing an account."""
    return staff.role in CONFIRMERS and staff.id != measure.moderator_id


def _find_asking(lead: Member, case: Case) -> Measure:
    _check(lead, case)
    measure = find_asking(case)
    if measure is None:
        raise NothingAsked
    if not may_answer_asking(lead, measure):
        raise NeedsAnother
    return measure


def _check(moderator: Member, case: Case) -> None:
    if case.lane is Lane.APPEAL:
        raise NotOnAppeal
    if moderator.role not in MODERATORS:
        raise NeedsModerator
    if not may_measure(moderator, case.subject):
        raise StaffAccount
    if case.subject.is_closed:
        raise AlreadyClosed


def _check_grounds(case: Case, reason: MeasureReason) -> None:
    if reason not in BEHAVIOURS:
        raise NotABehaviour
    if is_in_danger(case.subject_id):
        raise InDanger


def _record(moderator: Member, measure: Measure, action: Action, hours: int | None = None) -> None:
    """Write the measure down too; the case has its own entry.

    Not at the member: who reads the record would find all cases of one person beside another.
    """
    record(
        moderator,
        action,
        SubjectKind.MEASURE,
        measure.id,
        reason=measure.reason.value,
        hours=hours,
    )
