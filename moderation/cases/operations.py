"""What moderators do with cases. Each act is checked against what its author has seen."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NoReturn

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select, update

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import count_rows, db, setting
from forum.help.models import HelpEntry
from forum.posts.models import Post
from forum.posts.operations import reply as reply_in_thread
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.care.models import CheckInMessage
from moderation.care.operations import (
    end_check_ins,
    find_message,
    note_answers_seen,
    open_check_ins,
    pin,
    unpin,
    write_to_member,
)
from moderation.cases.leases import (
    FREE,
    IN_HAND,
    claim_length,
    hold_limit,
    in_hand,
    is_in_hand,
    return_what_ran_out,
)
from moderation.cases.models import (
    Act,
    Case,
    CaseState,
    CloseReason,
    Decision,
    HoldReason,
    Lane,
    Reading,
    Recusal,
)
from moderation.cases.outcomes import tell_reporters
from moderation.cases.protection import why_spared
from moderation.cases.snapshots import Snapshot, remember
from moderation.cases.taken_back import erase_later
from moderation.risk.levels import Level

# All that someone who reads a case blind may do with it.
BLIND_ACTS = frozenset({Act.CLAIM, Act.HOLD_CASE, Act.RELEASE, Act.OPINION})
# Whoever hands a case over leaves its answers new for the next one.
HANDS_OVER = frozenset({Act.RELEASE, Act.ASK_SECOND})


# Who decides where two opinions differ.
DECIDE = (Role.LEAD, Role.ADMIN)


class Refusal(Exception):
    """An act that can't be done now; nothing was changed."""


class CaseChanged(Refusal):
    """The case is not as this person saw it: someone acted, or something new came in."""


class HeldByOther(Refusal):
    """Someone else has or holds the case. `holder` is their pseudonym."""

    def __init__(self, holder: str) -> None:
        super().__init__("claimed by someone else")
        self.holder = holder


class NotYours(Refusal):
    """An act needs the case to be claimed by the person who acts."""


class HoldTooLong(Refusal):
    """A case of this level may not be held for so long. `most` is in minutes."""

    def __init__(self, most: int) -> None:
        super().__init__("held for too long")
        self.most = most


class NotTrained(Refusal):
    """Cases of this level are answered by moderators."""


class ReadAlready(Refusal):
    """The case waits for an opinion from somebody who does not know this person's."""


class ForLeads(Refusal):
    """Two opinions differ; a lead decides."""


class ForItsOwner(Refusal):
    """A follow-up that its owner may take before others."""


class OpinionFirst(Refusal):
    """The case is read blind: an opinion comes before any other act."""


class OwnDecision(Refusal):
    """The case questions what this person decided; someone else reads it."""


class Undecided(Refusal):
    """An appeal ends with a decision, not by closing its case."""


def is_recused(member: Member, case: Case) -> bool:
    """Return whether the case questions what this person did."""
    return case.lane is Lane.APPEAL and any(row.member_id == member.id for row in case.recusals)


def is_blind_to(member: Member, case: Case) -> bool:
    """Return whether this person may see nothing of what was thought of the case before."""
    return case.reading is Reading.BLIND and not any(
        row.member_id == member.id for row in case.recusals
    )


def may_answer(member: Member, case: Case) -> bool:
    """Return whether this person's role answers cases of this level.

    Amber is for any trained volunteer, red and crisis are for moderators: practice.md section 2.
    Appeals are for moderators too. Nobody answers a case about themselves or their own decision.
    """
    if case.subject_id == member.id or is_recused(member, case):
        return False
    if member.role is Role.VOLUNTEER and case.lane is Lane.APPEAL:
        return False
    return answers_level(member, case.risk_level)


def answers_level(member: Member, level: Level) -> bool:
    """Return whether this person's role answers cases of a level."""
    if member.role is Role.VOLUNTEER:
        return level <= Level.AMBER
    return member.role in (Role.MODERATOR, Role.LEAD, Role.ADMIN)


def why_not(member: Member, case: Case) -> Refusal | None:
    """Return what keeps this person from taking the case if it waits, or None."""
    if is_recused(member, case):
        return OwnDecision()
    if not may_answer(member, case):
        return NotTrained()
    if case.reading is Reading.BLIND and not is_blind_to(member, case):
        return ReadAlready()
    if case.reading is Reading.LEADS and member.role not in DECIDE:
        return ForLeads()
    owned = case.owner_until is not None and case.owner_until > now()
    if owned and case.owner_id != member.id:
        return ForItsOwner()
    return None


def may_be_answered_by(member: Member) -> ColumnElement[bool]:
    """Return the condition for cases, of whatever level, that are not kept from this person."""
    kept = [
        Case.subject_id != member.id,
        is_not_recused(member),
        or_(Case.owner_until.is_(None), Case.owner_until <= now(), Case.owner_id == member.id),
    ]
    if member.role is Role.VOLUNTEER:
        kept.append(Case.lane != Lane.APPEAL)
    if member.role not in DECIDE:
        kept.append(Case.reading != Reading.LEADS)
    return and_(*kept)


def claim(moderator: Member, case: Case, seen_version: int, *, despite: str | None = None) -> None:
    """Take a waiting case for a while; taking one's own again renews it.

    `despite` is the code of what they would be spared, where it was chosen to take it all the
    same; it stands in the record. Raises HeldByOther, CaseChanged, and whatever `why_not` and,
    without `despite`, `why_spared` return.
    """
    if refusal := why_not(moderator, case):
        raise refusal
    # One claim after the other: two at once could each fit a budget, and both not.
    db.session.execute(
        select(Member.id).where(Member.id == moderator.id).with_for_update(key_share=True)
    )
    if despite is None and (spared := why_spared(moderator, case)):
        raise spared
    moment = now()
    taken = count_rows(
        update(Case)
        .where(
            Case.id == case.id,
            Case.version == seen_version,
            Case.state != CaseState.CLOSED,
            or_(not_(in_hand(moment)), Case.holder_id == moderator.id),
            is_not_recused(moderator),
        )
        .values(
            state=CaseState.CLAIMED,
            holder_id=moderator.id,
            claimed_until=moment + claim_length(),
            hold_reason=None,
            acted_at=moment,
            version=Case.version + 1,
        )
    )
    if not taken:
        explain_refusal(moderator, case)
    return_what_ran_out()
    write_down(moderator, case, seen_version, Act.CLAIM, facts={"despite": despite})


def release(moderator: Member, case: Case, seen_version: int, note: str) -> None:
    """Put a claimed or held case back in its place, with a note for whoever takes it next.

    Raises CaseChanged, NotYours, HeldByOther.
    """
    advance(moderator, case, seen_version, Act.RELEASE, note=note, values=FREE, states=IN_HAND)


def hold(
    moderator: Member,
    case: Case,
    seen_version: int,
    *,
    reason: HoldReason,
    minutes: int,
    note: str,
) -> None:
    """Keep a case while others are asked; it comes back by itself.

    Raises HoldTooLong, and as `advance` does.
    """
    most = hold_limit(case.risk_level)
    if minutes > most:
        raise HoldTooLong(most)
    advance(
        moderator,
        case,
        seen_version,
        Act.HOLD_CASE,
        note=note,
        facts={"why": reason.value, "minutes": minutes},
        values={
            "state": CaseState.HELD,
            "claimed_until": now() + timedelta(minutes=minutes),
            "hold_reason": reason,
        },
    )


def reply(
    moderator: Member, case: Case, seen_version: int, *, body: str, submission_key: str
) -> Post:
    """Answer in the case's thread as a volunteer on duty. Returns the post.

    Raises CaseChanged, NotYours, HeldByOther, forum.text.TextTooLong.
    """
    post = reply_in_thread(
        moderator, case.thread, body=body, submission_key=submission_key, as_volunteer=True
    )
    advance(moderator, case, seen_version, Act.REPLY, post=post)
    return post


def check_in(
    moderator: Member, case: Case, seen_version: int, *, body: str, submission_key: str
) -> CheckInMessage:
    """Write privately to the case's person. Returns the message.

    The same form sent again returns the message that it made before. Raises CaseChanged,
    NotYours, HeldByOther, NotTrained, forum.text.TextTooLong.
    """
    if earlier := find_message(moderator, submission_key):
        return earlier
    if not may_answer(moderator, case):
        raise NotTrained
    advance(moderator, case, seen_version, Act.CHECK_IN)
    return write_to_member(
        moderator, case.id, case.subject_id, body=body, submission_key=submission_key
    )


def pin_entry(moderator: Member, case: Case, seen_version: int, entry: HelpEntry) -> None:
    """Put a help entry above the case's thread. Raises as `advance` does."""
    advance(moderator, case, seen_version, Act.PIN, note=entry.slug, entry=entry)
    pin(moderator, case.thread, entry)


def unpin_entry(moderator: Member, case: Case, seen_version: int, entry: HelpEntry) -> None:
    """Take a help entry away from above the thread. Raises as `advance` does."""
    advance(moderator, case, seen_version, Act.UNPIN, note=entry.slug, entry=entry)
    unpin(case.thread, entry)


def close(
    moderator: Member,
    case: Case,
    seen_version: int,
    reason: CloseReason,
    note: str,
    *,
    posts: Sequence[Post] = (),
) -> Decision:
    """End a case with a reason, and tell who reported; `moderation.closing` says when one may.

    `posts` are decided with it, and go back with it where it is undone. What its author has taken
    back and no scan could read was kept for this, and what they replaced before its scan; it is
    erased once the closing can't be undone any more. Returns the decision. Raises Undecided, and as
    `advance` does.
    """
    if case.lane is Lane.APPEAL:
        raise Undecided
    decision = advance(
        moderator,
        case,
        seen_version,
        Act.CLOSE,
        note=note,
        reason=reason,
        values=closing(reason),
        before=remember([case, *posts, *open_check_ins(case.id)]),
    )
    end_check_ins(case.id)
    erase_later(case, undo_time())
    tell_reporters(moderator, case, after=undo_time())
    return decision


def undo_time() -> timedelta:
    """Return for how long an act can be undone, and its notice waits."""
    return timedelta(seconds=setting("UNDO_SECONDS"))


def closing(reason: CloseReason) -> dict[str, object]:
    """Return the columns of a case that ends with this reason."""
    return {
        "state": CaseState.CLOSED,
        "closed_at": now(),
        "close_reason": reason,
        "claimed_until": None,
        "reading": Reading.ORDINARY,
        "hold_reason": None,
    }


def advance(
    moderator: Member,
    case: Case,
    seen_version: int,
    act: Act,
    *,
    post: Post | None = None,
    entry: HelpEntry | None = None,
    note: str = "",
    reason: CloseReason | None = None,
    values: Mapping[str, object] | None = None,
    before: list[Snapshot] | None = None,
    undone: Act | None = None,
    facts: Mapping[str, str | int | None] | None = None,
    states: Sequence[CaseState] = (CaseState.CLAIMED,),
) -> Decision:
    """Move the case on from the version that was seen, and write down who did what.

    Every act of the one who has a case goes through here; it renews the claim. `values` are
    columns of the case that the act sets; `before` is what undoing it goes back to, and `undone`
    the act that an UNDO takes back. `facts` are coded details for the record of acts, `states`
    those in which the act is possible. Returns the decision. Raises CaseChanged, NotYours,
    HeldByOther, OwnDecision, OpinionFirst.
    """
    if case.reading is Reading.BLIND and act not in BLIND_ACTS:
        raise OpinionFirst
    moment = now()
    changes = {"claimed_until": moment + claim_length(), "acted_at": moment, **(values or {})}
    moved = count_rows(
        update(Case)
        .where(
            Case.id == case.id,
            Case.version == seen_version,
            Case.state.in_(states),
            Case.holder_id == moderator.id,
            in_hand(moment),
            is_not_recused(moderator),
        )
        .values(version=Case.version + 1, **changes)
    )
    if not moved:
        explain_refusal(moderator, case)
    if act not in HANDS_OVER:
        # The version that was seen holds every answer.
        note_answers_seen(case.id)
    return write_down(
        moderator,
        case,
        seen_version,
        act,
        post=post,
        entry=entry,
        note=note,
        reason=reason,
        before=before,
        undone=undone,
        facts=facts,
    )


def is_not_recused(moderator: Member) -> ColumnElement[bool]:
    """Return the condition for cases that do not question what this person did."""
    return not_(
        and_(
            or_(Case.lane == Lane.APPEAL, Case.reading == Reading.BLIND),
            exists().where(Recusal.case_id == Case.id, Recusal.member_id == moderator.id),
        )
    )


def explain_refusal(moderator: Member, case: Case) -> NoReturn:
    """Raise what fits a case that did not move: CaseChanged, NotYours, HeldByOther, OwnDecision."""
    db.session.refresh(case)
    if is_recused(moderator, case):
        raise OwnDecision
    if case.state is CaseState.CLOSED:
        raise CaseChanged
    held = is_in_hand(case, now())
    if held and case.holder_id != moderator.id:
        raise HeldByOther(case.holder.pseudonym if case.holder else "")
    if not held or (case.state is CaseState.HELD and case.holder_id == moderator.id):
        raise NotYours
    raise CaseChanged


def write_down(
    moderator: Member,
    case: Case,
    seen_version: int,
    act: Act,
    *,
    post: Post | None = None,
    entry: HelpEntry | None = None,
    note: str = "",
    reason: CloseReason | None = None,
    before: list[Snapshot] | None = None,
    undone: Act | None = None,
    facts: Mapping[str, str | int | None] | None = None,
) -> Decision:
    """Write an act down twice: for colleagues with its note, and for good without it.

    For acts that move the case themselves; all others go through `advance`. `undone` is the act
    that an UNDO took back. Returns the decision.
    """
    db.session.expire(case)
    decision = Decision(
        case_id=case.id,
        case_version=seen_version,
        moderator_id=moderator.id,
        act=act,
        post_id=post.id if post else None,
        reason=reason,
        note=note,
        before=before,
        created_at=now(),
    )
    db.session.add(decision)
    record(
        moderator,
        Action(act.value),
        SubjectKind.CASE,
        case.id,
        version=seen_version,
        post=post.id if post else None,
        entry=entry.id if entry else None,
        reason=reason.value if reason else None,
        undone=undone.value if undone else None,
        **(facts or {}),
    )
    return decision
