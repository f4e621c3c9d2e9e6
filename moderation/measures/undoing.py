"""Undoing the last act for a few seconds: everything as it was, and nobody was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import count_rows, db
from forum.notices.models import NoticeKind
from forum.notices.operations import withdraw
from moderation.cases.acts import advance, write_down
from moderation.cases.leases import IN_HAND, claim_length
from moderation.cases.models import Act, Case, CaseState, Decision
from moderation.cases.operations import undo_time
from moderation.cases.outcomes import take_back_word
from moderation.cases.refusals import CaseChanged, Refusal
from moderation.cases.snapshots import CannotGoBack, Snapshot, go_back, values_of
from moderation.measures.models import Measure

OFFERED = 50


class TooLate(Refusal):
    """The time for undoing is over."""


@dataclass(frozen=True)
class Offer:
    """An act that its author can still undo, and the seconds that are left."""

    case: Case
    act: Act
    seconds: int


def offers_to(staff: Member) -> list[Offer]:
    """Return what this person can still undo, the latest act first. One statement.

    Only the last act on each case counts, and only until the person does something else that
    can't be undone.
    """
    since = now() - undo_time()
    rows: Sequence[Decision] = db.session.scalars(
        select(Decision)
        .where(Decision.moderator_id == staff.id)
        .options(
            joinedload(Decision.case).joinedload(Case.subject),
            joinedload(Decision.case).joinedload(Case.alias),
        )
        .order_by(Decision.id.desc())
        .limit(OFFERED)
    ).all()
    offers: list[Offer] = []
    for decision in rows:
        if decision.before is None or decision.created_at <= since:
            break
        if decision.case_id not in {offer.case.id for offer in offers}:
            left = decision.created_at - since
            seconds = max(1, int(left / timedelta(seconds=1)))
            offers.append(Offer(decision.case, decision.act, seconds))
    return offers


def undo(moderator: Member, case: Case, seen_version: int) -> None:
    """Take the last act on a case back, if it was this person's, was just done and was seen.

    Everything stands as before, its measures are marked, and their members hear nothing. Raises
    TooLate, CaseChanged, and as `advance` does.
    """
    decision = db.session.scalar(
        select(Decision).where(Decision.case_id == case.id).order_by(Decision.id.desc()).limit(1)
    )
    if decision is None or decision.moderator_id != moderator.id or decision.before is None:
        raise CaseChanged
    if now() >= decision.created_at + undo_time():
        raise TooLate
    own = [found for found in decision.before if _is_case(found, case.id)]
    try:
        for snapshot in decision.before:
            if snapshot["kind"] == "case":
                if snapshot not in own:
                    _put_back_target(snapshot)
            else:
                go_back(snapshot)
    except CannotGoBack:
        raise CaseChanged from None
    if own:
        _reopen(moderator, case, seen_version, own[0], decision.act)
    else:
        advance(moderator, case, seen_version, Act.UNDO, undone=decision.act)
    measures = db.session.scalars(select(Measure).where(Measure.decision_id == decision.id))
    for measure in measures:
        measure.undone_at = now()
        withdraw(NoticeKind.MEASURE, measure.id)


def _is_case(snapshot: Snapshot, case_id: int) -> bool:
    return snapshot["kind"] == "case" and snapshot["id"] == case_id


def _reopen(
    moderator: Member, case: Case, seen_version: int, snapshot: Snapshot, undone: Act
) -> None:
    """Open a case again that this person has just closed; a claim begins anew."""
    values = values_of(snapshot)
    if values["state"] in IN_HAND:
        values |= {"state": CaseState.CLAIMED, "claimed_until": now() + claim_length()}
    try:
        with db.session.begin_nested():
            moved = count_rows(
                update(Case)
                .where(
                    Case.id == case.id,
                    Case.version == seen_version,
                    Case.state == CaseState.CLOSED,
                )
                .values(version=Case.version + 1, **values)
            )
    except IntegrityError:
        # Something came in and opened the next case of this person in this thread.
        raise CaseChanged from None
    if not moved:
        raise CaseChanged
    take_back_word(case)
    write_down(moderator, case, seen_version, Act.UNDO, undone=undone)


def _put_back_target(snapshot: Snapshot) -> None:
    """Give the case that another one was joined to its lane, level and due time back."""
    values = values_of(snapshot)
    moved = count_rows(
        update(Case)
        .where(
            Case.id == snapshot["id"],
            Case.version == snapshot["version"],
            Case.state != CaseState.CLOSED,
        )
        .values(
            version=Case.version + 1,
            lane=values["lane"],
            level=values["level"],
            due_at=values["due_at"],
        )
    )
    if not moved:
        raise CaseChanged
