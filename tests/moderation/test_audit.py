"""The record of acts: one chain, never changed, complete, and empty of members' words."""

import json
import re
import threading
from datetime import timedelta

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.commands.main import main
from forum.extensions import db
from forum.help.models import HelpEntry
from forum.posts.models import Post, Visibility
from forum.rooms.models import ContentWarning
from moderation.audit import queries
from moderation.audit.chain import GENESIS
from moderation.audit.models import Action, AuditEntry, SubjectKind
from moderation.audit.operations import record, record_readings
from moderation.audit.queries import Broken, search, verify
from moderation.cases import operations
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Act, Case, CloseReason, Decision, Door, HoldReason
from moderation.cases.refusals import NotYours
from moderation.closing import operations as closing
from moderation.closing.models import Judgement, Service
from moderation.closing.operations import Closing
from moderation.follow_ups.operations import end_rest
from moderation.lab.runs import start_back_test, start_re_scan
from moderation.measures import operations as measures
from moderation.measures.bulk import clear
from moderation.measures.merging import merge
from moderation.measures.models import MeasureReason
from moderation.measures.operations import Why
from moderation.measures.undoing import undo
from moderation.reports.operations import report_post
from moderation.rules import operations as rules
from moderation.rules.queries import find_version, newest_version_id, rules_in_force
from tests.factories import make_member, make_reply, make_room, make_thread, scan_all
from tests.forum.conftest import Site, site  # noqa: F401 (a fixture)
from tests.pages import Page, csrf_token, send
from tests.triggers import triggers_off

CANARY = "zzcanary"


@pytest.fixture
def rani(context) -> Member:
    return make_member("rani-zzcanary", Role.MODERATOR)


@pytest.fixture
def case(context) -> Case:
    make_thread(make_member("a-zzcanary"), body=f"zzred {CANARY}", title=f"T {CANARY}")
    scan_all()
    return db.session.scalar(select(Case))


def actions() -> list[str]:
    """Return what stands in the record beside the fixture's publishing of rules."""
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))[1:]


def fill(member: Member, count: int) -> None:
    for number in range(1, count + 1):
        record(member, Action.CLAIM, SubjectKind.CASE, number, version=number)
    db.session.commit()


def tamper(statement: str) -> None:
    with triggers_off():
        db.session.connection().exec_driver_sql(statement)
    db.session.commit()


# The chain


def test_the_chain_verifies_over_many_batches(rani, monkeypatch):
    monkeypatch.setattr(queries, "BATCH", 3)
    fill(rani, 10)
    last = search().items[0]
    assert verify() == queries.Verdict(11, last.entry_hash, None)
    assert search(page=1).items[-1].previous_hash == GENESIS


def test_an_empty_record_is_whole(context):
    tamper("DELETE FROM audit_entry")
    assert verify() == queries.Verdict(0, GENESIS, None)


def test_the_hash_is_what_the_docstring_says(rani):
    """Anyone can verify a chain with these lines and no Teduh."""
    import hashlib  # noqa: PLC0415

    fill(rani, 1)
    entry = search().items[0]
    written = (
        f'{{"action":"claim","actor_id":{rani.id},"actor_role":"moderator",'
        f'"detail":{{"version":1}},"id":2,'
        f'"moment":"{entry.moment.replace(tzinfo=None).isoformat(timespec="microseconds")}+00:00",'
        f'"subject_id":1,"subject_kind":"case"}}'
    )
    assert entry.entry_hash == hashlib.sha256((entry.previous_hash + written).encode()).hexdigest()


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit_entry SET actor_id = 99 WHERE id = 4", Broken(4, "changed")),
        ("UPDATE audit_entry SET actor_id = NULL WHERE id = 4", Broken(4, "changed")),
        ("UPDATE audit_entry SET actor_role = 'admin' WHERE id = 4", Broken(4, "changed")),
        ("UPDATE audit_entry SET action = 'close' WHERE id = 4", Broken(4, "changed")),
        ("UPDATE audit_entry SET subject_id = 77 WHERE id = 4", Broken(4, "changed")),
        ("UPDATE audit_entry SET subject_kind = 'post' WHERE id = 4", Broken(4, "changed")),
        ("UPDATE audit_entry SET detail = '{\"version\":8}' WHERE id = 4", Broken(4, "changed")),
        ("UPDATE audit_entry SET moment = '2020-01-01 00:00:00.000000'", Broken(1, "changed")),
        ("UPDATE audit_entry SET entry_hash = previous_hash WHERE id = 4", Broken(4, "changed")),
        ("UPDATE audit_entry SET previous_hash = 'x' WHERE id = 4", Broken(4, "moved")),
        ("DELETE FROM audit_entry WHERE id = 4", Broken(4, "missing")),
        ("DELETE FROM audit_entry WHERE id <= 2", Broken(1, "missing")),
        ("UPDATE audit_entry SET id = -1 WHERE id = 4", Broken(-1, "moved")),
    ],
)
def test_the_first_broken_entry_is_named(rani, monkeypatch, statement, broken):
    monkeypatch.setattr(queries, "BATCH", 3)
    fill(rani, 7)
    tamper(statement)
    assert verify().broken == broken
    finding = check_invariants()[-1]
    assert (finding.name, finding.broken, finding.sample) == ("audit chain", 1, (broken.id,))


@pytest.mark.parametrize("column", ["moment", "detail"])
def test_a_value_that_cannot_be_read_is_named_too(rani, column):
    fill(rani, 7)
    statement = f"UPDATE audit_entry SET {column} = '<nonsense' WHERE id = 5"
    if db.engine.dialect.name == "postgresql":
        # It takes no such value, whoever asks.
        with pytest.raises(DBAPIError, match="invalid input"):
            tamper(statement)
        db.session.rollback()
        return
    tamper(statement)
    assert verify() == queries.Verdict(4, search_hash(4), Broken(5, "changed"))


def search_hash(number: int) -> str:
    return db.session.scalar(select(AuditEntry.entry_hash).where(AuditEntry.id == number))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor_id = 99",
        "UPDATE audit_entry SET actor_id = 99 WHERE id = 2",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_entry WHERE id = 2",
        (
            "INSERT INTO audit_entry SELECT * FROM audit_entry WHERE id = 2 "
            "ON CONFLICT (id) DO UPDATE SET actor_id = 99"
        ),
    ],
)
def test_the_database_itself_refuses(rani, statement):
    fill(rani, 3)
    refuse(statement)


def test_the_database_refuses_its_own_way_around(rani):
    """What only one of the two databases knows."""
    fill(rani, 3)
    if db.engine.dialect.name == "postgresql":
        refuse("TRUNCATE audit_entry")
        return
    columns = "moment, 99, actor_role, action, subject_kind, subject_id, detail"
    source = f"{columns}, previous_hash, entry_hash FROM audit_entry WHERE id = 2"
    refuse(f"INSERT OR REPLACE INTO audit_entry SELECT 2, {source}")
    refuse(f"INSERT OR REPLACE INTO audit_entry SELECT 9, {source}")
    refuse("UPDATE OR REPLACE audit_entry SET id = 1 WHERE id = 2")


def refuse(statement: str) -> None:
    before = verify()
    with pytest.raises(DBAPIError, match="never changed or deleted"):
        db.session.execute(text(statement))
    db.session.rollback()
    assert verify() == before
    assert before.broken is None


def test_an_act_that_is_not_committed_leaves_no_entry(rani):
    db.session.commit()
    record(rani, Action.CLAIM, SubjectKind.CASE, 1)
    db.session.rollback()
    assert actions() == []


def test_many_at_once_make_one_chain(app, rani):
    db.session.commit()
    member_id = rani.id
    db.session.remove()
    barrier = threading.Barrier(6)
    failures = []

    def act(number: int) -> None:
        try:
            with app.app_context():
                barrier.wait()
                for step in range(8):
                    member = db.session.get_one(Member, member_id)
                    record(member, Action.PIN, SubjectKind.CASE, number + 1, version=step)
                    if step % 4 == 3:
                        db.session.rollback()
                    else:
                        db.session.commit()
        except Exception as problem:
            failures.append(problem)

    threads = [threading.Thread(target=act, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert (verify().entries, verify().broken) == (1 + 6 * 6, None)


@pytest.mark.parametrize(
    "fact", ["I feel so low", "Rani", "lelah sekali", "x" * 81, "", "ü", ["fine", "not fine"], 1.5]
)
def test_what_someone_wrote_has_no_place_in_a_fact(rani, fact):
    with pytest.raises(ValueError, match="a short code or a number") as refusal:
        record(rani, Action.CLAIM, SubjectKind.CASE, 1, fact=fact)
    if isinstance(fact, str) and fact:
        assert fact not in str(refusal.value)


# Every act, once

# These leave an entry at the person too, so tests of account measures and appeals count theirs.
ABOUT_PEOPLE = {
    Act.WARN,
    Act.PAUSE,
    Act.LIFT_PAUSE,
    Act.ASK_TO_CLOSE,
    Act.CLOSE_ACCOUNT,
    Act.KEEP_ACCOUNT,
    Act.DECIDE_APPEAL,
}


def act_on_the_case(case: Case, rani: Member) -> None:  # noqa: PLR0915
    """Do everything that can be done with a case; each act must leave one entry."""
    entry = HelpEntry(
        slug="a-line",
        name="A line",
        kind="line",
        languages=[],
        topics=[],
        channels=[],
        sources=[],
        confidence="high",
        display="crisis",
        position=1,
    )
    db.session.add(entry)
    post = db.session.scalar(select(Post).order_by(Post.id).limit(1))

    def do(act, *args, by=rani, **more) -> None:
        before = len(actions())
        act(by, case, case.version, *args, **more)
        db.session.commit()
        db.session.refresh(case)
        assert len(actions()) == before + 1

    note = f"a note, {CANARY}"
    do(operations.claim)
    do(operations.claim)
    do(operations.reply, body=f"I am here, {CANARY}.", submission_key="k" * 20)
    do(operations.check_in, body=f"How are you, {CANARY}?", submission_key="c" * 20)
    do(operations.pin_entry, entry)
    do(operations.unpin_entry, entry)
    heavy = Why(MeasureReason.HEAVY, f"Words, {CANARY}.", note)
    method = Why(MeasureReason.METHOD, f"Words, {CANARY}.", note)
    again = Why(MeasureReason.SAFE_AGAIN, f"Words, {CANARY}.", note)
    do(measures.hide, post, heavy)
    do(measures.hold, post, heavy)
    do(measures.restore, post, again)
    do(measures.mask, post, method, post_version=post.version, words="zzred")
    place = (post.masks[0]["start"], post.masks[0]["end"])
    do(measures.unmask, post, again, places=[place])
    do(measures.warn_readers, post, heavy, warning=ContentWarning.GRIEF)
    do(measures.lock, heavy)
    do(measures.unlock, again)
    do(measures.slow_down, heavy, minutes=5)
    do(measures.slow_down, again, minutes=0)
    do(measures.move, heavy, room=make_room())
    do(operations.release, note)
    do(operations.claim)
    do(operations.hold, reason=HoldReason.COLLEAGUE, minutes=5, note=note)
    do(operations.claim)
    make_reply(post, post.author, body="zzred")
    other = make_thread(post.author, body=f"zzamber {CANARY}")
    scan_all()
    db.session.refresh(case)
    into = db.session.scalar(select(Case).where(Case.thread_id == other.thread_id))
    do(merge, into, note)
    do(undo)
    do(closing.refer, service=Service.PUSKESMAS, name=note)
    do(end_rest, note)
    do(closing.close, Closing(CloseReason.NO_RISK, note))
    second, lead = make_member("second-one", Role.MODERATOR), make_member("lead-one", Role.LEAD)
    do(operations.claim, by=second)
    do(closing.give_opinion, Judgement.NEEDS_ANSWER, note, by=second)
    do(operations.claim, by=lead)
    do(closing.close, Closing(CloseReason.NO_RISK, note), by=lead)
    spam = make_reply(post, body=f"calm {CANARY}")
    report_post(make_member(), spam, Door.BREACH, note)
    scan_all()
    reported = db.session.scalar(select(Case).where(Case.subject_id == spam.author_id))
    clear(rani, reported, reported.version, Why(MeasureReason.SPAM, f"Words, {CANARY}."))
    db.session.commit()


def test_every_act_on_a_case_leaves_exactly_one_entry(case, rani):
    act_on_the_case(case, rani)
    post = db.session.scalar(select(Post).order_by(Post.id).limit(1))
    assert set(actions()) == {act.value for act in set(Act) - ABOUT_PEOPLE}
    decided = list(db.session.scalars(select(Decision.act).order_by(Decision.id)))
    assert actions() == [act.value for act in decided]
    closed = search(action="close").items[0]
    assert (closed.actor.pseudonym, closed.actor_role) == ("lead-one", "lead")
    assert (closed.subject_kind, closed.subject_id) == ("case", case.id)
    assert closed.detail == {"version": case.version - 1, "reason": "no_risk"}
    hidden = search(action="hide").items[0]
    assert hidden.detail["post"] == post.id
    assert verify().broken is None


def test_a_refused_act_leaves_no_entry(case, rani):
    db.session.commit()
    with pytest.raises(NotYours):
        operations.close(rani, case, case.version, CloseReason.NO_RISK, "")
    db.session.rollback()
    assert actions() == []


def act_on_the_rules() -> Member:
    """Do everything that an admin can do with rules; each act must leave one entry."""
    admin = make_member("the-admin", Role.ADMIN)
    lexicon = rules_in_force().lexicon
    first = find_version(newest_version_id())
    before = len(actions())
    wider = rules.with_rules(
        lexicon, [next(rule for rule in lexicon.rules if rule.id == "test-tired")]
    )
    why = f"because {CANARY}"
    done = [
        lambda: rules.save_draft(admin, rules.prepare(wider), why),
        lambda: rules.import_draft(admin, rules.prepare(wider), why),
        lambda: rules.start_shadow(admin, why),
        lambda: rules.start_shadow(admin, why),
        lambda: rules.stop_shadow(admin),
        lambda: start_back_test(admin, rules.find_draft(), 3),
        lambda: rules.drop_draft(admin),
        lambda: rules.save_draft(admin, rules.prepare(wider), why),
        lambda: rules.publish_draft(admin, rules.prepare(wider), why),
        lambda: rules.go_back(admin, first, why),
        lambda: start_re_scan(admin, 7),
    ]
    for number, act in enumerate(done, 1):
        act()
        db.session.commit()
        assert len(actions()) == before + number
    return admin


def test_every_act_on_the_rules_leaves_exactly_one_entry(context):
    first = newest_version_id()
    admin = act_on_the_rules()
    assert actions() == [
        "draft_rules",
        "import_rules",
        "start_shadow",
        "start_shadow",
        "stop_shadow",
        "back_test",
        "drop_draft",
        "draft_rules",
        "publish_rules",
        "go_back",
        "re_scan",
    ]
    assert search(action="go_back").items[0].detail["to_version"] == first
    assert search(action="re_scan").items[0].detail == {
        "version": newest_version_id(),
        "days": 7,
    }
    assert {entry.actor_role for entry in search(actor_id=admin.id).items} == {"admin"}


def test_the_record_names_changed_rules_and_leaves_odd_names_out(context):
    admin = make_member("the-admin", Role.ADMIN)
    lexicon = rules_in_force().lexicon
    odd = type(lexicon.rules[0])(
        id="Kata Aneh", category="HOPELESS", level=lexicon.rules[0].level, patterns=("zzodd",)
    )
    changed = rules.with_rules(rules.without_rule(lexicon, "test-push"), [odd])
    rules.save_draft(admin, rules.prepare(changed), "try")
    assert search(action="draft_rules").items[0].detail["rules"] == ["test-push"]


def test_no_entry_holds_a_members_word_or_name(case, rani):
    act_on_the_case(case, rani)
    act_on_the_rules()
    record_readings(rani, [1])
    rows = db.session.execute(select(*AuditEntry.__table__.columns)).mappings()
    everything = json.dumps([{name: str(value) for name, value in row.items()} for row in rows])
    assert "no_risk" in everything
    assert CANARY not in everything


# Readings


@pytest.fixture
def held(site: Site, app) -> Site:  # noqa: F811
    with app.app_context():
        db.session.execute(
            update(Post)
            .where(Post.public_id == site.reply_id)
            .values(visibility=Visibility.HELD, body=f"I am zzamber, {CANARY}")
        )
        db.session.commit()
    return site


def readings(app) -> list[tuple[str, int]]:
    with app.app_context():
        found = db.session.execute(
            select(Member.pseudonym, AuditEntry.subject_id)
            .join(Member, Member.id == AuditEntry.actor_id)
            .where(AuditEntry.action == "read", AuditEntry.subject_kind == "post")
            .order_by(AuditEntry.id)
        )
        return [(row[0], row[1]) for row in found]


def held_id(app) -> int:
    with app.app_context():
        return db.session.scalar(select(Post.id).where(Post.visibility == Visibility.HELD))


def test_reading_a_held_post_is_written_down_once_in_ten_minutes(app, held, browser_of):
    page, post_id = f"/meja/kasus/{held.case_id}", held_id(app)
    rani, budi = browser_of("moderator-kita"), browser_of("lead-kita")
    for _ in range(3):
        assert CANARY in rani.get(page).get_data(as_text=True)
    assert readings(app) == [("moderator-kita", post_id)]
    assert CANARY in budi.get(page).get_data(as_text=True)
    assert readings(app) == [("moderator-kita", post_id), ("lead-kita", post_id)]
    with time_machine.travel(now() + timedelta(minutes=9)):
        rani.get(page)
    assert len(readings(app)) == 2
    with time_machine.travel(now() + timedelta(minutes=11)):
        rani.get(page)
    assert readings(app)[2:] == [("moderator-kita", post_id)]
    with app.app_context():
        case_id = db.session.scalar(select(Case.id))
        assert search(action="read").items[0].detail == {"case": case_id}
        assert verify().broken is None


def test_the_thread_page_counts_as_reading_too(app, held, browser_of):
    browser_of("volunteer-kita").get(f"/utas/{held.thread_id}")
    assert readings(app) == [("volunteer-kita", held_id(app))]


def test_words_taken_back_and_kept_for_the_desk_are_read_there_alone(app, held, browser_of):
    with app.app_context():
        db.session.execute(
            update(Post)
            .where(Post.visibility == Visibility.HELD)
            .values(visibility=Visibility.DELETED)
        )
        db.session.commit()
    client = browser_of("moderator-kita")
    assert CANARY not in client.get(f"/utas/{held.thread_id}").get_data(as_text=True)
    assert readings(app) == []
    assert CANARY in client.get(f"/meja/kasus/{held.case_id}").get_data(as_text=True)
    assert len(readings(app)) == 1


def test_a_refused_act_shows_the_case_and_that_counts_as_reading(app, held, browser_of):
    client = browser_of("moderator-kita")
    data = {"csrf_token": csrf_token(client), "version": 99}
    assert client.post(f"/meja/kasus/{held.case_id}/ambil", data=data).status_code == 409
    assert readings(app) == [("moderator-kita", held_id(app))]


def test_what_everyone_may_read_and_ones_own_words_are_no_reading(app, held, browser_of):
    for name in ("other-pagi", "author-sore", "member-kita"):
        browser_of(name).get(f"/utas/{held.thread_id}")
    app.test_client().get(f"/utas/{held.thread_id}")
    with app.app_context():
        writer = db.session.scalar(select(Member).where(Member.pseudonym == "admin-kita"))
        opening = make_thread(writer, make_room("lain"))
        opening.visibility = Visibility.HIDDEN
        address = f"/utas/{opening.thread.public_id}"
        make_reply(opening, writer).visibility = Visibility.VISIBLE
        db.session.commit()
    assert browser_of("admin-kita").get(address).status_code == 200
    with app.app_context():
        db.session.execute(update(Post).values(visibility=Visibility.VISIBLE))
        db.session.commit()
    browser_of("moderator-kita").get(f"/meja/kasus/{held.case_id}")
    assert readings(app) == []


def test_without_an_entry_there_is_no_reading(app, held, browser_of, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("moderation.audit.readings.record_readings", fail)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    response = browser_of("moderator-kita").get(f"/meja/kasus/{held.case_id}")
    assert response.status_code >= 500
    assert CANARY not in response.get_data(as_text=True)


def test_two_pages_at_the_same_moment_are_one_reading(app, held, browser_of):
    clients = [browser_of("moderator-kita") for _ in range(4)]
    barrier = threading.Barrier(len(clients))
    statuses = []

    def look(client) -> None:
        barrier.wait()
        statuses.append(client.get(f"/meja/kasus/{held.case_id}").status_code)

    threads = [threading.Thread(target=look, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 4
    assert len(readings(app)) == 1


# The page and the commands


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_page_says_who_did_what_in_both_languages(app, held, browser_of, language):
    browser_of("moderator-kita").get(f"/meja/kasus/{held.case_id}")
    lead = browser_of("lead-kita")
    assert "/catatan" in Page(lead.get("/meja")).links
    assert "/catatan" not in Page(browser_of("moderator-kita").get("/meja")).links
    data = {"csrf_token": csrf_token(lead), "language": language, "next": "/catatan"}
    lead.post("/bahasa", data=data)
    page = Page(lead.get("/catatan"))
    words = {"id": "membaca tulisan tertutup", "en": "read a covered post"}
    assert f"moderator-kita moderator {words[language]}:" in page.text
    assert CANARY not in page.text


def test_the_page_finds_what_is_asked_for(app, site, browser_of):  # noqa: F811
    with app.app_context():
        lead = db.session.scalar(select(Member).where(Member.pseudonym == "lead-kita"))
        admin = db.session.scalar(select(Member).where(Member.pseudonym == "admin-kita"))
        with time_machine.travel(now() - timedelta(days=3)):
            record(lead, Action.HIDE, SubjectKind.CASE, 41)
        record(admin, Action.CLAIM, SubjectKind.CASE, 42)
        record(admin, Action.READ, SubjectKind.POST, 42)
        ids = {"lead": lead.id, "admin": admin.id}
        db.session.commit()
    client = browser_of("admin-kita")

    def found(**asked: object) -> list[str]:
        text = client.get("/catatan", query_string={"action": "", **asked}).get_data(as_text=True)
        return re.findall(r'<li id="entry-(\d+)">', text)

    assert found() == ["4", "3", "2", "1"]
    assert found(action="claim") == ["3"]
    assert found(actor=ids["lead"]) == ["2"]
    assert found(actor=ids["admin"]) == ["4", "3"]
    assert found(kind="case") == ["3", "2"]
    assert found(kind="case", subject=42) == ["3"]
    assert found(since=now().date().isoformat(), kind="case", subject=41) == []
    assert found(since=(now() - timedelta(days=9)).date().isoformat()) == ["4", "3", "2", "1"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("page=99999999999999999999", 200),
        ("page=-1", 200),
        ("page=x", 200),
        ("subject=5", 422),
        ("kind=case&subject=99999999999999999999", 422),
        ("kind=case&subject=0", 422),
        ("kind=case&subject=x", 422),
        ("kind=nothing", 422),
        ("action=%00", 422),
        ("actor=9999", 422),
        ("since=yesterday", 422),
        ("since=0001-01-01", 200),
        ("since=9999-12-31", 200),
    ],
)
def test_whatever_is_asked_there_is_an_answer(site, browser_of, asked, status):  # noqa: F811
    assert browser_of("admin-kita").get(f"/catatan?{asked}").status_code == status


def test_pages_are_bounded_and_lead_on(app, site, browser_of):  # noqa: F811
    with app.app_context():
        fill(db.session.scalar(select(Member).where(Member.pseudonym == "lead-kita")), 55)
    client = browser_of("lead-kita")
    first, second = client.get("/catatan?kind=case"), client.get("/catatan?kind=case&page=2")
    assert first.get_data(as_text=True).count('id="entry-') == queries.PER_PAGE
    assert second.get_data(as_text=True).count('id="entry-') == 5
    assert "/catatan?page=2&kind=case" in Page(first).links


@pytest.mark.parametrize("role", ["member", "volunteer", "moderator"])
def test_the_record_is_for_leads_and_admins(site, browser_of, role):  # noqa: F811
    assert browser_of(f"{role}-kita").get("/catatan").status_code == 403


def test_acts_over_http_leave_one_entry_each(app, site, browser_of):  # noqa: F811
    client = browser_of("moderator-kita")
    address = f"/meja/kasus/{site.case_id}"
    assert send(client, address, "/ambil").status_code == 302
    assert send(client, address, "/lepas", note=f"tired, {CANARY}").status_code == 302
    with app.app_context():
        assert actions() == ["claim", "release"]


@pytest.fixture
def teduh(app, monkeypatch):
    """Run a command on the test's database."""
    for module in ("audit", "doctor", "accounts"):
        monkeypatch.setattr(f"forum.commands.{module}.create_app", lambda _: app)
        monkeypatch.setattr(f"forum.commands.{module}.load_settings", lambda: None)
    return lambda *words: CliRunner().invoke(main, list(words))


def test_the_command_prints_the_head_and_names_the_first_broken_entry(app, teduh):
    with app.app_context():
        fill(make_member("rani", Role.MODERATOR), 5)
        head = search().items[0].entry_hash
    whole = teduh("audit", "verify")
    assert (whole.exit_code, f"Head: {head}" in whole.output) == (0, True)
    assert teduh("audit", "verify", "--noted", head).exit_code == 0
    assert teduh("doctor").exit_code == 0
    with app.app_context():
        tamper("DELETE FROM audit_entry WHERE id = 6")
    # Without the noted head, what is missing from the very end can't be seen.
    assert teduh("audit", "verify").exit_code == 0
    cut = teduh("audit", "verify", "--noted", head)
    assert (cut.exit_code, "noted head is not in the record" in cut.output) == (1, True)
    with app.app_context():
        tamper("UPDATE audit_entry SET actor_id = 99 WHERE id = 3")
    broken = teduh("audit", "verify")
    assert (broken.exit_code, "entry 3 is not as it was written" in broken.output) == (1, True)
    doctor = json.loads(teduh("doctor", "--json").output)
    assert {"name": "audit chain", "broken": 1, "sample": [3]} in doctor["checks"]


def test_giving_a_role_is_written_down(app, teduh):
    made = teduh("create-admin", "rani-baru", "--role", "lead", "--passphrase", "hujan di teras")
    assert made.exit_code == 0, made.output
    with app.app_context():
        entry = search(action="give_role").items[0]
        assert (entry.actor_id, entry.actor_role) == (None, "operator")
        assert entry.detail == {"role": "lead"}
        assert entry.subject_id == db.session.scalar(select(Member.id))


def test_what_was_written_of_wishes_before_names_nobody_on_the_page(app, browser_of):
    with app.app_context():
        lead = make_member("lead-kita", Role.LEAD)
        for action in (Action.TAKE_IN, Action.ADD_FACILITATOR):
            record(lead, action, SubjectKind.GROUP, 1, member=987_654)
        db.session.commit()
    page = Page(browser_of("lead-kita").get("/catatan"))
    assert page.text.count("member=987654") == 1
