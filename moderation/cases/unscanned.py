"""Posts that no worker has come for. They stand in the queue, whatever else is broken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db, setting
from forum.outbox import Job, JobState, put_back
from forum.posts.models import Post, Thread
from forum.posts.operations import SCAN_POST
from forum.posts.queries import waits_for_scan
from moderation.cases.intake import UNREADABLE_LEVEL
from moderation.cases.models import Case, Lane, ScanFailure
from moderation.cases.opening import open_case
from moderation.cases.operations import claim
from moderation.cases.queue import capped_count, read_or_none
from moderation.cases.refusals import CaseChanged

SHOWN = 20


@dataclass(frozen=True)
class Unscanned:
    """Posts that have waited longer than the grace: how many, since when, and the first."""

    number: int
    oldest: datetime | None
    posts: Sequence[Post]


def unscanned() -> Unscanned | None:
    """Return the posts that wait for their scan beyond the grace; None if that can't be read."""
    return read_or_none(_unscanned)


def take_unscanned(moderator: Member, public_id: str) -> Case:
    """Open a case about a post that the rules have not read, and claim it.

    Raises CaseChanged if the rules have read it since, and as `claim` does.
    """
    late = _late().where(Post.public_id == public_id).options(joinedload(Post.thread))
    post = db.session.scalar(late)
    if post is None:
        raise CaseChanged
    case = open_case(post, Lane.UNSCANNED, UNREADABLE_LEVEL)
    claim(moderator, case, case.version)
    return case


def scan_again() -> int:
    """Put back every scan that was given up, after a repair. Returns how many. Does not commit.

    What a human decided meanwhile stays; a scan that fails again comes to a human again.
    """
    dead = [Job.kind == SCAN_POST, Job.state == JobState.DEAD]
    db.session.execute(
        delete(ScanFailure).where(ScanFailure.job_id.in_(select(Job.id).where(*dead))),
        execution_options={"synchronize_session": False},
    )
    return put_back(*dead)


def _unscanned() -> Unscanned:
    posts = db.session.scalars(
        _late()
        .options(joinedload(Post.thread).joinedload(Thread.room))
        .order_by(Post.written_at)
        .limit(SHOWN)
    ).all()
    number = len(posts)
    if number == SHOWN:
        late = _late().with_only_columns(Post.id)
        number = db.session.scalar(select(capped_count(late))) or 0
    return Unscanned(number, posts[0].written_at if posts else None, posts)


def _late() -> Select[tuple[Post]]:
    grace = timedelta(seconds=setting("SCAN_GRACE"))
    return select(Post).where(waits_for_scan(), Post.written_at < now() - grace)
