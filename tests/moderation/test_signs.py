"""What a post tells besides its level: kept with the case, shown, and counted as history."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from forum.accounts.models import Role
from forum.clock import now
from forum.extensions import db
from forum.posts.models import Visibility
from forum.posts.operations import delete
from moderation.care.models import CareCard, CheckIn, QuickAnswer
from moderation.care.operations import write_to_member
from moderation.cases import operations as cases
from moderation.cases.answers import answer
from moderation.cases.intake import context_of, raise_from_old_post
from moderation.cases.models import Case, CaseState, Lane
from moderation.cases.opening import note_signs, open_case
from moderation.measures.merging import merge
from moderation.risk.levels import Level
from moderation.risk.signs import Sign
from moderation.rules.queries import rules_in_force
from tests.factories import make_member, make_reply, make_thread, scan_all, sign_in
from tests.pages import Page

FOR_EIGHT_DAYS = timedelta(days=8)


def told() -> list[tuple[Lane, Level, list[str], bool]]:
    rows = db.session.scalars(select(Case).order_by(Case.id))
    return [
        (case.lane, case.risk_level, case.signs, case.lead_called_at is not None) for case in rows
    ]


# What is kept


def test_signs_stay_with_the_case_and_a_later_post_adds_its_own(context):
    opening = make_thread(body="zzamber zzgrief")
    scan_all()
    assert told() == [(Lane.RISK, Level.AMBER, ["care"], False)]
    make_reply(opening, opening.author, "zzhappening zzage")
    scan_all()
    assert told() == [(Lane.RISK, Level.CRISIS, ["minor", "care", "now"], True)]
    called = db.session.scalar(select(Case.lead_called_at))
    make_reply(opening, opening.author, "zzhappening")
    scan_all()
    assert db.session.scalar(select(Case.lead_called_at)) == called, "a lead is called once"


@pytest.mark.parametrize(("word", "sign"), [("zzgrief", "care"), ("zzage", "minor")])
def test_grief_or_a_young_age_without_danger_is_a_calm_case(context, word, sign):
    post = make_thread(body=f"{word} today")
    scan_all()
    assert told() == [(Lane.CARE, Level.GREEN, [sign], False)]
    assert post.visibility is Visibility.VISIBLE
    assert db.session.scalar(select(CareCard)) is None
    make_reply(post, post.author, "zzred")
    scan_all()
    assert told() == [(Lane.RISK, Level.RED, [sign], False)]


def test_what_a_volunteer_writes_on_duty_tells_nothing_of_them(context):
    post = make_thread(make_member("rani", Role.MODERATOR), body="zzgrief")
    post.as_volunteer = True
    scan_all()
    assert told() == []


def test_the_card_of_a_young_writer_names_doors_for_children(context):
    make_thread(body="zzamber zzage")
    scan_all()
    assert db.session.scalar(select(CareCard.topic)) == "children"


def test_old_posts_and_answers_to_a_check_in_tell_too(context):
    post = make_thread(body="calm")
    scan_all()
    post.body = "zzhappening"
    assert raise_from_old_post(post, rules_in_force())
    assert told() == [(Lane.RISK, Level.CRISIS, ["now"], True)]
    second = make_thread(body="zzamber")
    scan_all()
    case = db.session.scalar(select(Case).where(Case.thread_id == second.thread_id))
    rani = make_member("rani", Role.MODERATOR)
    message = write_to_member(
        rani, case.id, second.author_id, body="Are you there?", submission_key="a" * 32
    )
    asked = db.session.get_one(CheckIn, message.check_in_id)
    answer(second.author, asked, body="zzhappening", quick=QuickAnswer.NONE, submission_key="b")
    assert told()[1] == (Lane.CHECK_IN, Level.CRISIS, ["now"], True)


def test_a_case_that_is_joined_takes_the_call_for_a_lead_along(context):
    rani, opening = make_member("rani", Role.MODERATOR), make_thread(body="zzamber")
    scan_all()
    into = db.session.scalars(select(Case)).one()
    case = open_case(make_reply(opening), Lane.RISK, Level.AMBER)
    note_signs(case, [Sign.CHILD_AT_RISK])
    db.session.commit()
    cases.claim(rani, case, case.version)
    merge(rani, case, case.version, into, "")
    db.session.commit()
    assert (case.state, into.state) == (CaseState.CLOSED, CaseState.WAITING)
    assert into.lead_called_at == case.lead_called_at is not None


# What is shown


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("May be under 18", "May be grieving", "right now", "A lead is called")),
        (
            "id",
            ("Mungkin di bawah 18", "Mungkin sedang berduka", "saat ini", "Koordinator dipanggil"),
        ),
    ],
)
def test_the_case_page_says_what_was_told_and_what_to_do(app, language, words):
    with app.app_context():
        make_member("rani", Role.MODERATOR, language)
        make_thread(body="zzhappening zzage zzgrief")
        scan_all()
        address = f"/meja/kasus/{db.session.scalar(select(Case.public_id))}"
        db.session.rollback()
    text = Page(sign_in(app, "rani").get(address)).text
    assert [part for part in words if part not in text] == []


@pytest.mark.parametrize("language", ["en", "id"])
def test_every_sign_has_words_in_both_languages(app, language):
    with app.app_context():
        make_member("rani", Role.MODERATOR, language)
        post = make_thread(body="zzamber")
        scan_all()
        case = open_case(post, Lane.RISK, Level.AMBER)
        address = f"/meja/kasus/{case.public_id}"
        db.session.commit()
    rani = sign_in(app, "rani")
    before = Page(rani.get(address)).text
    with app.app_context():
        note_signs(db.session.scalars(select(Case)).one(), Sign)
        db.session.commit()
    after = Page(rani.get(address)).text
    assert len(after) - len(before) > 20 * len(Sign)


# What counts as history


@pytest.mark.parametrize(
    ("before", "counts"),
    [
        ("zzamber", True),
        ("zzred", True),
        ("zzcrisis", True),
        ("zzadvice", False),
        ("write to someone@example.org", False),
        ("zzpush", False),
        ("zzgrief", False),
    ],
)
def test_any_sign_of_distress_in_a_week_counts_and_nothing_else(context, before, counts):
    author = make_member()
    with time_machine.travel(now() - timedelta(days=6)):
        make_thread(author, body=before)
        scan_all()
    post = make_thread(author, body="zzamber")
    assert context_of(post).amber_recent is counts
    scan_all()
    raised = (Level.RED, ["second_sign"]) if counts else (Level.AMBER, [])
    case = db.session.scalar(select(Case).where(Case.thread_id == post.thread_id))
    assert (case.risk_level, case.signs) == raised


def test_after_a_week_it_counts_no_more(context):
    author = make_member()
    with time_machine.travel(now() - FOR_EIGHT_DAYS):
        make_thread(author, body="zzred")
        scan_all()
    assert not context_of(make_thread(author)).amber_recent


@pytest.mark.parametrize(("before", "calls"), [("zzamber", True), ("zzadvice", False)])
def test_words_of_distress_taken_back_within_a_day_call_a_lead_to_the_next(context, before, calls):
    author = make_member()
    first = make_thread(author, body=before)
    scan_all()
    delete(author, first)
    make_thread(author, body="zzred")
    scan_all()
    assert (told()[1][2], told()[1][3]) == ((["taken_back"], True) if calls else ([], False))


def test_a_push_in_a_thread_of_danger_calls_a_lead_to_its_writer(context):
    opening = make_thread(body="zzred")
    scan_all()
    make_reply(opening, body="zzpush")
    scan_all()
    assert told()[1] == (Lane.RISK, Level.RED, ["pushed"], True)
