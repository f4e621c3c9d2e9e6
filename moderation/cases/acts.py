"""The one door for every act on a case: it moves the case on, and writes down who did what."""

from collections.abc import Mapping, Sequence
from typing import NoReturn, TypedDict, Unpack

from sqlalchemy import update

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import count_rows, db
from forum.help.models import HelpEntry
from forum.posts.models import Post
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.care.operations import note_answers_seen
from moderation.cases.eligibility import is_not_recused, is_recused
from moderation.cases.leases import claim_length, in_hand, is_in_hand
from moderation.cases.models import Act, Case, CaseState, CloseReason, Decision, Reading
from moderation.cases.refusals import CaseChanged, HeldByOther, NotYours, OpinionFirst, OwnDecision
from moderation.cases.snapshots import Snapshot

# All that someone who reads a case blind may do with it.
BLIND_ACTS = frozenset({Act.CLAIM, Act.HOLD_CASE, Act.RELEASE, Act.OPINION})
# Whoever hands a case over leaves its answers new for the next one.
HANDS_OVER = frozenset({Act.RELEASE, Act.ASK_SECOND})


class About(TypedDict, total=False):
    """What is written down of an act beside who, which case and when.

    `before` is what undoing it goes back to, and `undone` the act that an UNDO takes back;
    `facts` are coded details for the record of acts.
    """

    post: Post | None
    entry: HelpEntry | None
    note: str
    reason: CloseReason | None
    before: list[Snapshot] | None
    undone: Act | None
    facts: Mapping[str, str | int | None]


def advance(
    moderator: Member,
    case: Case,
    seen_version: int,
    act: Act,
    *,
    values: Mapping[str, object] | None = None,
    states: Sequence[CaseState] = (CaseState.CLAIMED,),
    **about: Unpack[About],
) -> Decision:
    """Move the case on from the version that was seen, and write down who did what.

    Every act of the one who has a case goes through here; it renews the claim. `values` are
    columns of the case that the act sets, `states` those in which it is possible. Returns the
    decision. Raises CaseChanged, NotYours, HeldByOther, OwnDecision, OpinionFirst.
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
    return write_down(moderator, case, seen_version, act, **about)


def write_down(
    moderator: Member, case: Case, seen_version: int, act: Act, **about: Unpack[About]
) -> Decision:
    """Write an act down twice: for colleagues with its note, and for good without it.

    For acts that move the case themselves; all others go through `advance`. Returns the decision.
    """
    post, entry, reason = about.get("post"), about.get("entry"), about.get("reason")
    undone = about.get("undone")
    db.session.expire(case)
    decision = Decision(
        case_id=case.id,
        case_version=seen_version,
        moderator_id=moderator.id,
        act=act,
        post_id=post.id if post else None,
        reason=reason,
        note=about.get("note", ""),
        before=about.get("before"),
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
        **(about.get("facts") or {}),
    )
    return decision


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
