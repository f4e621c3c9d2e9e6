"""The rules lab: drafts, the gate, shadow, back-test, going back, files, the ledger."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from forum.accounts.models import Role
from forum.clock import now
from forum.extensions import db
from forum.notices.models import Notice, NoticeKind
from forum.posts.models import Post
from moderation.cases.intake import scan_post
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Case, CaseState, CloseReason, Flag, Lane
from moderation.lab import wording
from moderation.lab.ledger import Share, miss_rate, rule_records, silent_rules
from moderation.lab.runs import start_back_test, start_re_scan
from moderation.lab.spikes import announce_spikes
from moderation.risk import personal, views
from moderation.risk.levels import Level
from moderation.risk.rulefile import LexiconErrors
from moderation.risk.rules import Combination, ContextWords, WordClass
from moderation.rules import files, operations
from moderation.rules.diff import diff_lexicons
from moderation.rules.models import RulesVersion, ShadowFlag
from moderation.rules.operations import RulesChanged
from moderation.rules.queries import (
    DamagedRules,
    NoRules,
    find_draft,
    find_version,
    newest_version_id,
    rules_in_force,
)
from tests.factories import close_case, make_member, make_reply, make_thread, scan_all
from tests.pages import Page, csrf_token, send
from tests.rulebook import a_rule, draft_of, put_in_force, rule_of

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def admin(context):
    return make_member("wening", Role.ADMIN)


def test_damaged_rules_are_not_used_and_the_ones_before_them_are(admin):
    sound = rules_in_force()
    damaged = put_in_force(admin, operations.with_new_rule(sound.lexicon, a_rule()), "new")
    damaged.body = damaged.body[: len(damaged.body) // 2]
    db.session.commit()
    assert rules_in_force() is sound
    make_thread(body="zzred")
    scan_all()
    (flag,) = db.session.scalars(select(Flag))
    assert flag.rules_version_id == sound.version_id
    (finding,) = [found for found in check_invariants() if found.broken]
    assert (finding.name, finding.sample) == ("damaged rules", (damaged.id,))
    # What mends it is not kept out by it.
    put_in_force(admin, sound.lexicon, "as before")
    assert rules_in_force().lexicon == sound.lexicon
    assert not any(found.broken for found in check_invariants())


def make_unreadable(version):
    """Make a text that is whole and that this engine does not read, as after an upgrade."""
    version.body = version.body.replace("zzred", "{gone}")
    version.sha256 = hashlib.sha256(version.body.encode()).hexdigest()
    db.session.commit()


def test_posts_are_read_by_earlier_rules_where_the_engine_can_not_read_the_newest(admin):
    sound = rules_in_force()
    newest = put_in_force(admin, operations.with_new_rule(sound.lexicon, a_rule()), "new")
    draft_of(admin, sound.lexicon, "reads along")
    shadow = operations.start_shadow(admin, "reads along")
    make_unreadable(shadow)
    make_unreadable(newest)
    make_thread(body="zzred")
    scan_all()
    (flag,) = db.session.scalars(select(Flag))
    assert flag.rules_version_id == sound.version_id
    (finding,) = [found for found in check_invariants() if found.broken]
    assert (finding.name, finding.sample) == ("damaged rules", (newest.id, shadow.id))
    with pytest.raises(DamagedRules):
        operations.go_back(admin, newest, "was it better?")
    assert newest_version_id() == newest.id
    # Where no version can be read, rules that can be read may still be put in force.
    make_unreadable(find_version(sound.version_id))
    with pytest.raises(NoRules):
        rules_in_force()
    put_in_force(admin, sound.lexicon, "mended")
    assert rules_in_force().lexicon == sound.lexicon


def test_pages_of_a_version_that_can_not_be_read_say_so_kindly(admin, browser_of):
    first = find_version(newest_version_id())
    lexicon = operations.with_new_rule(rules_in_force().lexicon, a_rule())
    newest = put_in_force(admin, lexicon, "more").id
    draft = draft_of(admin, lexicon, "a draft")
    make_unreadable(draft)
    make_unreadable(first)
    number = first.id
    db.session.rollback()
    client = browser_of("wening")
    assert "there is nothing to compare" in Page(client.get(f"/aturan/lab/versi/{newest}")).text
    answer = Page(client.get(f"/aturan/lab/versi/{number}"))
    assert answer.status == 409
    sent = {"why": "zz", "csrf_token": csrf_token(client)}
    refused = Page(client.post(f"/aturan/lab/versi/{number}/kembali", data=sent))
    assert refused.status == 409
    assert "These rules can not be read" in refused.text
    for page in ("/aturan/lab/rancangan", "/aturan/test-tired", "/aturan/uji"):
        sent = {"text": "zz", "csrf_token": csrf_token(client)}
        said = Page(client.post(page, data=sent) if "uji" in page else client.get(page))
        assert (said.status, "You can drop it" in said.text) == (409, True), page
    send(client, "/aturan/lab/rancangan", "buang")
    assert client.get("/aturan/test-tired").status_code == 200
    db.session.rollback()
    assert newest_version_id() == newest


def test_a_rule_is_shown_and_changed_as_the_draft_has_it(admin, browser_of):
    lexicon = rules_in_force().lexicon
    tired = rule_of(lexicon, "test-tired")
    drafted = operations.with_rules(lexicon, [a_rule(), replace(tired, note="n", reason_en="worn")])
    draft_of(admin, operations.without_rule(drafted, "test-wish"), "several")
    db.session.commit()
    client = browser_of("wening")

    def kept(rule_id):
        rules = operations.working_lexicon().rules
        db.session.rollback()
        return next((rule for rule in rules if rule.id == rule_id), None)

    links = Page(client.get("/aturan/lab/rancangan")).links
    assert {"/aturan/test-made-up", "/aturan/test-tired", "/aturan/test-wish"} <= set(links)
    # Changed in the draft: what it says there is not lost by another change.
    page = Page(client.get("/aturan/test-tired"))
    assert "the text of the draft" in page.text
    assert page.form().values["reason_en"] == "worn"
    send(client, "/aturan/test-tired", to="draft", reason_id="letih", why="zz")
    assert kept("test-tired") == replace(tired, note="n", reason_en="worn", reason_id="letih")
    # New in the draft: it can be changed there and taken out, and is not in force by the way.
    assert "in the draft only" in Page(client.get("/aturan/test-made-up")).text
    assert "in the draft only" in Page(client.get("/aturan/test-made-up/kena")).text
    refused = send(client, "/aturan/test-made-up", to="force", why="zz")
    assert (refused.status_code, "Publish the draft" in Page(refused).text) == (409, True)
    send(client, "/aturan/test-made-up", to="draft", reason_en="another", why="zz")
    assert kept("test-made-up").reason_en == "another"
    assert send(client, "/aturan/test-made-up", "hapus").status_code == 302
    assert kept("test-made-up") is None
    assert client.get("/aturan/test-made-up").status_code == 404
    # Left out of the draft: it is in force and can be put back.
    page = Page(client.get("/aturan/test-wish"))
    assert "The draft leaves this rule out" in page.text
    assert not any("hapus" in form.action for form in page.forms)
    token = page.form().values["csrf_token"]
    assert client.post("/aturan/test-wish/hapus", data={"csrf_token": token}).status_code == 404
    send(client, "/aturan/test-wish", to="draft", why="zz")
    assert kept("test-wish") == rule_of(lexicon, "test-wish")
    # The same on both sides: nothing to say.
    assert "Open the draft" not in Page(client.get("/aturan/test-now")).text
    assert rules_in_force().lexicon == lexicon


def test_a_draft_acts_on_nothing_until_it_is_published(admin):
    lexicon = operations.with_new_rule(rules_in_force().lexicon, a_rule())
    draft_of(admin, lexicon, "a made-up sign")
    make_thread(body="zzmade")
    scan_all()
    assert db.session.scalar(select(func.count()).select_from(Flag)) == 0
    operations.publish_draft(admin, operations.prepare(lexicon), "tried")
    make_thread(body="zzmade again")
    scan_all()
    (flag,) = db.session.scalars(select(Flag))
    assert (flag.rule, flag.rules_version_id) == ("test-made-up", newest_version_id())
    assert find_draft() is None


def test_going_back_is_exact_to_the_byte(admin):
    first = find_version(newest_version_id())
    put_in_force(admin, operations.with_new_rule(rules_in_force().lexicon, a_rule()), "more")
    assert rules_in_force().sha256 != first.sha256
    operations.go_back(admin, first, "too many")
    back = find_version(newest_version_id())
    assert (back.body, back.sha256) == (first.body, first.sha256)
    assert (back.author_id, back.reason) == (admin.id, "too many")


def test_a_shadow_records_and_acts_on_nothing(admin):
    draft_of(admin, operations.with_new_rule(rules_in_force().lexicon, a_rule()), "try")
    operations.start_shadow(admin, "try")
    post = make_thread(body="zzmade and zzamber")
    scan_all()
    assert list(db.session.scalars(select(Flag.rule))) == ["test-tired"]
    shadow = select(ShadowFlag.rule).order_by(ShadowFlag.rule)
    assert list(db.session.scalars(shadow)) == ["test-made-up", "test-tired"]
    post.scanned_version = 0
    db.session.flush()
    scan_post(post.id)
    assert len(db.session.scalars(shadow).all()) == 2
    operations.stop_shadow(admin)
    make_thread(body="zzmade")
    scan_all()
    assert len(db.session.scalars(shadow).all()) == 2


def test_a_back_test_counts_what_a_draft_would_change(admin):
    for body in ("zzmade", "zzmade once more", "zzamber", "calm"):
        make_thread(body=body)
    scan_all()
    (case,) = db.session.scalars(select(Case))
    close_case(case, CloseReason.ANSWERED)
    lexicon = operations.with_new_rule(rules_in_force().lexicon, a_rule())
    draft = draft_of(admin, operations.without_rule(lexicon, "test-tired"), "try")
    run = start_back_test(admin, draft, days=7)
    while run.finished_at is None:
        assert scan_all() > 0
        db.session.refresh(run)
    assert (run.total, run.done, run.percent) == (4, 4, 100)
    assert run.found["gained"] == {"test-made-up": 2}
    assert run.found["lost"] == {"test-tired": 1}
    assert run.found["levels"] == {"green > amber": 2, "amber > green": 1}
    assert run.found["counts"]["confirmed_lost"] == 1
    assert len(run.found["samples"]) == 3
    assert db.session.scalar(select(func.count()).select_from(Flag)) == 1


def test_a_re_scan_only_raises(admin):
    make_thread(body="zzmade")
    flagged = make_thread(body="zzamber")
    scan_all()
    lexicon = operations.with_new_rule(rules_in_force().lexicon, a_rule(level="red"))
    put_in_force(admin, lexicon, "new")
    run = start_re_scan(admin, days=7)
    while run.finished_at is None:
        assert scan_all() > 0
        db.session.refresh(run)
    assert run.found == {"raised": 1}
    levels = dict(db.session.execute(select(Case.subject_id, Case.level)).all())
    assert sorted(levels.values()) == [Level.AMBER, Level.RED]
    assert levels[flagged.author_id] == Level.AMBER


def test_old_posts_are_read_as_openings_and_as_replies(admin):
    make_reply(make_thread(body="zzmade"), body="zzmade")
    scan_all()
    rule = a_rule(when={"thread_start": "raise"})
    lexicon = operations.with_new_rule(rules_in_force().lexicon, rule)
    run = start_back_test(admin, draft_of(admin, lexicon, "try"), days=7)
    scan_all()
    db.session.refresh(run)
    assert run.found["levels"] == {"green > red": 1, "green > amber": 1}
    put_in_force(admin, lexicon, "new")
    start_re_scan(admin, days=7)
    scan_all()
    rows = db.session.execute(
        select(Post.is_opening, Flag.level).join(Post, Flag.post_id == Post.id)
    )
    assert dict(rows.all()) == {True: Level.RED, False: Level.AMBER}


def test_the_tester_reads_a_text_as_an_opening_or_as_a_reply(app, admin, browser_of):
    rule = a_rule(when={"reply": "raise"})
    put_in_force(admin, operations.with_new_rule(rules_in_force().lexicon, rule), "new")
    db.session.commit()
    wening = browser_of("wening")
    assert "level red" not in send(wening, "/aturan/uji", text="zzmade").get_data(as_text=True)
    answer = send(wening, "/aturan/uji", text="zzmade", is_reply="y").get_data(as_text=True)
    assert "level red" in answer


def test_a_re_scan_by_a_rule_whose_level_was_raised_raises_what_it_flagged(admin):
    post = make_thread(body="zzamber")
    scan_all()
    before = db.session.scalars(select(Case)).one()
    close_case(before, CloseReason.NO_RISK)
    lexicon = rules_in_force().lexicon
    raised = replace(
        lexicon,
        rules=tuple(
            replace(rule, level=Level.CRISIS) if rule.id == "test-tired" else rule
            for rule in lexicon.rules
        ),
    )
    version = put_in_force(admin, raised, "it was more than we thought")
    for found in ({"raised": 1}, {}):
        run = start_re_scan(admin, days=7)
        while run.finished_at is None:
            assert scan_all() > 0
            db.session.refresh(run)
        assert run.found.get("raised", 0) == found.get("raised", 0)
    case = db.session.scalars(select(Case).where(Case.state != CaseState.CLOSED)).one()
    assert (case.risk_level, case.subject_id) == (Level.CRISIS, post.author_id)
    flag = db.session.scalars(select(Flag)).one()
    assert (flag.risk_level, flag.case_id) == (Level.CRISIS, case.id)
    assert flag.rules_version_id == version.id


def test_a_table_goes_out_and_comes_back_the_same():
    lexicon = rules_in_force().lexicon
    rule = replace(lexicon.rules[0], note="=1+1")
    table = files.write_csv([rule, *lexicon.rules[1:]])
    assert "\n=" not in table
    assert ",=" not in table
    assert files.read_csv(table, lexicon) == [rule, *lexicon.rules[1:]]
    assert files.read_yaml(files.write_yaml(lexicon)) == lexicon


def test_a_bad_table_names_every_bad_line():
    table = (
        "id,category,level,patterns,reason_id,reason_en\n"
        "good,HOPELESS,amber,zzgood,a,b\n"
        "bad-one,NOWHERE,amber,zz,a,b\n"
        "bad-two,HOPELESS,purple,zz,a,b\n"
        "bad-three,HOPELESS,amber,(zz,a,b\n"
    )
    with pytest.raises(LexiconErrors) as problem:
        files.read_csv(table, rules_in_force().lexicon)
    assert [line for _, line, _ in problem.value.errors] == [3, 4, 5]


def test_a_file_that_the_engine_could_not_read_names_its_lines_and_changes_nothing(
    admin, browser_of
):
    """A class that is not there, also in a rule that is off; the name of a combination; no CSV."""
    lexicon = rules_in_force().lexicon
    both = Combination("test-both", (("zzred",), ("zzamber",)), "SUI_PLAN", Level.CRISIS)
    newest = put_in_force(admin, replace(lexicon, combinations=(both,)), "signs together").id
    db.session.commit()
    client = browser_of("wening")
    head = "id,category,level,enabled,patterns,reason_id,reason_en\n"
    table = (
        f"{head}good,HOPELESS,amber,true,zzgood,a,b\n"
        "lacking,HOPELESS,amber,true,zz {nosuch},a,b\n"
        "lacking-and-off,HOPELESS,amber,false,zz {nosuch},a,b\n"
        "test-both,HOPELESS,amber,true,zzgood,a,b\n"
    )
    wrong = {table: (3, 4, 5), f"{head}{'z' * 140_000},HOPELESS,amber,true,zz,a,b\n": (1,)}
    for text, lines in wrong.items():
        answer = send(client, "/aturan/lab/impor", kind="csv", text=text, why="zz")
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert [n for n in range(1, 10) if f"<strong>line {n}</strong>" in page] == list(lines)
    # On the page of a rule it is the same.
    rule = {"id": "made-up", "patterns": "zz {nosuch}", "reason_id": "a", "reason_en": "b"}
    for mistake in (rule, rule | {"enabled": ""}, rule | {"id": "test-both", "patterns": "zz"}):
        answer = send(client, "/aturan/baru", to="draft", why="zz", **mistake)
        assert answer.status_code in (200, 422)
        assert "aria-invalid" in answer.get_data(as_text=True)
    db.session.rollback()
    assert (find_draft(), newest_version_id()) == (None, newest)


def test_an_edit_of_a_green_rule_leaves_it_green(admin, browser_of):
    lexicon = rules_in_force().lexicon
    young = a_rule(id="test-young", category="AGE", level="green")
    put_in_force(admin, operations.with_new_rule(lexicon, young), "ages")
    db.session.commit()
    client = browser_of("wening")
    sent = send(client, "/aturan/test-young", to="draft", reason_en="says how old", why="zz")
    assert sent.status_code == 302
    db.session.rollback()
    (found,) = (rule for rule in operations.working_lexicon().rules if rule.id == "test-young")
    assert (found.level, found.reason_en) == (Level.GREEN, "says how old")
    assert Page(client.get("/aturan/baru")).form().values["level"] == "amber"


def test_the_diff_names_what_came_went_and_changed():
    lexicon = rules_in_force().lexicon
    first = replace(lexicon.rules[0], note="changed")
    changed = replace(lexicon, rules=(first, *lexicon.rules[2:], a_rule()))
    found = {(change.entry, change.field) for change in diff_lexicons(lexicon, changed)}
    assert found == {("test-wish", ""), ("test-tired", "note"), ("test-made-up", "")}


def test_the_diff_names_each_word_list_and_combination(admin, browser_of):
    both = Combination("test-both", (("zzred",), ("zzamber", "zzmade")), "SUI_PLAN", Level.CRISIS)
    before = replace(
        rules_in_force().lexicon,
        classes={"wish": WordClass("wish", ("zzfar", "zznear")), "old": WordClass("old", ("zz",))},
        slang={"zzf": ("zzfar",)},
        idioms=("zzred wine",),
        combinations=(both,),
    )
    after = replace(
        before,
        classes={"wish": WordClass("wish", ("zzfar",)), "fresh": WordClass("fresh", ("zzz",))},
        slang={"zzf": ("zzfar", "zzfew")},
        idioms=("zzred wine", "zzred tape"),
        contexts={"past": ContextWords("past", ("once",))},
        combinations=(replace(both, all=(("zzred",), ("zzamber",)), within="post"),),
    )
    found = diff_lexicons(before, after)
    assert [(c.section, c.entry, c.field, c.before, c.after) for c in found] == [
        ("classes", "wish", "entries", "zzfar\nzznear", "zzfar"),
        ("classes", "old", "", "zz", ""),
        ("classes", "fresh", "", "", "zzz"),
        ("slang", "zzf", "entries", "zzfar", "zzfar\nzzfew"),
        ("idioms", "idioms", "entries", "zzred wine", "zzred wine\nzzred tape"),
        ("contexts", "past", "", "", "once\nsentence"),
        (
            "combinations",
            "test-both",
            "all",
            "1. zzred\n2. zzamber\n2. zzmade",
            "1. zzred\n2. zzamber",
        ),
        ("combinations", "test-both", "within", "sentence", "post"),
    ]
    put_in_force(admin, before, "lists")
    draft_of(admin, after, "other lists")
    db.session.commit()
    shown = Page(browser_of("wening").get("/aturan/lab/rancangan")).text
    for words in ("wish word class changed", "zznear", "zzred tape", "2. zzmade", "old word class"):
        assert words in shown, words


def test_decisions_credit_and_debit_the_rules_that_fired():
    for reason in (CloseReason.ANSWERED, CloseReason.NO_RISK, CloseReason.NO_RISK):
        make_thread(body="zzamber")
        scan_all()
        case = db.session.scalar(select(Case).where(Case.state != CaseState.CLOSED))
        close_case(case, reason)
    (record,) = rule_records()
    assert (record.rule, record.fired, record.precision) == ("test-tired", 3, Share(1, 3))
    assert record.precision.low < 1 / 3 < record.precision.high
    assert not record.is_noisy
    assert set(silent_rules()) == {
        rule.id for rule in rules_in_force().lexicon.rules if rule.id != "test-tired"
    }


def test_wilsons_interval_agrees_with_the_literature():
    """Newcombe 1998, table I: 81 of 263 gives .2553 to .3662."""
    share = Share(81, 263)
    assert (round(share.low, 4), round(share.high, 4)) == (0.2553, 0.3662)


def test_green_posts_are_sampled_blind_and_measure_the_misses(context):
    context.config["SAMPLE_PERCENT"] = 100
    try:
        for body in ("zzred", *["calm"] * 9):
            make_thread(body=body)
        scan_all()
    finally:
        context.config["SAMPLE_PERCENT"] = 0
    samples = list(db.session.scalars(select(Case).where(Case.lane == Lane.SAMPLE)))
    assert len(samples) == 9
    assert {case.risk_level for case in samples} == {Level.GREEN}
    for number, case in enumerate(samples):
        close_case(case, CloseReason.ANSWERED if number == 0 else CloseReason.NO_RISK)
    close_case(db.session.scalar(select(Case).where(Case.lane == Lane.RISK)), CloseReason.ANSWERED)
    found = miss_rate()
    assert found.sampled == Share(1, 9)
    low, middle, high = found.recall
    assert low < middle < high
    # One seen; nine green posts of which one in nine is taken to be missed.
    assert middle == pytest.approx(0.5)


def test_old_flags_do_not_count_as_todays(context):
    make_thread(body="zzamber")
    scan_all()
    flag = db.session.scalar(select(Flag))
    flag.created_at = now() - timedelta(days=3)
    db.session.commit()
    (record,) = rule_records()
    assert (record.fired_today, record.is_spiking) == (0, False)


def test_every_version_keeps_who_and_why(admin):
    put_in_force(admin, operations.with_new_rule(rules_in_force().lexicon, a_rule()), "because")
    version = db.session.scalar(select(RulesVersion).order_by(RulesVersion.id.desc()).limit(1))
    assert (version.author_id, version.reason) == (admin.id, "because")


def test_rules_that_were_prepared_beside_older_ones_do_not_overwrite_newer(admin):
    prepared = operations.prepare(rules_in_force().lexicon)
    newer = put_in_force(
        admin, operations.with_new_rule(rules_in_force().lexicon, a_rule()), "someone else's"
    )
    with pytest.raises(RulesChanged):
        operations.publish(admin, prepared, "mine")
    assert newest_version_id() == newer.id


def test_admins_hear_once_a_day_that_a_rule_fires_far_more(app, admin, browser_of):
    """Ten times in an hour, after a quiet month."""
    assert announce_spikes() == 0
    for _ in range(10):
        make_thread(body="zzred")
    scan_all()
    make_member("rani", Role.MODERATOR)
    assert announce_spikes() == 1
    assert announce_spikes() == 0
    db.session.commit()
    notice = db.session.scalar(select(Notice))
    assert (notice.member_id, notice.kind) == (admin.id, NoticeKind.RULES_SPIKE)
    address = f"/pemberitahuan/{notice.public_id}"
    db.session.rollback()
    page = browser_of("wening").get(address).get_data(as_text=True)
    assert "test-wish" in page
    with time_machine.travel(now() + timedelta(days=2)):
        assert announce_spikes() == 0


@pytest.mark.parametrize(
    ("language", "words"), [("id", "dibaca sebagai “zzred”"), ("en", "read as “zzred”")]
)
def test_the_tester_says_in_the_pages_language_how_it_read(app, browser_of, language, words):
    make_member("rani", Role.ADMIN, language=language)
    db.session.commit()
    page = send(browser_of("rani"), "/aturan/uji", text="I am z z r e d").get_data(as_text=True)
    assert words in page


def test_every_view_and_every_kind_of_personal_data_has_words():
    assert set(wording.VIEW_WORDS) == set(views.ORDER)
    assert set(wording.PERSONAL_DATA) == personal.RULES
