"""What brought a case, and what brought the cases that were joined to it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import aliased, joinedload

from forum.extensions import db
from forum.posts.models import Post
from moderation.cases.models import Case, Flag, Report, ScanFailure


@dataclass(frozen=True)
class Brought:
    """A case with its flags, the worst first, its reports and the posts that no scan could read.

    Flags and reports know their posts; reporters are not loaded.
    """

    case: Case
    flags: list[Flag]
    reports: list[Report]
    unreadable: list[Post]

    @property
    def reasons(self) -> list[list[Flag]]:
        """The flags, those together that say the same of different posts; the worst first."""
        alike: dict[tuple[int, str, bool], list[Flag]] = {}
        for flag in self.flags:
            is_earlier = flag.post_version != flag.post.version
            alike.setdefault((flag.level, flag.rule, is_earlier), []).append(flag)
        return list(alike.values())


def what_brought(case: Case) -> list[Brought]:
    """Return what brought a case and then, oldest first, those joined to it, however often.

    Four statements.
    """
    cases = [case, *_joined_to(case)]
    ids = [found.id for found in cases]
    flags = db.session.scalars(
        select(Flag)
        .where(Flag.case_id.in_(ids))
        .options(joinedload(Flag.post))
        .order_by(Flag.level.desc(), Flag.id)
    ).all()
    reports = db.session.scalars(
        select(Report)
        .where(Report.case_id.in_(ids))
        .options(joinedload(Report.post))
        .order_by(Report.id)
    ).all()
    failures = db.session.execute(
        select(ScanFailure.case_id, Post)
        .join(Post, Post.id == ScanFailure.post_id)
        .where(ScanFailure.case_id.in_(ids))
        .order_by(ScanFailure.id)
    ).all()
    return [
        Brought(
            found,
            [flag for flag in flags if flag.case_id == found.id],
            [report for report in reports if report.case_id == found.id],
            list(dict.fromkeys(post for case_id, post in failures if case_id == found.id)),
        )
        for found in cases
    ]


def _joined_to(case: Case) -> list[Case]:
    joined = select(Case.id).where(Case.merged_into_id == case.id).cte("joined", recursive=True)
    earlier = aliased(Case)
    joined = joined.union(select(earlier.id).where(earlier.merged_into_id == joined.c.id))
    return list(
        db.session.scalars(
            select(Case)
            .where(Case.id.in_(select(joined.c.id)))
            .options(joinedload(Case.thread), joinedload(Case.subject), joinedload(Case.alias))
            .order_by(Case.id)
        )
    )
