"""Asking whether two names are one person, allowing it, and reading the answer."""

from datetime import timedelta

from sqlalchemy import select, update

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import count_rows, db
from forum.notices.models import NoticeKind
from forum.notices.operations import notify
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.cases.models import Case
from moderation.cases.refusals import Refusal
from moderation.unveiling.models import Ground, PersonQuestion

# Both for the second person to decide, and for the answer to be read; a choice of reliability.md
# section 3.8.
OPEN_FOR = timedelta(hours=24)
WHO = (Role.LEAD, Role.ADMIN)


class NothingToAsk(Refusal):
    """There is no such other case, or both cases have the same name on them."""


class AboutYourself(Refusal):
    """One of the two cases is about the one who asks or decides."""


class NeedsAnother(Refusal):
    """Who asked can't allow it too."""


class Over(Refusal):
    """It was decided before, or its day is over, or it was not allowed."""


def ask(lead: Member, case: Case, other: Case | None, ground: Ground, note: str) -> PersonQuestion:
    """Ask whether two cases are about one person; the other leads and admins hear of it.

    Asking again while it is open returns the first question. Raises NothingToAsk, AboutYourself.
    """
    if other is None or other.id == case.id or other.subject_name == case.subject_name:
        raise NothingToAsk
    _check(lead, case, other)
    pair = (case.id, other.id)
    open_one = db.session.scalar(
        select(PersonQuestion).where(
            PersonQuestion.case_id.in_(pair),
            PersonQuestion.other_id.in_(pair),
            PersonQuestion.asked_at > now() - OPEN_FOR,
            PersonQuestion.is_allowed.is_not(False),
        )
    )
    if open_one is not None:
        return open_one
    question = PersonQuestion(
        case_id=case.id,
        other_id=other.id,
        asked_by_id=lead.id,
        ground=ground,
        note=note,
        asked_at=now(),
    )
    db.session.add(question)
    db.session.flush()
    others = select(Member.id).where(
        Member.role.in_(WHO), Member.closed_at.is_(None), Member.id != lead.id
    )
    for member_id in db.session.scalars(others).all():
        notify(member_id, NoticeKind.PERSON_QUESTION, subject_id=question.id)
    _record(lead, Action.ASK_PERSON, question)
    return question


def decide(lead: Member, question: PersonQuestion, *, allow: bool) -> None:
    """Allow or decline a question of somebody else. Raises NeedsAnother, AboutYourself, Over."""
    if question.asked_by_id == lead.id:
        raise NeedsAnother
    _check(lead, question.case, question.other)
    moment = now()
    decided = count_rows(
        update(PersonQuestion)
        .where(
            PersonQuestion.id == question.id,
            PersonQuestion.decided_at.is_(None),
            PersonQuestion.asked_at > moment - OPEN_FOR,
        )
        .values(decided_by_id=lead.id, decided_at=moment, is_allowed=allow)
        .execution_options(synchronize_session=False)
    )
    if not decided:
        raise Over
    db.session.expire(question)
    _record(lead, Action.ALLOW_PERSON if allow else Action.DECLINE_PERSON, question)


def read_answer(lead: Member, question: PersonQuestion) -> bool:
    """Return whether it is one person, to who asked or allowed it, and write the reading down.

    Raises Over, also when one of the two has left: all who left are one row.
    """
    asked = question.case.subject, question.other.subject
    if not may_read(lead, question) or any(subject.has_left for subject in asked):
        raise Over
    _record(lead, Action.READ_PERSON, question)
    return question.case.subject_id == question.other.subject_id


def may_read(lead: Member, question: PersonQuestion) -> bool:
    """Return whether this person may read the answer now."""
    return (
        question.is_allowed is True
        and question.decided_at is not None
        and question.decided_at > now() - OPEN_FOR
        and lead.id in (question.asked_by_id, question.decided_by_id)
    )


def may_decide(lead: Member, question: PersonQuestion) -> bool:
    """Return whether this person may allow or decline it now."""
    return (
        question.decided_at is None
        and question.asked_at > now() - OPEN_FOR
        and question.asked_by_id != lead.id
        and lead.id not in (question.case.subject_id, question.other.subject_id)
    )


def _check(lead: Member, case: Case, other: Case) -> None:
    if lead.id in (case.subject_id, other.subject_id):
        raise AboutYourself


def _record(lead: Member, action: Action, question: PersonQuestion) -> None:
    """Write the act down, with both cases and the ground; the answer is in no record."""
    record(
        lead,
        action,
        SubjectKind.PERSON_QUESTION,
        question.id,
        case=question.case_id,
        other=question.other_id,
        ground=question.ground.value,
    )
