"""What the one who has a case and those who keep them company do. Nothing here decides a case."""

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import count_rows, db
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.cases.eligibility import may_answer
from moderation.cases.leases import in_hand, keep
from moderation.cases.models import Case, Reading
from moderation.cases.queries import is_held_by
from moderation.cases.refusals import NotYours, OpinionFirst, Refusal
from moderation.crisis.models import Company, Entry, Step
from moderation.crisis.queries import is_helper


class NotWithThem(Refusal):
    """Only the holder of a case and those who joined them write on its time line."""


class CompanyFound(Refusal):
    """Somebody else has joined already, or the call was taken back."""


def tick(moderator: Member, case: Case, step: Step) -> None:
    """Note that a step was done; one that someone has noted stays theirs.

    Raises NotWithThem, OpinionFirst.
    """
    _check_part(moderator, case)
    if _add_step(moderator, case, step):
        record(moderator, Action.TICK, SubjectKind.CASE, case.id, step=step.value)


def untick(moderator: Member, case: Case, step: Step) -> None:
    """Take back a step that was noted by mistake: one's own, or any for the holder.

    Raises NotWithThem, OpinionFirst.
    """
    _check_part(moderator, case)
    own = delete(Entry).where(Entry.case_id == case.id, Entry.step == step)
    if not is_held_by(case, moderator.id):
        own = own.where(Entry.moderator_id == moderator.id)
    if count_rows(own):
        record(moderator, Action.UNTICK, SubjectKind.CASE, case.id, step=step.value)


def write_note(moderator: Member, case: Case, note: str) -> None:
    """Add a note to the time line. Raises NotWithThem, OpinionFirst."""
    _check_part(moderator, case)
    db.session.add(Entry(case_id=case.id, moderator_id=moderator.id, note=note, created_at=now()))
    record(moderator, Action.NOTE, SubjectKind.CASE, case.id)


def ask_for_company(moderator: Member, case: Case) -> None:
    """Ask the desk for a second person; asking twice is asking once.

    Raises NotYours, OpinionFirst.
    """
    if not is_held_by(case, moderator.id):
        raise NotYours
    _check_part(moderator, case)
    try:
        with db.session.begin_nested():
            db.session.add(Company(case_id=case.id, asked_by_id=moderator.id, asked_at=now()))
    except IntegrityError:
        return
    _add_step(moderator, case, Step.COMPANY)
    record(moderator, Action.ASK_COMPANY, SubjectKind.CASE, case.id)


def join(helper: Member, case: Case) -> None:
    """Keep the holder of a case company: tick steps, write notes, look numbers up, not decide.

    Raises CompanyFound, NotYours for who may not answer such a case.
    """
    if not may_answer(helper, case) or is_held_by(case, helper.id):
        raise NotYours
    joined = count_rows(
        update(Company)
        .where(
            Company.case_id == case.id,
            Company.helper_id.is_(None),
            Company.ended_at.is_(None),
            # A case that was closed meanwhile needs nobody any more.
            select(Case.id).where(Case.id == case.id, in_hand(now())).exists(),
        )
        .values(helper_id=helper.id, joined_at=now())
    )
    if not joined:
        raise CompanyFound
    record(helper, Action.JOIN, SubjectKind.CASE, case.id)


def leave(helper: Member, case: Case) -> None:
    """Stop keeping company; the time line keeps what was written."""
    left = count_rows(
        update(Company)
        .where(
            Company.case_id == case.id,
            Company.helper_id == helper.id,
            Company.ended_at.is_(None),
        )
        .values(ended_at=now())
    )
    if left:
        record(helper, Action.LEAVE, SubjectKind.CASE, case.id)


def end_company(case: Case) -> None:
    """Let everyone go whose case is over or read by somebody else now."""
    db.session.execute(
        update(Company)
        .where(Company.case_id == case.id, Company.ended_at.is_(None))
        .values(ended_at=now())
    )


def _check_part(moderator: Member, case: Case) -> None:
    if case.reading is Reading.BLIND:
        raise OpinionFirst
    # The holder's claim lives on with each entry, which also shows that it is still theirs.
    if not keep(moderator, case, is_act=True) and not is_helper(moderator, case):
        raise NotWithThem


def _add_step(moderator: Member, case: Case, step: Step) -> bool:
    """Add a step and return whether nobody had noted it before."""
    try:
        with db.session.begin_nested():
            db.session.add(
                Entry(case_id=case.id, moderator_id=moderator.id, step=step, created_at=now())
            )
    except IntegrityError:
        return False
    return True
