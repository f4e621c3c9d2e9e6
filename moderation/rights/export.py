"""A copy of all that Teduh keeps about one member, as JSON and as a page, in one zip file.

What staff wrote for each other about a person is not in it, nor who reported them: the privacy
page says so, and docs/content-review.md asks a lawyer.
"""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import render_template
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Alias, Member, RecoveryCode, SignIn
from forum.blocks.models import Block
from forum.extensions import db
from forum.groups.models import Hand, Meeting, Seat, Visit
from forum.notices.models import Notice
from forum.posts.masks import covered_words
from forum.posts.models import EarlierText, Post, Thread, Visibility
from forum.web.pages import said
from moderation.appeals.models import Appeal
from moderation.applications.models import Application
from moderation.buddies.models import Review
from moderation.care.models import CareCard, CheckIn, CheckInMessage, Speaker
from moderation.cases.models import Case, Report
from moderation.factors.models import CodeApp, Passkey
from moderation.measures.models import Measure
from moderation.rights import export_reading
from moderation.rights.export_rows import Rows, as_shown, listed, theirs
from moderation.rights.readable import sections_of
from moderation.rota.models import Turn
from moderation.training.models import Certificate
from moderation.volunteers.models import OptOut, Shift

# Tables that refer to a person and are not in the copy, each with the reason.
LEFT_OUT = {
    "buddy_period": "how many first decisions are looked at",
    "practice_answer": "forgotten with the certificate",
    "role_grant": "what two people of the team decided",
    "rota_swap": "a question among the team",
    "trainee": "that the lessons are open",
    "alert": "what somebody did at the desk",
    "audit_entry": "what somebody did at the desk, by number",
    "company": "what somebody did at the desk",
    "crisis_entry": "written by staff about a case",
    "data_export": "the copies themselves",
    "decision": "written by staff about a case",
    "factor_recovery": "asked by an admin",
    "follow_up": "what staff plan to do",
    "person_question": "asked by staff about two cases",
    "help_entry": "what somebody did at the desk",
    "group_facilitator": "what somebody does on the team",
    "room_moderator": "what somebody does on the team",
    "group_note": "written by facilitators about a session",
    "group_plan": "what somebody does on the team",
    "pin": "what somebody did at the desk",
    "presence": "forgotten within the hour",
    "recusal": "what somebody does not do at the desk",
    "referral": "written by staff about a case",
    "rules_run": "what somebody did at the desk",
    "rules_version": "what somebody did at the desk",
    "second_opinion": "written by staff about a case",
    "skip": "forgotten within the day",
}


def make_copy(member: Member) -> bytes:
    """Return the zip file: data.json, and data.html in the member's language."""
    with force_locale(member.language):
        data = collect(member)
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(
                _entry("data.json"),
                json.dumps(data, ensure_ascii=False, indent=2, default=_plain),
            )
            archive.writestr(
                _entry("data.html"),
                render_template(
                    "rights/copy.html", sections=sections_of(data), language=member.language
                ),
            )
    return made.getvalue()


def collect(member: Member) -> dict[str, Any]:
    """Return everything of the copy, by table, with words as its owner typed them."""
    return {name: rows(member) for name, rows in PARTS.items()}


def _account(member: Member) -> Rows:
    codes = select(RecoveryCode.id).where(RecoveryCode.member_id == member.id)
    return [
        {
            "pseudonym": member.pseudonym,
            "role": member.role,
            "language": member.language,
            "zone": member.zone,
            "letter_keys": member.letter_keys,
            "agreement_version": member.agreement_version,
            "joined_on": member.joined_on,
            "paused_until": member.paused_until,
            "closed_at": member.closed_at,
            "shown_topics": export_reading.topics_of(member),
            "recovery_codes_left": len(db.session.scalars(codes).all()),
        }
    ]


def _aliases(member: Member) -> Rows:
    rows = theirs(Alias.member_id, member).options(joinedload(Alias.room))
    return [
        {"name": row.name or member.pseudonym, "room": row.room.slug}
        for row in db.session.scalars(rows)
    ]


def _second_steps(member: Member) -> Rows:
    apps = listed(CodeApp.member_id, "added_on")
    keys = listed(Passkey.member_id, "name", "added_on", "used_on")
    return [*apps(member), *keys(member)]


def _threads(member: Member) -> Rows:
    rows = theirs(Thread.author_id, member).options(joinedload(Thread.room))
    return [
        {
            "title": as_shown(row.typed_title),
            "room": row.room.slug,
            "warning": row.warning,
            "wish": row.wish,
            "created_at": row.created_at,
        }
        for row in db.session.scalars(rows)
    ]


def _posts(member: Member) -> Rows:
    rows = (
        theirs(Post.author_id, member, Post, CareCard.id)
        .outerjoin(CareCard, CareCard.post_id == Post.id)
        .options(joinedload(Post.thread), joinedload(Post.alias))
    )
    written = select(Post.thread_id).where(Post.author_id == member.id)
    titles = export_reading.titles_for(member, written)
    earlier = _earlier_texts(member)
    return [
        {
            "body": as_shown(post.body),
            "earlier_texts": earlier.get(post.id, []),
            "name": post.author_name,
            # Somebody else's title is theirs.
            "thread": as_shown(post.thread.typed_title)
            if post.thread.author_id == member.id
            else titles.get(post.thread_id, ""),
            "warning": post.warning,
            "state": post.visibility,
            "covered_by_staff": [words for words, _ in covered_words(post)]
            if post.visibility is not Visibility.DELETED
            else [],
            "covered_by_you": post.is_self_covered,
            "as_volunteer": post.as_volunteer,
            "care_card_was_shown": card is not None,
            "created_at": post.created_at,
            "written_at": post.written_at,
        }
        for post, card in db.session.execute(rows)
    ]


def _earlier_texts(member: Member) -> dict[int, list[str]]:
    """Return what somebody replaced before it was read and is still kept, by post."""
    texts: dict[int, list[str]] = {}
    for earlier in db.session.scalars(
        select(EarlierText)
        .join(Post, Post.id == EarlierText.post_id)
        .where(Post.author_id == member.id)
        .order_by(EarlierText.post_id, EarlierText.version)
    ):
        texts.setdefault(earlier.post_id, []).append(as_shown(earlier.text))
    return texts


def _messages(member: Member) -> Rows:
    rows = (
        select(CheckInMessage)
        .join(CheckIn, CheckIn.id == CheckInMessage.check_in_id)
        .where(CheckIn.member_id == member.id)
        .order_by(CheckInMessage.id)
    )
    return [
        {
            "by": "you" if row.who is Speaker.MEMBER else "volunteer",
            "body": row.body,
            "pressed": row.answer,
            "created_at": row.created_at,
        }
        for row in db.session.scalars(rows)
    ]


def _measures(member: Member) -> Rows:
    rows = theirs(Measure.member_id, member)
    return [
        {
            "kind": row.kind,
            "reason": row.reason,
            "words": row.words,
            "until": row.until,
            "created_at": row.created_at,
            "undone_at": row.undone_at,
        }
        for row in db.session.scalars(rows)
        if row.took_effect
    ]


def _groups(member: Member) -> Rows:
    rows = theirs(Seat.member_id, member)
    sessions = (
        select(Meeting.starts_at)
        .join(Visit, Visit.meeting_id == Meeting.id)
        .where(Visit.member_id == member.id)
        .order_by(Meeting.id)
    )
    hands = select(Hand.id).where(Hand.member_id == member.id)
    seats: Rows = [
        {"room": said(row.group.room, "name"), "place": row.state, "since": row.since}
        for row in db.session.scalars(rows)
    ]
    came: Rows = [{"came_to": moment} for moment in db.session.scalars(sessions)]
    return [*seats, *came, *({"hand_up": True} for _ in db.session.scalars(hands))]


def _certificates(member: Member) -> Rows:
    rows = (
        select(Certificate)
        .where(Certificate.member_id == member.id)
        .order_by(Certificate.given_at, Certificate.module)
    )
    return [
        {"lesson": row.module.value, "created_at": row.given_at, "until": row.expires_at}
        for row in db.session.scalars(rows)
    ]


def _turns(member: Member) -> Rows:
    rows = select(Turn.day).where(Turn.member_id == member.id).order_by(Turn.day)
    return [{"day": day} for day in db.session.scalars(rows)]


# Tables by the part of the copy that tells of them; a test compares them with the schema.
PARTS: dict[str, Callable[[Member], Rows]] = {
    "account": _account,
    "aliases": _aliases,
    "blocks": listed(Block.blocker_id, "name", "hides_me"),
    "sessions": listed(SignIn.member_id, "started_at", "seen_at"),
    "second_steps": _second_steps,
    "threads": _threads,
    "posts": _posts,
    "reports": listed(Report.reporter_id, "door", "note", "created_at"),
    "messages": _messages,
    "notices": listed(Notice.member_id, "kind", created_at="visible_from", seen_at="seen_at"),
    "measures": _measures,
    "appeals": listed(Appeal.member_id, "body", "outcome", "answer", "created_at", "decided_at"),
    "cases": listed(Case.subject_id, "opened_at", "closed_at"),
    "shifts": listed(Shift.member_id, "started_at", "ended_at", "weighed", "helped", "wished"),
    "topics": listed(OptOut.member_id, "topic"),
    **export_reading.PARTS,
    "groups": _groups,
    "applications": listed(
        Application.member_id,
        created_at="agreed_at",
        motivation="motivation",
        times="times",
        languages="languages",
        answer="answer",
        decided_at="answered_at",
    ),
    "certificates": _certificates,
    "first_decisions": listed(Review.member_id, "created_at", "feedback"),
    "turns": _turns,
}
TABLES = {
    "account": ("member", "recovery_code"),
    "aliases": ("alias",),
    "blocks": ("block",),
    "sessions": ("sign_in",),
    "second_steps": ("code_app", "passkey"),
    "threads": ("thread",),
    "posts": ("post", "earlier_text", "care_card"),
    "reports": ("report",),
    "messages": ("check_in", "check_in_message"),
    "notices": ("notice",),
    "measures": ("measure",),
    "appeals": ("appeal",),
    "cases": ("moderation_case",),
    "shifts": ("shift",),
    "topics": ("opt_out",),
    **export_reading.TABLES,
    "groups": ("group_seat", "group_visit", "group_hand"),
    "applications": ("application",),
    "certificates": ("certificate",),
    "first_decisions": ("review",),
    "turns": ("rota_turn",),
}


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _entry(name: str) -> zipfile.ZipInfo:
    """Return an entry without a moment: when a copy was made is nobody's business."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
