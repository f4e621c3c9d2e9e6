"""Reads of follow-ups."""

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from forum.extensions import db
from moderation.cases.models import Case
from moderation.follow_ups.models import FollowUp, FollowUpState

SHOWN = 20


def follow_ups_of(case: Case) -> list[FollowUp]:
    """Return what was promised on this case or earlier ones, or came back as it, latest plan first.

    Those that gave way to a later plan are left out. Each comes with its case and owner.
    """
    return list(
        db.session.scalars(
            select(FollowUp)
            .join(Case, Case.id == FollowUp.case_id)
            .where(
                or_(
                    FollowUp.opened_case_id == case.id,
                    (Case.thread_id == case.thread_id) & (Case.subject_id == case.subject_id),
                ),
                FollowUp.state != FollowUpState.REPLACED,
            )
            .options(joinedload(FollowUp.case), joinedload(FollowUp.owner))
            .order_by(FollowUp.case_id.desc(), FollowUp.hours)
            .limit(SHOWN)
        )
    )
