"""What a copy tells of how somebody reads: follows, signs, drafts, experiences they show."""

from flask_babel import gettext as _
from sqlalchemy import Select, and_, select

from forum.accounts.models import Member
from forum.accounts.viewers import AnyViewer, viewer_values
from forum.drafts.models import Draft
from forum.extensions import db
from forum.follows.models import Follow
from forum.posts.models import Post, Thread
from forum.posts.queries import readable_by
from forum.reactions.models import Reaction
from forum.rooms.models import ContentWarning, Room, RoomAgreement, Showing
from forum.tags.models import LivedTag
from forum.web.pages import warning_name
from moderation.rights.export_rows import Rows, as_shown, theirs


def topics_of(member: Member) -> list[str]:
    """Return how somebody wants to meet topics, where they are not folded, in words."""
    how = {Showing.LEFT_OUT: _("Not in my lists"), Showing.OPEN: _("Open at once")}
    showing = {topic: member.showing_of(topic) for topic in ContentWarning}
    return [f"{warning_name(topic)}: {how[as_]}" for topic, as_ in showing.items() if as_ in how]


def _drafts(member: Member) -> Rows:
    rows = theirs(Draft.member_id, member, Draft, Room.slug).join(Room, Room.id == Draft.room_id)
    return [
        {"title": row.title, "body": row.body, "room": slug, "kept_at": row.kept_at}
        for row, slug in db.session.execute(rows)
    ]


def titles_for(member: Member, threads: Select[tuple[int]]) -> dict[int, str]:
    """Return the titles that somebody may read, by thread id, as the page of a copy shows them.

    As a member alone: whoever makes the copy of a volunteer has shown no second step.
    """
    rows = db.session.execute(
        select(Thread.id, Thread.title)
        .join(Post, and_(Post.thread_id == Thread.id, Post.is_opening))
        .join(Thread.room)
        .where(Thread.id.in_(threads), readable_by(AnyViewer(is_staff=False))),
        viewer_values(member),
    )
    return {thread_id: as_shown(title) for thread_id, title in rows}


def _follows(member: Member) -> Rows:
    rows = theirs(Follow.member_id, member)
    titles = titles_for(member, select(Follow.thread_id).where(Follow.member_id == member.id))
    return [
        {"thread": titles.get(row.thread_id, ""), "is_on": row.is_on}
        for row in db.session.scalars(rows)
    ]


def _signs(member: Member) -> Rows:
    rows = theirs(Reaction.member_id, member, Post.thread_id, Reaction.kind).join(
        Post, Post.id == Reaction.post_id
    )
    threads = select(Post.thread_id).join(Reaction).where(Reaction.member_id == member.id)
    titles = titles_for(member, threads)
    return [
        {"thread": titles.get(thread_id, ""), "kind": kind}
        for thread_id, kind in db.session.execute(rows)
    ]


def _own_life(member: Member) -> Rows:
    rows = theirs(LivedTag.member_id, member, Room, LivedTag.code).join(
        Room, Room.id == LivedTag.room_id
    )
    return [
        {"experience": _words(room, code, member.language), "room": room.slug}
        for room, code in db.session.execute(rows)
    ]


def _room_agreements(member: Member) -> Rows:
    rows = theirs(RoomAgreement.member_id, member, Room.slug).join(
        Room, Room.id == RoomAgreement.room_id
    )
    return [{"room": slug} for slug in db.session.scalars(rows)]


def _words(room: Room, code: str, language: str) -> str:
    words = {tag["code"]: tag["id" if language == "id" else "en"] for tag in room.tags}
    return words.get(code, code)


PARTS = {
    "drafts": _drafts,
    "follows": _follows,
    "signs": _signs,
    "own_life": _own_life,
    "room_agreements": _room_agreements,
}
TABLES = {
    "drafts": ("draft",),
    "follows": ("follow",),
    "signs": ("reaction",),
    "own_life": ("lived_tag",),
    "room_agreements": ("room_agreement",),
}
