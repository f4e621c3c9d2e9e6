"""Reads of questions about two names."""

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from forum.extensions import db
from moderation.cases.models import Case
from moderation.unveiling.models import PersonQuestion

SHOWN = 50


def questions() -> list[PersonQuestion]:
    """Return the latest questions, the newest first, with cases and people. One statement."""
    return list(db.session.scalars(_whole().order_by(PersonQuestion.id.desc()).limit(SHOWN)))


def find_question(public_id: str) -> PersonQuestion | None:
    """Return a question with its cases and people."""
    return db.session.scalar(_whole().where(PersonQuestion.public_id == public_id))


def count_questions(start: datetime, end: datetime) -> tuple[int, int]:
    """Return how many were asked in a span, and how many of those were allowed."""
    asked, allowed = db.session.execute(
        select(func.count(), func.count().filter(PersonQuestion.is_allowed)).where(
            PersonQuestion.asked_at >= start, PersonQuestion.asked_at < end
        )
    ).one()
    return asked, allowed


def _whole() -> Select[tuple[PersonQuestion]]:
    sides = [
        joinedload(side).joinedload(part)
        for side in (PersonQuestion.case, PersonQuestion.other)
        for part in (Case.subject, Case.alias, Case.thread)
    ]
    return select(PersonQuestion).options(
        *sides, joinedload(PersonQuestion.asked_by), joinedload(PersonQuestion.decided_by)
    )
