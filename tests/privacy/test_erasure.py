"""Deleting an account: what somebody wrote is in no table any more, and a restored backup forgets too."""

import io
import json
import secrets
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import func, select, text, update

from forum import outbox
from forum.accounts.models import Alias, Member, Role, Zone
from forum.accounts.names import fold_name
from forum.accounts.operations import join, start_sign_in
from forum.accounts.passphrases import hash_secret, verify_secret
from forum.blocks.models import Block
from forum.blocks.operations import block
from forum.clock import now
from forum.commands.rights import erasures
from forum.database import empty_log
from forum.extensions import db, setting
from forum.notices.models import Notice, NoticeKind
from forum.notices.operations import notify
from forum.outbox import Job, JobState
from forum.posts.lists import unanswered
from forum.posts.models import Post, Thread, Visibility
from forum.posts.operations import edit, start_thread
from forum.rooms.models import ContentWarning
from forum.text import LEFT
from moderation.appeals.models import Appeal
from moderation.appeals.operations import appeal
from moderation.audit.queries import verify
from moderation.care.models import CheckIn, QuickAnswer
from moderation.cases.answers import answer
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Case, CaseState, CloseReason, Door, Report
from moderation.cases.operations import check_in, claim
from moderation.cases.operations import release as hand_over
from moderation.factors.models import CodeApp
from moderation.follow_ups.models import FollowUp, FollowUpState
from moderation.follow_ups.operations import plan
from moderation.measures.models import Measure, MeasureKind, MeasureReason
from moderation.measures.operations import take_measure
from moderation.reports.operations import report_post
from moderation.rights.erase_list import read_list
from moderation.rights.erasure import ERASE_MEMBER, NO_DAY, request_erasure
from moderation.rights.export import make_copy
from moderation.rights.models import DataExport, Erasure, PostsFate
from moderation.rights.operations import request_export
from moderation.unveiling.models import Ground
from moderation.unveiling.operations import ask
from moderation.volunteers.models import OptOut, Shift
from moderation.volunteers.operations import begin_shift
from tests.factories import (
    let_undo_time_pass,
    make_member,
    make_reply,
    make_room,
    make_thread,
    scan_all,
    sign_in,
)
from tests.pages import Page, send
from tests.server_files import server_files

PASSPHRASE = "kenari emas hinggap 7731"
NAME = "cendana-kenari-42"
# Each is typed in one place and must be gone from all of them.
POSTED, TITLE, ANSWERED = "zzkenari-tulisan", "zzkenari-judul", "zzkenari-balasan"
PRIVATE, REPORTED, APPEALED = "zzkenari-kabar", "zzkenari-lapor", "zzkenari-banding"
REPLACED = "zzkenari-dulu"
NOTED, TOLD, WROTE = "zzkenari-catatan", "zzkenari-alasan", "zzkenari-sapaan"
CANARIES = (PRIVATE, REPORTED, APPEALED, REPLACED, NOTED, TOLD, WROTE, NAME, fold_name(NAME))
POSTS = (POSTED, TITLE, ANSWERED)


def everything() -> str:
    """Return every row of every table as one text."""
    rows = []
    for table in db.metadata.sorted_tables:
        rows += [f"{table.name} {tuple(row)!r}" for row in db.session.execute(table.select())]
    return "\n".join(rows)


@pytest.fixture
def erase_list(app, tmp_path, monkeypatch) -> Path:
    path = tmp_path / "erased.jsonl"
    monkeypatch.setitem(app.config, "ERASE_LIST", path)
    return path


def a_life() -> Member:
    """Fill every table that knows a member with somebody's life, and return them. Commits."""
    member, _ = join(NAME, PASSPHRASE, language="id")
    start_sign_in(member)
    moderator, second = make_member("galih-uji", Role.MODERATOR), make_member("uji-lead", Role.LEAD)
    other = make_member("orang-lain")
    room = make_room("ruang-uji")
    opening = make_thread(member, room, body=f"zzamber {REPLACED}", title=TITLE)
    edit(member, opening, body=f"zzamber {POSTED}", warning=ContentWarning.NONE)
    elsewhere = make_thread(other, room, body="Halo semua.")
    make_reply(elsewhere, member, body=ANSWERED)
    scan_all()
    report_post(member, elsewhere, Door.BREACH, REPORTED)
    case = db.session.scalar(select(Case).where(Case.thread_id == opening.thread_id))
    claim(moderator, case, case.version)
    check_in(moderator, case, case.version, body=WROTE, submission_key="k" * 20)
    talk = db.session.scalars(select(CheckIn)).one()
    answer(member, talk, body=PRIVATE, quick=QuickAnswer.NONE, submission_key="m" * 20)
    db.session.refresh(case)
    hand_over(moderator, case, case.version, NOTED)
    hide = MeasureKind.HIDE
    take_measure(
        moderator, case, hide, member.id, reason=MeasureReason.HEAVY, words=TOLD, post=opening
    )
    let_undo_time_pass()
    measure = db.session.scalar(select(Measure))
    appeal(member, measure, APPEALED)
    notify(member.id, NoticeKind.REPORT_READ)
    plan(case, second.id)
    request_export(member)
    scan_all()
    return member


def leave(member: Member, posts: PostsFate) -> None:
    """Ask to be erased, and let the job do it. Commits."""
    request_erasure(member, posts)
    db.session.commit()
    scan_all()


@pytest.mark.parametrize("posts", list(PostsFate))
def test_no_word_and_no_name_is_left(context, erase_list, posts):
    member = a_life()
    number = member.id
    before = everything()
    for canary in (*CANARIES, *POSTS):
        assert canary in before, canary
    assert db.session.scalar(
        select(func.count(DataExport.id)).where(DataExport.ready_at.is_not(None))
    )
    leave(member, posts)

    after = everything()
    for canary in CANARIES:
        assert canary not in after, canary
    for canary in POSTS:
        assert (canary in after) == (posts is PostsFate.KEEP), canary
    # The number itself stands only at the empty row.
    left = db.session.scalars(select(Member).where(Member.folded_name == LEFT)).one()
    empty = db.session.get(Member, number)
    assert (empty.pseudonym, empty.erase_key, empty.joined_on.year) == (LEFT, "", 1970)
    for table, column in (
        *((Post, "author_id"), (Thread, "author_id"), (Case, "subject_id")),
        *((Report, "reporter_id"), (Measure, "member_id"), (Appeal, "member_id")),
    ):
        ids = set(db.session.scalars(select(getattr(table, column))))
        assert number not in ids
        assert left.id in ids
    assert not db.session.scalar(
        select(func.count()).select_from(Notice).where(Notice.member_id == number)
    )
    assert set(db.session.scalars(select(FollowUp.state))) == {FollowUpState.MEMBER_LEFT}
    about = db.session.scalars(select(Case).where(Case.subject_id == left.id)).all()
    assert {case.state for case in about} == {CaseState.CLOSED}
    assert CloseReason.MEMBER_LEFT in {case.close_reason for case in about}
    erasure = db.session.scalars(select(Erasure)).one()
    assert erasure.member_id is None
    assert erasure.done_at is not None
    assert [finding.name for finding in check_invariants() if finding.broken] == []
    assert verify().broken is None
    assert [line.mark for line in read_list(erase_list)] == [erasure.mark]


def test_every_column_of_an_account_is_emptied(context, erase_list):
    """A column that is added later fails here until an erasure empties it too."""
    lived = {
        "role": Role.VOLUNTEER,
        "language": "en",
        "letter_keys": False,
        "zone": Zone.WIT,
        "agreement_version": 3,
        "joined_on": date(2026, 3, 10),
        "is_unproven": True,
        "shown_topics": {ContentWarning.GRIEF.value: "open"},
        "paused_until": now(),
    }
    # What a number that nobody has must keep: itself, and that nobody can come in.
    own = {"id", "folded_name", "passphrase_hash", "erase_key", "closed_at"}
    member = Member(
        pseudonym=NAME, folded_name="a", passphrase_hash=hash_secret(PASSPHRASE), **lived
    )
    fresh = Member(
        pseudonym=LEFT,
        folded_name="b",
        passphrase_hash="-",
        agreement_version=0,
        joined_on=NO_DAY,
    )
    db.session.add_all([member, fresh])
    db.session.commit()
    columns = {column.key for column in Member.__table__.columns}
    same = {name for name in columns - own if getattr(member, name) == getattr(fresh, name)}
    assert same == set(), "give these a life above"
    leave(member, PostsFate.REMOVE)
    db.session.expire_all()
    for name in columns - own:
        assert getattr(member, name) == getattr(fresh, name), name
    assert member.folded_name == f"{LEFT}{member.id}"
    assert member.erase_key == ""
    assert member.closed_at.date() == NO_DAY
    assert not verify_secret(member.passphrase_hash, PASSPHRASE)


def test_nothing_of_it_is_in_the_file_either(context, settings, erase_list):
    """SQLite overwrites what is erased and its log is emptied; PostgreSQL wants a full vacuum."""
    is_sqlite = db.engine.dialect.name == "sqlite"

    def found() -> set[str]:
        if is_sqlite:
            folder = Path(db.engine.url.database).parent
            content = b"".join(path.read_bytes() for path in folder.glob("teduh.db*"))
        else:
            files = server_files(db.engine)
            content = b"".join(part for name, part in files if name.startswith("base/"))
        return {word for word in (*CANARIES, *POSTS) if word.encode() in content}

    member = a_life()
    assert found() == {*CANARIES, *POSTS}
    leave(member, PostsFate.REMOVE)
    db.session.remove()
    empty_log(db.engine)
    if not is_sqlite:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM FULL"))
    assert found() == set()


def test_the_pages_say_someone_who_left(app, erase_list):
    with app.app_context():
        member = a_life()
        leave(member, PostsFate.KEEP)
        db.session.execute(update(Post).values(visibility=Visibility.VISIBLE))
        db.session.commit()
        threads = list(db.session.scalars(select(Thread.public_id)))
        cases = list(db.session.scalars(select(Case.public_id)))
    staff = sign_in(app, "uji-lead")
    addresses = [f"/utas/{name}" for name in threads] + [f"/meja/kasus/{name}" for name in cases]
    for address in ("/ruang/ruang-uji", *addresses):
        page = Page(staff.get(address))
        assert page.status == 200
        assert "someone who left" in page.text, address
        assert LEFT not in page.text
        assert NAME not in page.text


def test_an_open_red_case_holds_it_up_for_two_days_at_most(context, erase_list):
    member, room = make_member("sedang-berat"), make_room()
    opening = make_thread(member, room, body="zzred zzkenari-berat")
    scan_all()
    request_erasure(member, PostsFate.REMOVE)
    db.session.commit()
    began = now()
    # Gone for everybody at once, but for the desk.
    assert db.session.get(Post, opening.id).visibility is Visibility.DELETED
    assert member.is_closed
    outbox.sweep(until=now() + timedelta(seconds=3))
    scan_all()
    assert "zzkenari-berat" in everything()
    assert len(list(read_list(erase_list))) == 1
    with time_machine.travel(began + timedelta(hours=47), tick=False):
        scan_all()
        assert "zzkenari-berat" in everything()
    with time_machine.travel(began + timedelta(hours=48, minutes=1), tick=False):
        scan_all()
        assert "zzkenari-berat" not in everything()
        assert db.session.scalar(select(Erasure.done_at)) is not None
        assert [finding.name for finding in check_invariants() if finding.broken] == []


def test_once_the_desk_has_closed_it_nothing_waits(context, erase_list):
    member = make_member("sudah-dijawab")
    make_thread(member, body="zzred zzkenari-berat")
    scan_all()
    request_erasure(member, PostsFate.REMOVE)
    db.session.commit()
    scan_all()
    db.session.execute(
        update(Case).values(
            state=CaseState.CLOSED, closed_at=now(), close_reason=CloseReason.ANSWERED
        )
    )
    db.session.commit()
    with time_machine.travel(now() + timedelta(minutes=6), tick=False):
        scan_all()
    assert "zzkenari-berat" not in everything()


def test_a_goodbye_that_no_rule_has_read_yet_is_read_before_it_goes(context, erase_list):
    member = make_member("pamit-pergi")
    make_thread(member, body="zzcrisis")
    request_erasure(member, PostsFate.REMOVE)
    db.session.commit()
    # The erasure comes first, as it may when workers are many.
    erase = db.session.scalar(select(Job.id).where(Job.kind == ERASE_MEMBER))
    assert outbox.run_job(erase)
    scan_all()
    case = db.session.scalars(select(Case)).one()
    assert case.level == 3
    assert case.state is CaseState.WAITING


def test_staff_leave_their_acts_under_a_number(context, erase_list):
    moderator = make_member("pernah-jaga", Role.MODERATOR)
    number = moderator.id
    begin_shift(moderator)
    db.session.add(OptOut(member_id=number, topic="grief"))
    day = now().date()
    db.session.add(
        CodeApp(
            member_id=number,
            sealed_secret="zz-sealed",
            last_step=1,
            added_on=day,
            tries_until=now(),
        )
    )
    make_thread(body="zzamber")
    scan_all()
    case = db.session.scalars(select(Case)).one()
    claim(moderator, case, case.version)
    db.session.execute(update(Shift).values(weighed="zzkenari-berat"))
    db.session.commit()
    leave(moderator, PostsFate.KEEP)
    after = everything()
    assert "pernah-jaga" not in after
    assert "zzkenari-berat" not in after
    assert "zz-sealed" not in after
    case = db.session.scalars(select(Case)).one()
    assert (case.state, case.holder_id) == (CaseState.WAITING, None)
    gone = db.session.get(Member, number)
    assert (gone.role, gone.is_staff) == (Role.MEMBER, False)
    assert [finding.name for finding in check_invariants() if finding.broken] == []
    assert verify().broken is None


@pytest.mark.parametrize("posts", list(PostsFate))
def test_names_in_rooms_and_distances_go_too(context, erase_list, posts):
    lead, other, third = (
        make_member("uji-lead", Role.LEAD),
        make_member("orang-lain"),
        make_member(),
    )
    member = make_member("satu-orang")
    openings = [
        start_thread(
            member,
            make_room(),
            title=f"Judul {number}",
            body="zzamber",
            warning=ContentWarning.NONE,
            submission_key=secrets.token_hex(8),
            name=name,
        )
        for number, name in enumerate((None, "zzkenari-ruang-77"))
    ]
    scan_all()
    block(other, openings[1], hides_me=True)
    block(member, make_thread(third), hides_me=False)
    cases = db.session.scalars(select(Case).order_by(Case.id)).all()
    ask(lead, cases[0], cases[1], Ground.DANGER, "zzkenari-alasan")
    # A second amber within the week is red, and would wait for the desk.
    db.session.execute(update(Case).values(level=1))
    db.session.commit()
    assert "zzkenari-ruang-77" in everything()
    leave(member, posts)
    after = everything()
    for canary in ("zzkenari-ruang-77", fold_name("zzkenari-ruang-77"), "zzkenari-alasan"):
        assert canary not in after
    assert db.session.scalar(select(func.count(Block.id))) == 0
    assert db.session.scalar(select(func.count(Alias.id)).where(Alias.member_id == member.id)) == 0
    # Nothing joins what stood under two names.
    left = {
        (post.author_id, post.alias_id)
        for post in db.session.scalars(select(Post).where(Post.id.in_([o.id for o in openings])))
    }
    assert len(left) == 1
    assert {case.alias_id for case in db.session.scalars(select(Case))} == {None}
    assert [finding.name for finding in check_invariants() if finding.broken] == []


def test_two_who_reported_the_same_post_can_both_leave(context, erase_list):
    opening = make_thread(body="Halo semua.")
    people = [make_member(f"pelapor-{number}") for number in ("satu", "dua")]
    for person in people:
        report_post(person, opening, Door.BREACH, "zzkenari-catatan")
    db.session.commit()
    scan_all()
    for person in people:
        leave(person, PostsFate.REMOVE)
    assert "zzkenari" not in everything()
    assert db.session.scalar(select(func.count(Report.id))) == 1


def test_an_erasure_that_is_killed_is_done_again_and_twice_is_once(
    context, erase_list, monkeypatch
):
    member = make_member("diulang-saja")
    make_thread(member, body="zzkenari-tulisan")
    scan_all()
    assert (
        request_erasure(member, PostsFate.REMOVE).id == request_erasure(member, PostsFate.KEEP).id
    )
    db.session.commit()
    monkeypatch.setattr("moderation.rights.erasure._empty_account", lambda _: 1 / 0)
    scan_all()
    assert "zzkenari-tulisan" in everything(), "it is done as a whole or not at all"
    monkeypatch.undo()
    monkeypatch.setitem(context.config, "ERASE_LIST", erase_list)
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        scan_all()
        scan_all()
    assert "zzkenari-tulisan" not in everything()
    assert len(list(read_list(erase_list))) == 1


def test_a_restored_backup_forgets_again(context, settings, erase_list, monkeypatch):
    member = a_life()
    number = member.id
    tables = [table for table in db.metadata.sorted_tables if table.name != "audit_entry"]
    backup = {table: list(db.session.execute(table.select())) for table in tables}
    leave(member, PostsFate.REMOVE)
    assert POSTED not in everything()
    # The backup comes back, and with it somebody who had left.
    for table in reversed(tables):
        db.session.execute(table.delete())
    for table in tables:
        rows = [dict(row._mapping) for row in backup[table]]
        if rows:
            db.session.execute(table.insert(), rows)
    db.session.commit()
    assert POSTED in everything()
    db.session.remove()
    monkeypatch.setattr("forum.commands.rights.load_settings", lambda: settings)
    monkeypatch.setattr("forum.commands.rights.create_app", lambda _: context)
    for expected in ("1 erased again", "0 erased again"):
        done = CliRunner().invoke(erasures, ["apply", str(erase_list)])
        assert done.exit_code == 0, done.output
        assert f"1 on the list, {expected}" in done.output
    after = everything()
    for canary in (*CANARIES, *POSTS):
        assert canary not in after, canary
    assert db.session.get(Member, number).pseudonym == LEFT


def test_a_torn_list_is_told_and_not_passed_over(context, settings, tmp_path, monkeypatch):
    torn = tmp_path / "list"
    torn.write_text('{"mark": "a", "posts": "remove", "asked_on": "2026-11-01"}\n{"mark": "b", ')
    monkeypatch.setattr("forum.commands.rights.load_settings", lambda: settings)
    monkeypatch.setattr("forum.commands.rights.create_app", lambda _: context)
    done = CliRunner().invoke(erasures, ["apply", str(torn)])
    assert done.exit_code != 0
    assert "line 2" in str(done.exception) + done.output


# The pages


@pytest.fixture
def member_browser(app, erase_list):
    with app.app_context():
        join(NAME, PASSPHRASE, language="en")
        db.session.commit()
    return sign_in(app, NAME)


def test_leaving_wants_the_passphrase_a_choice_and_a_tick(app, member_browser):
    for typed in (
        {"posts": "keep", "sure": "y", "passphrase": "wrong"},
        {"posts": "keep", "passphrase": PASSPHRASE},
        {"sure": "y", "passphrase": PASSPHRASE},
    ):
        assert send(member_browser, "/akun/hapus", **typed).status_code == 200
    with app.app_context():
        assert db.session.scalar(select(func.count(Erasure.id))) == 0
    answer_page = send(member_browser, "/akun/hapus", posts="keep", sure="y", passphrase=PASSPHRASE)
    assert answer_page.status_code == 302
    assert "Clear-Site-Data" in answer_page.headers
    goodbye = Page(member_browser.get(answer_page.location))
    assert "119" in goodbye.text
    visitor = app.test_client()
    back = send(visitor, "/masuk", pseudonym=NAME, passphrase=PASSPHRASE)
    assert back.status_code == 200, "nobody signs in to it from that moment on"
    with app.app_context():
        scan_all()
        assert NAME not in everything()
        join(NAME, PASSPHRASE, language="en")
        db.session.rollback()


def test_somebody_in_danger_is_told_that_nobody_could_reach_them(app, member_browser):
    with app.app_context():
        member = db.session.scalars(select(Member)).one()
        make_thread(member, body="zzred")
        scan_all()
    page = Page(member_browser.get("/akun/hapus"))
    assert "nobody here can reach you" in page.text
    assert "119" in page.text


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_copy_wants_the_passphrase(app, member_browser, language):
    """An open device tells whoever finds it what its pages show, and not every name and word."""
    with app.app_context():
        db.session.execute(update(Member).values(language=language))
        db.session.commit()
    wrong = {"en": "This is not your passphrase", "id": "bukan kata sandimu"}[language]
    for typed, says in (("not this one", wrong), ("", "")):
        answer_page = send(member_browser, "/akun/data", passphrase=typed)
        page = Page(answer_page)
        assert answer_page.status_code == 200
        assert says.casefold() in page.text.casefold()
        assert page.form().values["passphrase"] == ""
    with app.app_context():
        assert db.session.scalar(select(func.count(DataExport.id))) == 0
    made = send(member_browser, "/akun/data", passphrase=PASSPHRASE)
    assert made.location.endswith("/akun#data")
    with app.app_context():
        assert db.session.scalar(select(func.count(DataExport.id))) == 1


def test_a_copy_is_made_and_is_its_owners_alone(app, member_browser, browser_of):
    with app.app_context():
        member = db.session.scalars(select(Member)).one()
        make_thread(member, body="A calm <b>day</b>.", title="A title of mine")
        make_member("orang-lain")
        scan_all()
    send(member_browser, "/akun/data", passphrase=PASSPHRASE)
    assert "is being made" in Page(member_browser.get("/akun")).text
    with app.app_context():
        scan_all()
        link = f"/akun/data/{db.session.scalar(select(DataExport.public_id))}"
    assert link in Page(member_browser.get("/akun")).links
    answer_file = member_browser.get(link)
    assert answer_file.headers["Content-Type"] == "application/zip"
    assert "no-store" in answer_file.headers["Cache-Control"]
    with zipfile.ZipFile(io.BytesIO(answer_file.data)) as archive:
        assert sorted(archive.namelist()) == ["data.html", "data.json"]
        data = json.loads(archive.read("data.json"))
        page = archive.read("data.html").decode()
    assert data["account"][0]["pseudonym"] == NAME
    assert [post["body"] for post in data["posts"]] == ["A calm <b>day</b>."]
    assert data["threads"][0]["title"] == "A title of mine"
    assert data["account"][0]["recovery_codes_left"] == 8
    assert "A calm &lt;b&gt;day&lt;/b&gt;." in page
    assert "http" not in page.replace("http-equiv", "")
    assert "hash" not in json.dumps(data)
    for client in (browser_of("orang-lain"), app.test_client()):
        assert client.get(link).status_code in (302, 404)
    # Asked twice, there is one; expired, there is none.
    send(member_browser, "/akun", f"{link}/hapus")
    assert member_browser.get(link).status_code == 404
    send(member_browser, "/akun/data", passphrase=PASSPHRASE)
    with app.app_context():
        scan_all()
        link = f"/akun/data/{db.session.scalar(select(DataExport.public_id))}"
        hours = setting("EXPORT_HOURS")
    assert member_browser.get(link).status_code == 200
    with time_machine.travel(now() + timedelta(hours=hours, minutes=1), tick=False):
        assert member_browser.get(link).status_code == 404


def test_a_copy_holds_every_word_of_its_owner_and_no_note_of_staff(context, erase_list):
    a_life()
    content = db.session.scalar(select(DataExport.content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            words = archive.read(name).decode()
            told = (PRIVATE, REPORTED, APPEALED, REPLACED, TOLD, WROTE, NAME)
            for canary in (*POSTS, *told):
                assert canary in words, (name, canary)
            assert NOTED not in words
            assert "galih-uji" not in words


def test_the_page_of_a_copy_speaks_to_people(context, erase_list):
    """No name of a column and no code stands on it, for members and for staff."""
    member = a_life()
    volunteer = db.session.scalars(select(Member).where(Member.pseudonym == "galih-uji")).one()
    start_sign_in(volunteer)
    begin_shift(volunteer)
    db.session.execute(update(Shift).values(weighed="berat", helped="teh", wished="libur"))
    db.session.add(OptOut(member_id=volunteer.id, topic="grief"))
    db.session.flush()
    for person, wanted in ((member, "Yang kamu tulis"), (volunteer, "What you wished for")):
        with zipfile.ZipFile(io.BytesIO(make_copy(person))) as archive:
            page = archive.read("data.html").decode()
            data = json.loads(archive.read("data.json"))
        assert wanted in page
        assert "WIB" in page
        fields = {field for rows in data.values() for row in rows for field in row}
        assert not [field for field in fields if "_" in field and field in page]
        for code in ("report_read", "not_safe", "breach", "ContentWarning"):
            assert code not in page


def test_a_closed_account_can_still_take_its_data_and_leave(app, member_browser):
    with app.app_context():
        db.session.execute(update(Member).values(closed_at=now()))
        db.session.commit()
    assert member_browser.get("/akun").status_code == 200
    assert member_browser.get("/akun/hapus").status_code == 200
    assert send(member_browser, "/akun/data", passphrase=PASSPHRASE).status_code == 302


def test_jobs_of_this_kind_hold_numbers_alone(context, erase_list):
    member = make_member()
    leave(member, PostsFate.KEEP)
    job = db.session.scalars(select(Job).where(Job.kind == ERASE_MEMBER)).one()
    assert job.state is JobState.DONE
    assert job.subject_id == db.session.scalar(select(Erasure.id))


def test_two_whose_browsers_chose_the_same_key_can_both_leave(context, erase_list):
    room = make_room()
    for name in ("satu-orang", "orang-lain"):
        start_thread(
            make_member(name),
            room,
            title="T",
            body="A calm day.",
            warning=ContentWarning.NONE,
            submission_key="k" * 32,
        )
    db.session.commit()
    scan_all()
    for name in ("satu-orang", "orang-lain"):
        leave(
            db.session.scalars(select(Member).where(Member.pseudonym == name)).one(), PostsFate.KEEP
        )
    scan_all()
    assert None not in db.session.scalars(select(Erasure.done_at)).all()
    keys = db.session.scalars(select(Post.submission_key)).all()
    assert len(set(keys)) == 2
    assert "k" * 32 not in keys


def test_of_two_who_left_neither_is_taken_for_the_other(app, erase_list):
    with app.app_context():
        first, second = make_member("satu-orang"), make_member("orang-lain")
        opening = make_thread(first)
        answer = make_reply(opening, second)
        gone = make_reply(opening, second, body="zzdicabut")
        scan_all()
        # Kept for a case alone, after its writer took it back.
        gone.visibility = Visibility.DELETED
        way, answer_id, gone_id = f"/utas/{opening.thread.public_id}", answer.id, gone.id
        db.session.commit()
    assert "started this thread" not in app.test_client().get(way).text
    with app.app_context():
        for member in db.session.scalars(select(Member).where(Member.pseudonym.is_not(None))).all():
            leave(member, PostsFate.KEEP)
        scan_all()
        db.session.expire_all()
        assert db.session.get(Post, answer_id).author_id == db.session.get(Post, gone_id).author_id
        assert db.session.get(Post, gone_id).body == ""
        assert db.session.get(Post, answer_id).body != ""
        assert not unanswered(None).items
    assert "started this thread" not in app.test_client().get(way).text
