"""Rows for tests, with keyword defaults; and a small lexicon that no test tunes itself to."""

import re
import secrets
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from forum import outbox
from forum.accounts.access import cookie_name
from forum.accounts.models import Member, Role, SignIn
from forum.accounts.names import fold_name
from forum.accounts.operations import note_second_factor, start_sign_in
from forum.clock import now
from forum.extensions import db
from forum.notices.models import Notice
from forum.outbox import Job, JobState
from forum.posts.models import Post
from forum.posts.operations import reply, start_thread
from forum.rooms.models import ContentWarning, Room, Unscanned
from moderation.cases.models import Case, CloseReason, Lane
from moderation.cases.opening import open_case
from moderation.cases.operations import claim, close
from moderation.risk.levels import Level
from moderation.training.models import Certificate, Module

LEXICON = """
rules:
  - id: test-tired
    category: HOPELESS
    level: amber
    language: en
    patterns: ["zzamber"]
    reason_id: "lelah"
    reason_en: "tired"
    positive: ["zzamber a", "b zzamber", "zzamber"]
    negative: ["zz amb", "calm"]
  - id: test-wish
    category: SUI_ACTIVE
    level: red
    language: en
    patterns: ["zzred", "zzredder"]
    reason_id: "merah"
    reason_en: "red sign"
    positive: ["zzred a", "b zzred", "zzred"]
    negative: ["zz re", "calm"]
  - id: test-now
    category: SUI_PLAN
    level: crisis
    language: en
    patterns: ["zzcrisis"]
    reason_id: "krisis"
    reason_en: "crisis sign"
    positive: ["zzcrisis a", "b zzcrisis", "zzcrisis"]
    negative: ["zz cri", "calm"]
  - id: test-push
    category: ENCOURAGE
    level: red
    language: en
    patterns: ["zzpush"]
    reason_id: "mendorong"
    reason_en: "pushes another"
    positive: ["zzpush a", "b zzpush", "zzpush"]
    negative: ["zz pus", "calm"]
  - id: test-advice
    category: MEDADV
    level: amber
    language: en
    patterns: ["zzadvice"]
    reason_id: "nasihat"
    reason_en: "advice"
    positive: ["zzadvice a", "b zzadvice", "zzadvice"]
    negative: ["zz adv", "calm"]
  - id: test-happening
    category: SUI_NOW
    level: crisis
    language: en
    patterns: ["zzhappening"]
    reason_id: "sedang terjadi"
    reason_en: "is happening"
    positive: ["zzhappening a", "b zzhappening", "zzhappening"]
    negative: ["zz hap", "calm"]
  - id: test-age
    category: AGE
    level: green
    language: en
    patterns: ["zzage"]
    reason_id: "usia"
    reason_en: "age"
    positive: ["zzage a", "b zzage", "zzage"]
    negative: ["zz ag", "calm"]
  - id: test-grief
    category: CTX
    level: green
    language: en
    patterns: ["zzgrief"]
    reason_id: "duka"
    reason_en: "grief"
    positive: ["zzgrief a", "b zzgrief", "zzgrief"]
    negative: ["zz gri", "calm"]
"""


def make_member(
    pseudonym: str = "",
    role: Role = Role.MEMBER,
    language: str = "en",
    *,
    certified: bool = True,
) -> Member:
    """Add a member who can't sign in with a passphrase; staff hold their certificates."""
    pseudonym = pseudonym or f"awan-{secrets.token_hex(4)}"
    member = Member(
        pseudonym=pseudonym,
        folded_name=fold_name(pseudonym),
        passphrase_hash="-",
        role=role,
        language=language,
        agreement_version=1,
        joined_on=now().date(),
    )
    db.session.add(member)
    db.session.flush()
    if certified and member.is_staff:
        # As the operator's word would give them (`vouch`), all in one statement.
        terms = {"given_at": now(), "expires_at": now() + timedelta(days=365), "vouched": True}
        db.session.add_all(
            Certificate(member_id=member.id, module=module, **terms) for module in Module
        )
        db.session.flush()
    return member


def lapse(member: Member) -> None:
    """Let one of somebody's certificates run out: the desk is shut to them from now on."""
    db.session.get_one(Certificate, (member.id, Module.ETHICS)).expires_at = now()
    db.session.flush()


def make_room(slug: str = "", unscanned: Unscanned = Unscanned.SHOW) -> Room:
    """Add a room."""
    slug = slug or f"ruang-{secrets.token_hex(4)}"
    room = Room(
        slug=slug,
        name_id="Ruang uji",
        name_en="Test room",
        description_id="Untuk uji.",
        description_en="For tests.",
        unscanned=unscanned,
    )
    db.session.add(room)
    db.session.flush()
    return room


def make_thread(
    author: Member | None = None,
    room: Room | None = None,
    body: str = "A calm day.",
    title: str = "A title",
) -> Post:
    """Add a thread as its author would; returns the opening post, not scanned."""
    return start_thread(
        author or make_member(),
        room or make_room(),
        title=title,
        body=body,
        warning=ContentWarning.NONE,
        submission_key=secrets.token_hex(16),
    )


def make_reply(opening: Post, author: Member | None = None, body: str = "I hear you.") -> Post:
    """Add an answer, not scanned."""
    return reply(
        author or make_member(),
        opening.thread,
        body=body,
        submission_key=secrets.token_hex(16),
    )


def make_case(
    level: Level,
    lane: Lane = Lane.RISK,
    subject: Member | None = None,
    *,
    waited: timedelta = timedelta(0),
) -> Case:
    """Add a thread and an open case about its author, as old as `waited`, without a scan."""
    opening = make_thread(subject)
    case = open_case(opening, lane, level)
    case.opened_at -= waited
    case.due_at -= waited
    db.session.flush()
    return case


def close_case(case: Case, reason: CloseReason = CloseReason.ANSWERED) -> Case:
    """Let a new moderator take a case and close it. Commits."""
    moderator = make_member(role=Role.MODERATOR)
    claim(moderator, case, case.version)
    db.session.refresh(case)
    close(moderator, case, case.version, reason, "")
    db.session.commit()
    return case


def scan_all() -> int:
    """Do every job that is not done, as workers would. Commits. Returns how many were done.

    What is planned for later, such as a follow-up, is left.
    """
    db.session.commit()
    soon = now() + timedelta(minutes=1)
    ids = db.session.scalars(
        select(Job.id).where(Job.state != JobState.DONE, Job.run_at <= soon)
    ).all()
    db.session.rollback()
    return sum(outbox.run_job(job_id) for job_id in ids)


def let_undo_time_pass() -> None:
    """Let members be told now what staff could undo a moment longer. Commits."""
    db.session.execute(update(Notice).values(visible_from=Notice.created_at))
    db.session.commit()


def sign_in(app: Flask, pseudonym: str, *, second_step: bool = False) -> FlaskClient:
    """Return a browser with a session of this member, who has just shown a second step or not."""
    client = app.test_client()
    with app.app_context():
        member = db.session.scalar(select(Member).where(Member.pseudonym == pseudonym))
        assert member is not None, pseudonym
        token = start_sign_in(member)
        db.session.flush()
        if second_step:
            note_second_factor(
                db.session.scalars(select(SignIn).order_by(SignIn.id.desc())).first()
            )
        db.session.commit()
        client.set_cookie(_cookie_name(app), token)
    return client


def form_of(
    client: FlaskClient, address: str, index: int = 0, **typed: object
) -> dict[str, object]:
    """Return what a browser would send: a page's form with its hidden fields, and what is typed.

    `index` picks among the page's forms that have a CSRF token and post somewhere in main.
    """
    page = client.get(address).get_data(as_text=True)
    main = page[page.index("<main") :]
    forms = [
        form for form in re.findall(r"<form.*?</form>", main, re.DOTALL) if "csrf_token" in form
    ]
    hidden = {}
    for tag in re.findall(r"<input[^>]*>", forms[index]):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") == "hidden" and "name" in attributes:
            hidden[attributes["name"]] = attributes.get("value", "")
    return hidden | typed


def _cookie_name(app: Flask) -> str:
    with app.test_request_context():
        return cookie_name()
