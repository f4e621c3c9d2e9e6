"""When a case may end. Red and crisis end with a state and a plan, or by two people's judgement."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from forum.help.models import HelpEntry
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.cases import operations as cases
from moderation.cases.acts import advance
from moderation.cases.eligibility import may_answer
from moderation.cases.leases import FREE
from moderation.cases.models import Act, Case, CloseReason, Decision, Reading, Recusal
from moderation.cases.refusals import CaseChanged, NotTrained, OpinionFirst, Refusal
from moderation.closing.models import (
    Consent,
    Ending,
    Judgement,
    Opinion,
    Outcome,
    Referral,
    Service,
    Taken,
)
from moderation.closing.queries import latest_opinion
from moderation.crisis.operations import end_company
from moderation.crisis.queries import ever_on
from moderation.follow_ups.operations import plan
from moderation.measures.held import Verdict, decide_held, take_held
from moderation.risk.levels import Level

# Every other reason leaves a person whom a rule or a reader found in danger without an answer.
CARED_FOR = frozenset({CloseReason.ANSWERED, CloseReason.REFERRED})


class NoReferral(Refusal):
    """A case ends as referred only where a service was named."""


class NotAnswered(Refusal):
    """A heavy case ends as answered only where someone wrote to the person."""


class StateMissing(Refusal):
    """A heavy case ends with a state and with what the person says to being written to again."""


@dataclass(frozen=True)
class Closing:
    """How a moderator wants to end a case. The last four count for red and crisis alone.

    `held` says what becomes of posts that are held, where there are some. `declined` says why
    nobody writes again; `owner_id` is who does, or the one who closes.
    """

    reason: CloseReason
    note: str = ""
    outcome: Outcome | None = None
    consent: Consent | None = None
    declined: str = ""
    owner_id: int | None = None
    held: Verdict | None = None


def is_heavy(case: Case) -> bool:
    """Return whether a case ends with a state, a plan, or two judgements."""
    return case.risk_level >= Level.RED


def asks_second(case: Case, reason: CloseReason) -> bool:
    """Return whether another person reads a case before it ends with this reason."""
    return is_heavy(case) and reason not in CARED_FOR and case.reading is not Reading.LEADS


def close(moderator: Member, case: Case, seen_version: int, closing: Closing) -> bool:
    """End a case, or ask for a second opinion where a heavy one would end without care.

    Whoever ends it decides what becomes of its held posts. Returns whether the case is closed.
    Raises NoReferral, NotAnswered, StateMissing, StillHeld, and as `advance` does.
    """
    cared_for, for_leads = closing.reason in CARED_FOR, case.reading is Reading.LEADS
    if closing.reason is CloseReason.REFERRED and not _was_referred(case):
        raise NoReferral
    if asks_second(case, closing.reason):
        _ask_second(moderator, case, seen_version, closing)
        return False
    if is_heavy(case) and closing.reason is CloseReason.ANSWERED and not _was_written_to(case):
        raise NotAnswered
    ending = _ending(case, closing) if is_heavy(case) and cared_for else None
    posts = take_held(case, closing.held)
    decision = cases.close(moderator, case, seen_version, closing.reason, closing.note, posts=posts)
    decide_held(moderator, case, decision, posts, closing.held)
    end_company(case)
    if for_leads:
        _settle(moderator, case, Judgement.NEEDS_ANSWER if cared_for else Judgement.NO_ACTION)
    if ending is not None:
        # A closing that was undone has left one already.
        db.session.merge(ending)
        if ending.has_follow_ups:
            plan(case, closing.owner_id or moderator.id)
    return True


def give_opinion(
    moderator: Member,
    case: Case,
    seen_version: int,
    judgement: Judgement,
    note: str,
    *,
    held: Verdict | None = None,
) -> bool:
    """Judge a case blind. If both saw no need to act it is closed, else a lead takes it.

    `held` says what becomes of its held posts if it is closed. Returns whether it is. Raises
    CaseChanged where nobody asks any more, StillHeld, and as `advance` does.
    """
    opinion = latest_opinion(case)
    if case.reading is not Reading.BLIND or opinion is None:
        raise CaseChanged
    agreed = judgement is opinion.first
    posts = take_held(case, held) if agreed else []
    after = {"reading": Reading.ORDINARY} if agreed else {"reading": Reading.LEADS, **FREE}
    advance(
        moderator,
        case,
        seen_version,
        Act.OPINION,
        note=note,
        values=after,
    )
    opinion.second_id = moderator.id
    opinion.second = judgement
    opinion.second_note = note
    opinion.given_at = now()
    if agreed:
        decision = cases.close(
            moderator, case, seen_version + 1, opinion.first_reason, "", posts=posts
        )
        decide_held(moderator, case, decision, posts, held)
    return agreed


def refer(
    moderator: Member,
    case: Case,
    seen_version: int,
    *,
    entry: HelpEntry | None = None,
    service: Service | None = None,
    taken: Taken = Taken.UNKNOWN,
    name: str = "",
) -> Referral:
    """Note that a service was named to the person: an entry or a kind. Returns the referral.

    `name` is what the log calls it. Raises as `advance` does.
    """
    advance(moderator, case, seen_version, Act.REFER, note=name, entry=entry)
    referral = Referral(
        case_id=case.id,
        moderator_id=moderator.id,
        entry_id=entry.id if entry else None,
        service=service,
        offered_at=now(),
        taken=taken,
    )
    db.session.add(referral)
    return referral


def note_taken(moderator: Member, case: Case, referral: Referral, taken: Taken) -> None:
    """Note whether a service was reached, also long after the case was closed.

    Raises NotTrained, OpinionFirst.
    """
    if not may_answer(moderator, case):
        raise NotTrained
    if case.reading is Reading.BLIND:
        raise OpinionFirst
    referral.taken = taken
    referral.noted_at = now()
    referral.noted_by_id = moderator.id
    record(moderator, Action.NOTE_TAKEN, SubjectKind.CASE, case.id, taken=taken.value)


def _ask_second(moderator: Member, case: Case, seen_version: int, closing: Closing) -> None:
    """Put a case back for somebody who does not know what was thought of it."""
    level = case.level
    knowing = sorted({moderator.id, *ever_on(case)})
    advance(
        moderator,
        case,
        seen_version,
        Act.ASK_SECOND,
        note=closing.note,
        reason=closing.reason,
        values={**FREE, "reading": Reading.BLIND},
    )
    db.session.execute(delete(Recusal).where(Recusal.case_id == case.id))
    db.session.add_all(Recusal(case_id=case.id, member_id=person) for person in knowing)
    end_company(case)
    db.session.add(
        Opinion(
            case_id=case.id,
            case_version=seen_version,
            level=level,
            first_id=moderator.id,
            first=Judgement.NO_ACTION,
            first_reason=closing.reason,
            first_note=closing.note,
            asked_at=now(),
        )
    )


def _ending(case: Case, closing: Closing) -> Ending:
    if closing.outcome is None or closing.consent is None:
        raise StateMissing
    return Ending(
        case_id=case.id,
        outcome=closing.outcome,
        consent=closing.consent,
        declined=closing.declined,
        created_at=now(),
    )


def _settle(lead: Member, case: Case, judgement: Judgement) -> None:
    opinion = latest_opinion(case)
    if opinion is not None:
        opinion.lead_id = lead.id
        opinion.lead = judgement
        opinion.decided_at = now()


def _was_referred(case: Case) -> bool:
    return bool(db.session.scalar(select(Referral.id).where(Referral.case_id == case.id).limit(1)))


def _was_written_to(case: Case) -> bool:
    wrote = select(Decision.id).where(
        Decision.case_id == case.id, Decision.act.in_((Act.REPLY, Act.CHECK_IN))
    )
    return bool(db.session.scalar(wrote.limit(1)))
