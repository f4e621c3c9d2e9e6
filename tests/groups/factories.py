"""Groups, seats and sessions for tests, and a clock that can be moved."""

from datetime import datetime, timedelta

import time_machine
from sqlalchemy import select

from forum import outbox
from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from forum.groups import operations
from forum.groups.meetings import plan_meetings
from forum.groups.models import Group, Joining, Keeping, Meeting, Seat
from forum.groups.operations import Wishes
from forum.groups.queries import coming_meetings, facilitators_of
from forum.outbox import Job, JobState
from forum.rooms.models import ContentWarning
from tests.factories import make_member


def wishes(**changes: object) -> Wishes:
    """Return what a group for tests is."""
    usual = {
        "name_id": "Kelompok uji",
        "name_en": "Test group",
        "topic_id": "Untuk uji.",
        "topic_en": "For tests.",
        "agreement_id": "Boleh diam.",
        "agreement_en": "Silence is fine.",
        "capacity": 3,
        "joining": Joining.OPEN,
        "content_warning": ContentWarning.NONE,
    }
    return Wishes(**(usual | changes))


def make_group(*facilitators: Member, keeping: Keeping = Keeping.ERASE, **changes: object) -> Group:
    """Add a group; one of the team leads it if nobody is named."""
    leading = list(facilitators) or [make_member(role=Role.MODERATOR)]
    group = operations.begin_group(wishes(**changes), keeping, leading)
    db.session.flush()
    return group


def seat_in(group: Group, member: Member | None = None) -> Seat:
    """Let somebody join."""
    return operations.join(member or make_member(), group, group.agreement_version)


def make_meeting(
    group: Group,
    starts_at: datetime | None = None,
    *,
    is_weekly: bool = False,
    facilitator: Member | None = None,
) -> Meeting:
    """Plan a session, open now if no time is given, and return it."""
    plan_meetings(
        facilitator or facilitators_of(group)[0],
        group,
        starts_at or now(),
        minutes=60,
        is_weekly=is_weekly,
        welcome="Welcome, slowly.",
    )
    return coming_meetings(group)[-1]


def at(moment: datetime) -> time_machine.travel:
    """Be at a moment, with a clock that goes on."""
    return time_machine.travel(moment, tick=True)


def run_jobs(kind: str) -> int:
    """Do the jobs of a kind that are not done, due or not. Commits. Returns how many were done."""
    db.session.commit()
    ids = db.session.scalars(
        select(Job.id).where(Job.kind == kind, Job.state != JobState.DONE).order_by(Job.id)
    ).all()
    db.session.rollback()
    return sum(outbox.run_job(job_id) for job_id in ids)


HOUR = timedelta(hours=1)
