"""What has been kept for long enough goes by itself; a dry run says it before."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import delete, func, select, update

from forum.accounts.models import Role
from forum.clock import now
from forum.commands.rights import retention
from forum.extensions import db
from forum.groups.models import MeetingNote
from forum.notices.models import Notice, NoticeKind
from forum.notices.operations import notify
from forum.posts.models import Post, Thread
from forum.posts.operations import edit
from forum.rooms.models import ContentWarning
from moderation.applications.models import Application, ApplicationState
from moderation.buddies.models import Review, Verdict
from moderation.care.models import CheckIn, CheckInMessage, QuickAnswer
from moderation.cases.answers import answer
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Act, Case, CaseState, Decision, Report
from moderation.cases.operations import check_in, claim, release
from moderation.rights.inventory import sections
from moderation.rights.models import DataExport
from moderation.rights.operations import request_export
from moderation.rights.retention import APPLICATION_WORDS, RULES, due
from moderation.risk.levels import Level
from moderation.training.models import Certificate
from moderation.volunteers.models import Shift
from moderation.volunteers.operations import begin_shift
from tests.factories import make_case, make_member, make_reply, make_thread, scan_all
from tests.groups.factories import make_group, make_meeting
from tests.pages import Page
from workers.tasks import tidy

START = datetime(2026, 3, 10, 18, 34, 56, 789012, tzinfo=UTC)
# By Jakarta's clock it was the 11th already.
NOON = datetime(2026, 3, 11, 5, tzinfo=UTC)


@pytest.fixture
def command(context, settings, monkeypatch):
    """Return what runs `teduh retention` on the database of the tests."""
    monkeypatch.setattr("forum.commands.rights.load_settings", lambda: settings)
    monkeypatch.setattr("forum.commands.rights.create_app", lambda _: context)
    return lambda *options: CliRunner().invoke(retention, list(options))


def found() -> dict[str, int]:
    with_name = {one.rule.name: one.rows for one in due()}
    db.session.rollback()
    return with_name


def test_of_old_posts_only_the_day_is_kept(context):
    with time_machine.travel(START, tick=False):
        opening = make_thread(body="Satu.")
        changed = make_reply(opening, body="Dua.")
        scan_all()
    with time_machine.travel(START + timedelta(minutes=7), tick=False):
        edit(changed.author, changed, body="Dua, lagi.", warning=ContentWarning.NONE)
        scan_all()
    with time_machine.travel(START + timedelta(days=6, hours=23), tick=False):
        tidy()
        assert db.session.scalar(select(func.min(Post.created_at))) == START
    with time_machine.travel(START + timedelta(days=8), tick=False):
        assert found()["exact times of posts and threads"] == 3
        tidy()
        assert found()["exact times of posts and threads"] == 0
        db.session.expire_all()
        moments = set()
        for post in db.session.scalars(select(Post)):
            moments |= {post.created_at, post.written_at, post.scanned_at}
        for thread in db.session.scalars(select(Thread)):
            moments |= {thread.created_at, thread.last_post_at}
        assert moments == {NOON}
        page = Page(context.test_client().get(f"/utas/{opening.thread.public_id}"))
        assert "11 Maret 2026" in page.text or "March" in page.text
        assert page.text.count("diubah") + page.text.count("edited") == 1
        assert [one.name for one in check_invariants() if one.broken] == []


def test_a_post_that_waits_for_its_scan_keeps_its_time(context):
    """How long it has waited is what health asks."""
    with time_machine.travel(START, tick=False):
        make_thread()
        db.session.commit()
    with time_machine.travel(START + timedelta(days=8), tick=False):
        tidy()
        assert db.session.scalar(select(Post.written_at)) == START


def test_pages_never_print_a_clock_for_readers(context):
    """Hours on the first day, days in the first week, then a date; no minute anywhere."""
    with time_machine.travel(START, tick=False):
        opening = make_thread()
        scan_all()
        paths = (f"/utas/{opening.thread.public_id}", f"/ruang/{opening.thread.room.slug}")
    for later, wanted in (
        (timedelta(minutes=3), "just now"),
        (timedelta(minutes=59), "less than an hour ago"),
        (timedelta(hours=5, minutes=30), "5 hours ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=30), "11 March 2026"),
    ):
        with time_machine.travel(START + later, tick=False):
            tidy()
            db.session.remove()
            for path in paths:
                client = context.test_client()
                html = client.get(path, headers={"Accept-Language": "en"}).get_data(as_text=True)
                assert wanted in html, (later, path)
                assert "34:56" not in html
                assert "18:34" not in html
                assert "01:34" not in html
                assert "datetime=" not in html


def test_words_of_closed_cases_go_and_open_ones_stay(command):
    with time_machine.travel(START, tick=False):
        moderator = make_member("galih-uji", Role.MODERATOR)
        for name in ("lama", "masih"):
            member = make_member(name)
            opening = make_thread(member, body="zzamber")
            scan_all()
            case = db.session.scalar(select(Case).where(Case.thread_id == opening.thread_id))
            claim(moderator, case, case.version)
            body = f"zz-sapaan-{name}"
            check_in(moderator, case, case.version, body=body, submission_key=secrets.token_hex(8))
            db.session.refresh(case)
            release(moderator, case, case.version, f"zz-catatan-{name}")
            db.session.add(
                Report(
                    case_id=case.id,
                    post_id=opening.id,
                    post_version=opening.version,
                    reporter_id=moderator.id,
                    door="worry",
                    note=f"zz-lapor-{name}",
                    created_at=now(),
                )
            )
            talk = db.session.scalar(select(CheckIn).where(CheckIn.case_id == case.id))
            key = secrets.token_hex(8)
            quick = QuickAnswer.SAFE
            answer(member, talk, body=f"zz-kabar-{name}", quick=quick, submission_key=key)
            if name == "lama":
                closed = {"state": CaseState.CLOSED, "closed_at": now()}
                db.session.execute(update(Case).where(Case.id == case.id).values(closed))
                db.session.execute(update(CheckInMessage).values(read_at=now()))
        db.session.commit()
    with time_machine.travel(START + timedelta(days=366), tick=False):
        before = words()
        dry = command("--dry-run")
        assert dry.exit_code == 0
        line = next(line for line in dry.output.splitlines() if "words of closed" in line)
        assert line.split("│")[1:4][1].strip() == "365 days"
        assert line.split("│")[3].strip() == "1"
        assert words() == before
        assert command().exit_code == 0
        assert words() == [word for word in before if word.endswith("masih")]
        assert found()["words of closed cases"] == 0
        assert db.session.scalar(select(func.count(Decision.id))) > 0


def words() -> list[str]:
    texts = [
        *db.session.scalars(select(Decision.note)),
        *db.session.scalars(select(Report.note)),
        *db.session.scalars(select(CheckInMessage.body)),
    ]
    db.session.rollback()
    return sorted(text for text in texts if text)


def test_read_news_shift_answers_and_copies_go_in_their_time(command):
    with time_machine.travel(START, tick=False):
        member = make_member("sekar-uji", Role.VOLUNTEER)
        notify(member.id, NoticeKind.REPORT_READ).seen_at = now()
        notify(member.id, NoticeKind.REPORT_READ)
        begin_shift(member)
        # So that no news of its end is told on the way.
        db.session.execute(delete(Certificate))
        request_export(member)
        db.session.flush()
        db.session.execute(update(Shift).values(ended_at=now(), weighed="berat"))
        db.session.commit()
    for later, name, left in (
        (timedelta(hours=49), "copies of one's own data", select(func.count(DataExport.id))),
        (
            timedelta(days=90, hours=1),
            "answers at the end of a shift",
            select(func.count(Shift.id)).where(Shift.weighed != ""),
        ),
        (
            timedelta(days=365, hours=1),
            "news that was read",
            select(func.count(Notice.id)).where(Notice.seen_at.is_not(None)),
        ),
    ):
        with time_machine.travel(START + later - timedelta(hours=2), tick=False):
            assert found()[name] == 0
            tidy()
            assert db.session.scalar(left) == 1
            db.session.rollback()
        with time_machine.travel(START + later, tick=False):
            assert found()[name] == 1
            tidy()
            assert db.session.scalar(left) == 0
            db.session.rollback()
    assert db.session.scalar(select(func.count(Notice.id))) == 1


def test_words_of_applications_notes_and_feedback_go_in_their_time(command):
    states = list(ApplicationState)
    with time_machine.travel(START, tick=False):
        lead, new = make_member("uji-lead", Role.LEAD), make_member("uji-baru", Role.VOLUNTEER)
        for state in states:
            written = Application(
                member_id=make_member().id,
                motivation=f"zz-{state.value}",
                times="zz-sore",
                languages="zz-jawa",
                agreed_at=now(),
                level=0,
                state=state,
            )
            if state in (ApplicationState.WELCOME, ApplicationState.NOT_NOW):
                written.answer, written.answered_at = "zz-jawaban", now() + timedelta(days=1)
            db.session.add(written)
        meeting = make_meeting(make_group(lead))
        db.session.add(MeetingNote(meeting=meeting, author=lead, body="zz-tema", created_at=now()))
        case = make_case(Level.AMBER)
        decision = Decision(
            case_id=case.id,
            case_version=case.version,
            moderator_id=new.id,
            act=Act.REPLY,
            created_at=now(),
        )
        db.session.add(decision)
        db.session.flush()
        db.session.add(
            Review(
                decision_id=decision.id,
                member_id=new.id,
                reviewer_id=lead.id,
                verdict=Verdict.CONFIRMED,
                feedback="zz-masukan",
                created_at=now(),
            )
        )
        db.session.commit()
    names = (
        "words of applications",
        "notes on group sessions",
        "what colleagues said of first decisions",
    )
    for days, expected in ((364, (0, 0, 0)), (365.5, (1, 1, 1)), (366.5, (2, 0, 0))):
        with time_machine.travel(START + timedelta(days=days), tick=False):
            assert tuple(found()[name] for name in names) == expected, days
            assert command().exit_code == 0
            assert [found()[name] for name in names] == [0, 0, 0]
    kept = db.session.scalars(select(Application).order_by(Application.id)).all()
    assert [row.state for row in kept] == states
    words_left = {row.state: (row.motivation, row.times, row.languages, row.answer) for row in kept}
    waiting = words_left.pop(ApplicationState.OPEN)
    assert waiting == ("zz-open", "zz-sore", "zz-jawa", "")
    assert set(words_left.values()) == {("", "", "", "")}
    assert db.session.scalar(select(func.count(MeetingNote.id))) == 0
    assert db.session.scalars(select(Review)).one().feedback == ""


def test_an_answer_is_kept_while_it_says_when_to_ask_again(context, monkeypatch):
    monkeypatch.setitem(context.config, "APPLICATION_AGAIN_DAYS", 400)
    assert APPLICATION_WORDS.length == timedelta(days=400)
    assert "400 days after the answer" in " ".join(one.kept for one in sections("en"))


def test_every_rule_is_a_setting(context):
    for rule in RULES:
        assert rule.length > timedelta(0), rule.name
