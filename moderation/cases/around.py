"""Which posts stand on the page of a case: whatever is decided there, and what is around it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import and_, exists, false, func, or_, select
from sqlalchemy.orm import joinedload

from forum.extensions import db
from forum.posts.models import Post, Visibility
from moderation.cases.models import Act, Case, Decision, Flag, Report, ScanFailure
from moderation.risk.levels import Level

# How many of the milder posts stand there at first, and when more are asked for.
FIRST = 10
MORE = 200
SHOWN_AROUND = 2


@dataclass(frozen=True)
class Around:
    """The posts on the page of a case in their order, and how many milder ones are left out."""

    posts: list[Post]
    left_out: int


def posts_around(
    case: Case,
    joined: Iterable[int] = (),
    also: Collection[int] = (),
    most: int = FIRST,
) -> Around:
    """Return the posts that a case is about, with the two before and after each.

    `joined` are ids of cases that were joined to it: what brought them counts too, where it stands
    in the same thread. None of these is ever left out, however many there are: posts with a red or
    crisis flag, those that were reported or that no scan could read, those whose ids are in `also`,
    what is held of its person or from here, and what the rules have not read yet. Of the other
    flagged ones come the worst and then the newest, `most` of them; where nothing is flagged, and
    `also` is empty, its person's newest. Deleted posts come too, without their text. Two
    statements.
    """
    ids = [case.id, *joined]
    flagged = (
        select(Flag.post_id, func.max(Flag.level).label("level"))
        .where(Flag.case_id.in_(ids))
        .group_by(Flag.post_id)
        .subquery()
    )
    level = func.coalesce(flagged.c.level, -1)
    of_subject = Post.author_id == case.subject_id
    is_held = Post.visibility == Visibility.HELD
    held_from_here = exists().where(
        Decision.case_id == case.id, Decision.post_id == Post.id, Decision.act == Act.HOLD
    )
    must = or_(
        level >= Level.RED,
        Post.id.in_(select(Report.post_id).where(Report.case_id.in_(ids))),
        Post.id.in_(select(ScanFailure.post_id).where(ScanFailure.case_id.in_(ids))),
        Post.id.in_(also),
        and_(is_held, or_(of_subject, held_from_here)),
        and_(of_subject, Post.scanned_version < Post.version),
    )
    is_calm = false() if also else ~exists().where(Flag.case_id == case.id)
    place = func.row_number().over(order_by=Post.id).label("place")
    numbered = select(Post.id, place).where(Post.thread_id == case.thread_id)
    judged = (
        numbered.add_columns(
            level.label("level"),
            must.label("must"),
            or_(level >= Level.GREEN, and_(of_subject, is_calm)).label("may"),
        )
        .outerjoin(flagged, flagged.c.post_id == Post.id)
        .subquery()
    )
    rows = db.session.execute(
        select(judged.c.place, judged.c.must)
        .where(or_(judged.c.must, judged.c.may))
        .order_by(judged.c.level.desc(), judged.c.place.desc())
    ).all()
    others = [place for place, is_must in rows if not is_must]
    focus = [*(place for place, is_must in rows if is_must), *others[:most]]
    near = {place + step for place in focus for step in range(-SHOWN_AROUND, SHOWN_AROUND + 1)}
    places = numbered.subquery()
    posts = db.session.scalars(
        select(Post)
        .join(places, places.c.id == Post.id)
        .where(places.c.place.in_(near))
        .options(joinedload(Post.author), joinedload(Post.alias), joinedload(Post.thread))
        .order_by(Post.id)
    )
    return Around(list(posts), len(set(others) - near))
