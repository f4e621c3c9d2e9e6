"""Tasks: one call each. A task takes an id and may run twice."""

from datetime import timedelta

from celery import shared_task

from forum import outbox
from forum.accounts.operations import forget_old_sign_ins
from forum.clock import now
from forum.database import empty_log
from forum.extensions import db
from forum.heartbeats import BEAT, note_heartbeat
from forum.help.operations import forget_silences
from forum.search.full_text import tidy as tidy_search
from moderation.alerts.climbing import forget_old_alerts
from moderation.alerts.climbing import look as look_around
from moderation.cases.presence import forget_presences
from moderation.insight.operations import publish_months
from moderation.lab.spikes import announce_spikes
from moderation.rights.retention import carry_out
from moderation.rota.operations import forget_old_turns
from moderation.rota.times import today
from moderation.training.operations import tell_of_ends
from moderation.volunteers.operations import forget_skips
from workers.schedule import SWEEP_SECONDS

# The rota tells when people are awake: what is over goes.
TURNS_KEPT = timedelta(days=30)


@shared_task(name=outbox.RUN_JOB)
def run_job(job_id: int) -> None:
    """Do the job that a hint names, unless someone else has it."""
    outbox.run_job(job_id)


@shared_task(name="workers.sweep")
def sweep() -> None:
    """Do what hints have missed; that this runs shows that beat is alive."""
    note_heartbeat(BEAT)
    db.session.commit()
    outbox.sweep(until=now() + timedelta(seconds=SWEEP_SECONDS - 1))


@shared_task(name="workers.look")
def look() -> None:
    """Write down which alerts are due, as the watcher does, should the watcher be away."""
    look_around()
    db.session.commit()


@shared_task(name="workers.tidy")
def tidy() -> None:
    """Delete what is of no more use and tells who was active when; publish, announce."""
    outbox.forget_done_jobs()
    tidy_search()
    forget_silences()
    forget_old_sign_ins()
    forget_presences()
    forget_skips()
    forget_old_turns(today() - TURNS_KEPT)
    tell_of_ends()
    forget_old_alerts()
    db.session.commit()
    carry_out()
    db.session.commit()
    empty_log(db.engine)
    publish_months()
    announce_spikes()
    db.session.commit()
