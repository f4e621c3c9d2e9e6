"""What staff see on the page of a case: heavy text when they ask for it, and whose rule marked it."""

import re
import secrets

import pytest
from flask import get_template_attribute
from sqlalchemy import select

from forum.accounts.models import Role
from forum.extensions import db
from forum.outbox import Job
from forum.posts.models import Post
from forum.posts.operations import SCAN_POST
from moderation.care.models import CheckIn, QuickAnswer
from moderation.care.wordings import wordings_for
from moderation.cases import operations
from moderation.cases.answers import answer
from moderation.cases.intake import give_up_scan
from moderation.cases.models import Case, Door
from moderation.cases.queries import cut
from moderation.measures.merging import merge
from moderation.reports.operations import report_post
from moderation.risk.categories import CATEGORIES
from moderation.risk.levels import Level
from tests.factories import make_member, make_reply, make_thread, scan_all, sign_in
from tests.pages import Page, send

OWN, OTHERS = "I walk slowly.", "I hear you."
FOLDED = re.compile(r'<details class="warning">.*?</details>', re.DOTALL)


@pytest.fixture
def rani(app):
    with app.app_context():
        make_member("rani", Role.MODERATOR)
        db.session.commit()
    return sign_in(app, "rani")


def address_of_case() -> str:
    """Return where the page of the only case is, and let the database go."""
    address = f"/meja/kasus/{db.session.scalars(select(Case.public_id)).one()}"
    db.session.rollback()
    return address


def write(body: str = OWN) -> Post:
    """Write a thread with an answer of somebody else, and let both be scanned."""
    opening = make_thread(body=body)
    make_reply(opening, body=OTHERS)
    scan_all()
    return opening


def worry(post: Post) -> None:
    report_post(make_member(), post, Door.WORRY, "")
    db.session.commit()


def fail(post: Post) -> None:
    job = select(Job.id).where(Job.kind == SCAN_POST, Job.subject_id == post.id)
    give_up_scan(post.id, db.session.scalars(job).one())
    db.session.commit()


# Heavy text


@pytest.mark.parametrize("brought", [worry, fail])
def test_heavy_text_without_a_marked_word_is_folded_too(app, rani, brought):
    with app.app_context():
        brought(write())
        address = address_of_case()
    page = rani.get(address).get_data(as_text=True)
    (folded,) = FOLDED.findall(page)
    assert OWN in folded
    assert page.count(OWN) == 1
    assert OTHERS in page
    send(rani, address, "/ambil")
    assert FOLDED.findall(rani.get(address).get_data(as_text=True)) == []


def test_what_they_answered_privately_is_folded_too(app, rani):
    with app.app_context():
        author, holder = write("I am zzamber.").author, make_member("sari", Role.MODERATOR)
        case = db.session.scalars(select(Case)).one()
        operations.claim(holder, case, case.version)
        key = secrets.token_hex(16)
        operations.check_in(holder, case, case.version, body="Hello.", submission_key=key)
        db.session.commit()
        check_in = db.session.scalars(select(CheckIn)).one()
        answer(author, check_in, body=OWN, quick=QuickAnswer.NOT_SAFE, submission_key="k" * 20)
        db.session.commit()
        address = address_of_case()
    page = rani.get(address).get_data(as_text=True)
    assert any(OWN in folded for folded in FOLDED.findall(page))
    assert page.count(OWN) == 1


def test_what_is_gentle_lies_open(app, rani):
    with app.app_context():
        write("I am zzamber.")
        address = address_of_case()
    assert FOLDED.findall(rani.get(address).get_data(as_text=True)) == []


# Whose rule marked it


def test_marked_words_carry_a_number_that_leads_to_the_rule_and_its_reason(app, rani):
    """For all who see: the names of the rules stand beside the same numbers."""
    with app.app_context():
        opening = write("First zzred and zzamber.")
        make_reply(opening, opening.author, "Then zzamber.")
        scan_all()
        address = address_of_case()
    send(rani, address, "/ambil")
    page = rani.get(address).get_data(as_text=True)
    notes = re.findall(r'<mark>(\w+)</mark><a class="footnote" href="#(sign-\d)">.*?(\d)</a>', page)
    assert notes == [
        ("zzred", "sign-1", "1"),
        ("zzamber", "sign-2", "2"),
        ("zzamber", "sign-2", "2"),
    ]
    assert [
        at["id"] for _, at in Page(rani.get(address)).tags if "sign-" in (at.get("id") or "")
    ] == [
        "sign-1",
        "sign-2",
    ]
    for part, rule in (("sign-1", "test-wish"), ("sign-2", "test-tired")):
        (line,) = re.findall(rf'<li id="{part}">.*?</li>', page)
        assert f">{part[-1]}</span>" in line
        assert f"<code>{rule}</code>" in line


def test_where_marks_overlap_each_number_stands_once_behind_its_words(app):
    pieces = cut("one two three", [(0, 7, "a-rule"), (0, 7, "c-rule"), (4, 13, "b-rule")])
    with app.test_request_context():
        words = get_template_attribute("macros/desk.html", "words")
        html = words(pieces, {"c-rule": (1, 10), "b-rule": (2, 20), "a-rule": (3, 30)})
    seen = re.sub(r'<span class="vh">.*?</span>|<[^>]+>', "", html)
    assert seen == "one two13 three2"


def test_words_that_a_joined_case_marked_lead_to_its_reasons(app, rani):
    with app.app_context():
        opening = write("I am zzred.")
        make_reply(opening, body="I am zzamber.")
        scan_all()
        moderator = make_member("sari", Role.MODERATOR)
        into, case = db.session.scalars(select(Case).order_by(Case.level.desc())).all()
        operations.claim(moderator, case, case.version)
        merge(moderator, case, case.version, into, "")
        db.session.commit()
        address = f"/meja/kasus/{into.public_id}"
        db.session.rollback()
    page = Page(rani.get(address))
    targets = {link for link in page.links if link.startswith("#sign-")}
    ids = {f"#{at.get('id')}" for _, at in page.tags}
    assert targets == {"#sign-1", "#sign-2"}
    assert targets <= ids


# Words to begin with


@pytest.mark.parametrize("language", ["id", "en"])
def test_an_answer_begins_with_words_for_the_case_in_the_language_of_its_person(
    app, rani, language
):
    """As a private message does, whatever language the one who answers reads."""
    with app.app_context():
        make_thread(make_member(language=language), body="I am zzred.")
        scan_all()
        address = address_of_case()
    send(rani, address, "/ambil")
    fitting, _ = wordings_for(Level.RED, {CATEGORIES["SUI_ACTIVE"].name})
    page = Page(rani.get(address))
    for box in ("reply", "check-in"):
        (form,) = (form for form in page.forms if form.action == f"{address}#{box}")
        assert form.method == "get"
        assert form.values["words"] == fitting[0].key
        assert (form.values["language"], form.values["into"]) == (language, box)
    (form,) = (form for form in page.forms if form.action == f"{address}#reply")
    filled = Page(rani.get(address, query_string=form.values))
    assert filled.form("/balas").values["body"] == fitting[0].text(language)
    assert filled.form("/sapa").values["body"] == ""
