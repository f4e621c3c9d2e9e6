"""What members ask of their data, and the job that makes a copy."""

from datetime import timedelta

from sqlalchemy import delete, select

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import count_rows, db, setting, take_row
from forum.outbox import Handler, enqueue
from moderation.rights.export import make_copy
from moderation.rights.models import DataExport

EXPORT = "data_export"


def request_export(member: Member) -> DataExport:
    """Ask for a copy of one's own data. A living one is not made twice."""
    # Of two presses at once, the second waits here and finds the first.
    take_row(member)
    known = db.session.scalar(
        select(DataExport).where(DataExport.member_id == member.id, DataExport.expires_at > now())
    )
    if known is not None:
        return known
    moment = now()
    export = DataExport(
        member_id=member.id,
        created_at=moment,
        expires_at=moment + timedelta(hours=setting("EXPORT_HOURS")),
    )
    db.session.add(export)
    db.session.flush()
    enqueue(EXPORT, export.id)
    return export


def drop_export(member: Member, public_id: str) -> bool:
    """Delete one's own copy before it expires. Returns whether there was one."""
    return bool(
        count_rows(
            delete(DataExport).where(
                DataExport.member_id == member.id, DataExport.public_id == public_id
            )
        )
    )


def make_export(export_id: int) -> None:
    """Make the copy that was asked for. Twice is once; one that has expired is not made."""
    export = db.session.scalar(
        select(DataExport).where(DataExport.id == export_id).with_for_update()
    )
    if export is None or export.ready_at is not None or export.expires_at <= now():
        return
    export.content = make_copy(db.session.get_one(Member, export.member_id))
    export.ready_at = now()


def give_up_export(export_id: int, job_id: int) -> None:
    """Let the member ask anew; the dead job stays, and health shows it."""
    db.session.execute(delete(DataExport).where(DataExport.id == export_id))


EXPORT_HANDLER = Handler(run=make_export, bury=give_up_export)


def forget_exports() -> int:
    """Delete copies that have expired. Returns how many."""
    return count_rows(delete(DataExport).where(DataExport.expires_at <= now()))
