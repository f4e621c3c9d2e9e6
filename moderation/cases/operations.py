"""What moderators do with cases. Each act is checked against what its author has seen."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import not_, or_, select, update

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import count_rows, db, setting
from forum.help.models import HelpEntry
from forum.posts.models import Post
from forum.posts.operations import reply as reply_in_thread
from moderation.care.models import CheckInMessage
from moderation.care.operations import (
    end_check_ins,
    find_message,
    open_check_ins,
    pin,
    unpin,
    write_to_member,
)
from moderation.cases.acts import advance, explain_refusal, write_down
from moderation.cases.eligibility import is_not_recused, may_answer, why_not
from moderation.cases.leases import (
    FREE,
    IN_HAND,
    claim_length,
    hold_limit,
    in_hand,
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
)
from moderation.cases.outcomes import tell_reporters
from moderation.cases.protection import why_spared
from moderation.cases.refusals import HoldTooLong, NotTrained, Undecided
from moderation.cases.snapshots import remember
from moderation.cases.taken_back import erase_later


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
