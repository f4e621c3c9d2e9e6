"""Between writing and sending: drafts, a look at the text that never stands in its way, quotes."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from forum.accounts.models import Member
from forum.blocks.operations import block
from forum.clock import now
from forum.drafts.models import Draft
from forum.extensions import db
from forum.follows.models import Follow
from forum.posts.masks import Mask, set_masks
from forum.posts.models import Post, Thread, Visibility
from forum.posts.operations import delete, set_visibility
from forum.reactions.models import Reaction
from forum.text import MAX_BODY
from moderation.cases.models import Flag
from moderation.rights.retention import carry_out
from moderation.rules.models import RulesVersion
from tests.factories import scan_all, sign_in
from tests.pages import Page, send


def number_of(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def press(client: FlaskClient, address: str, action: str, button: str, **typed: str):
    """Send a form with one of its other buttons."""
    return send(client, address, action, keep=button, **typed)


# Drafts


@pytest.mark.parametrize("place", ["room", "thread"])
def test_a_draft_is_kept_found_again_and_erased_on_sending(app, site, browser_of, place):
    client = browser_of("member-kita")
    address = f"/ruang/{site.slug}/tulis" if place == "room" else f"/utas/{site.thread_id}"
    action = "" if place == "room" else "/balas"
    typed = {"body": "Not yet.\r\nMaybe later.", "warning": "grief"}
    if place == "room":
        typed |= {"title": "Half a title", "wish": "company"}
    for _ in range(2):
        there = press(client, address, action, "draft", **typed)
        assert there.status_code == 302
    with app.app_context():
        assert number_of(Draft) == 1
        assert number_of(Post) == 2, "nothing was sent"
    page = Page(client.get(address))
    assert "Your draft is kept." in page.text
    assert "You alone can read it." in page.text
    own = Page(client.get("/akun"))
    assert "Your drafts" in own.text
    assert f"{address}#reply-title" in own.links or address in own.links
    assert address not in " ".join(Page(browser_of("moderator-kita").get("/akun")).links)
    wanted = {**typed, "body": "Not yet.\nMaybe later."}
    assert {name: page.form(action).values[name] for name in typed} == wanted
    other = Page(browser_of("moderator-kita").get(address))
    assert "Maybe later" not in str(other.form(action).values)
    assert send(client, address, action).status_code == 302
    with app.app_context():
        assert number_of(Draft) == 0
        assert number_of(Post) == 3
    assert Page(client.get(address)).form(action).values["body"] == ""
    assert "Your drafts" not in Page(client.get("/akun")).text


@pytest.mark.parametrize("way", ["kept by its button", "kept along with a sign"])
def test_a_draft_knows_which_post_it_answers(app, site, browser_of, way):
    client, address = browser_of("member-kita"), f"/utas/{site.thread_id}"
    asked = f"{address}?kutip={site.reply_id}#reply-title"
    if way == "kept by its button":
        press(client, asked, "/balas", "draft", body="To you alone.")
    else:
        values = Page(client.get(asked)).form("/balas").values
        told = {**values, "body": "To you alone.", "give": "hear"}
        client.post(f"/tulisan/{site.opening_id}/tanggapan", data=told)
    again = Page(client.get(address))
    assert "You answer this:" in again.text
    assert again.form("/balas").values["quote"] == site.reply_id
    # Whoever turns to another post meanwhile answers that one.
    other = Page(client.get(f"{address}?kutip={site.opening_id}"))
    assert other.form("/balas").values["quote"] == site.opening_id
    assert other.form("/balas").values["body"] == "To you alone."
    assert send(client, address, "/balas").status_code == 302
    with app.app_context():
        quoted = db.session.scalars(select(Post).where(Post.public_id == site.reply_id)).one()
        mine = db.session.scalars(select(Post).order_by(Post.id.desc()).limit(1)).one()
        assert mine.quoted_id == quoted.id


def test_a_draft_is_erased_by_hand_by_emptiness_and_by_time(app, site, browser_of):
    client, address = browser_of("member-kita"), f"/utas/{site.thread_id}"
    press(client, address, "/balas", "draft", body="Hm.")
    press(client, address, "/balas", "nothing")
    assert "The draft is erased. Nothing was sent." in Page(client.get(address)).text
    with app.app_context():
        assert number_of(Draft) == 0
    press(client, address, "/balas", "draft", body="Hm.")
    press(client, address, "/balas", "draft", body="  ")
    with app.app_context():
        assert number_of(Draft) == 0
    press(client, address, "/balas", "draft", body="Hm.")
    with app.app_context():
        carry_out()
        assert number_of(Draft) == 1
        db.session.scalars(select(Draft)).one().kept_at = now() - timedelta(days=15)
        carry_out()
        assert number_of(Draft) == 0
        db.session.commit()


def test_a_draft_too_long_is_given_back_and_not_sent(app, site, browser_of):
    client, address = browser_of("member-kita"), f"/utas/{site.thread_id}"
    answer = press(client, address, "/balas", "draft", body="x" * (MAX_BODY + 1))
    assert Page(answer).form("/balas").values["body"] == "x" * (MAX_BODY + 1)
    with app.app_context():
        assert (number_of(Draft), number_of(Post)) == (0, 2)


def test_no_scan_and_no_staff_page_knows_a_draft(app, site, browser_of):
    press(browser_of("member-kita"), f"/utas/{site.thread_id}", "/balas", "draft", body="zzcrisis")
    with app.app_context():
        flags = number_of(Flag)
        scan_all()
        assert number_of(Flag) == flags
    desk = sign_in(app, "admin-kita", second_step=True)
    for address in ("/meja", f"/meja/kasus/{site.case_id}", f"/utas/{site.thread_id}"):
        assert "zzcrisis" not in desk.get(address).get_data(as_text=True)


@pytest.mark.parametrize("button", ["reaction", "follow"])
def test_another_button_of_the_page_keeps_what_was_typed(app, site, browser_of, button):
    client, thread = browser_of("member-kita"), f"/utas/{site.thread_id}"
    page = Page(client.get(thread))
    (box,) = [tag for name, tag in page.tags if name == "form" and tag.get("id") == "answer"]
    assert box["action"] == f"{thread}/balas"
    pressed = {"reaction": ("give", "hear"), "follow": ("on", "1")}[button]
    (address,) = {
        str(tag["formaction"])
        for name, tag in page.tags
        if name == "button" and tag.get("form") == "answer" and tag.get("name") == pressed[0]
        if site.opening_id in str(tag["formaction"]) or button == "follow"
    }
    form = {**page.form("/balas").values, pressed[0]: pressed[1]}

    def press_with(body: str):
        return client.post(address, data={**form, "body": body, "warning": "grief"})

    answer = press_with("x" * (MAX_BODY + 1))
    assert answer.status_code == 409
    assert "x" * (MAX_BODY + 1) in answer.get_data(as_text=True)
    with app.app_context():
        assert [number_of(model) for model in (Draft, Reaction, Follow)] == [0, 0, 2]
    for body in ("Half an answer", "Half an answer", ""):
        assert press_with(body).status_code == 302
    with app.app_context():
        assert number_of(Draft) == 1, "an empty box erases nothing"
        assert number_of(Post) == 2, "nothing was sent"
        assert number_of(Reaction if button == "reaction" else Follow) in (1, 3)
    values = Page(client.get(thread)).form("/balas").values
    assert (values["body"], values["warning"]) == ("Half an answer", "grief")


def test_where_nothing_can_be_answered_a_sign_has_a_form_all_the_same(app, site, browser_of):
    with app.app_context():
        db.session.scalars(select(Thread)).one().is_locked = True
        db.session.commit()
    tags = Page(browser_of("member-kita").get(f"/utas/{site.thread_id}")).tags
    assert [tag for name, tag in tags if name == "form" and tag.get("id") == "answer"] == [
        {"id": "answer", "method": "post"}
    ]


# A look ahead


def go_on(app: Flask, client: FlaskClient, first) -> str:
    """Press the button of the page that came in between; return the state of what was sent."""
    assert first.status_code == 200
    form = Page(first).form("/tulis" if "/tulis" in first.request.path else "/balas")
    with app.app_context():
        assert number_of(Post) == 2, "nothing is sent before the second press"
    assert client.post(form.action, data=form.values).status_code == 302
    with app.app_context():
        assert number_of(Post) == 3
        scan_all()
        return db.session.scalars(select(Post).order_by(Post.id.desc())).first().visibility.value


@pytest.mark.parametrize("place", ["room", "thread"])
def test_a_text_of_someone_in_danger_meets_support_and_goes_at_the_next_press(
    app, site, browser_of, place
):
    client = browser_of("member-kita")
    if place == "room":
        first = send(client, f"/ruang/{site.slug}/tulis", title="Now", body="zzcrisis & <b>")
    else:
        first = send(client, f"/utas/{site.thread_id}", "/balas", body="zzcrisis & <b>")
    page = Page(first)
    assert "tel:119" in page.links
    assert "You do not have to get through this alone" in page.text
    assert "zzcrisis & <b>" in page.text, "what will be read is shown"
    assert "You do not have to get through" not in Page(client.get(f"/utas/{site.thread_id}")).text
    assert go_on(app, client, first) == "held"


def test_a_changed_text_is_not_looked_at_twice(app, site, browser_of):
    client = browser_of("member-kita")
    first = send(client, f"/utas/{site.thread_id}", "/balas", body="zzcrisis")
    form = Page(first).form("/balas")
    sent = client.post(form.action, data={**form.values, "body": "zzcrisis, still."})
    assert sent.status_code == 302


def test_an_answer_that_diagnoses_is_asked_once_kindly_and_flagged_after(app, site, browser_of):
    client = browser_of("member-kita")
    first = send(client, f"/utas/{site.thread_id}", "/balas", body="zzadvice, surely.")
    assert "Does it name a diagnosis" in Page(first).text
    assert "get through this alone" not in Page(first).text
    assert go_on(app, client, first) == "visible"
    with app.app_context():
        flags = db.session.scalars(select(Flag).where(Flag.category == "MEDADV")).all()
        assert len(flags) == 1


def test_a_change_meets_the_same_question_and_is_saved_at_the_next_press(app, site, browser_of):
    client = browser_of("other-pagi")
    address = f"/tulisan/{site.reply_id}/ubah"
    first = send(client, address, body="zzadvice, surely.")
    assert "Does it name a diagnosis" in Page(first).text
    with app.app_context():
        before = db.session.scalars(select(Post).where(Post.public_id == site.reply_id)).one()
        assert before.version == 1
    form = Page(first).form("/ubah")
    assert client.post(form.action, data=form.values).status_code == 302
    with app.app_context():
        scan_all()
        after = db.session.scalars(select(Post).where(Post.public_id == site.reply_id)).one()
        assert (after.body, after.visibility.value) == ("zzadvice, surely.", "visible")
        assert "MEDADV" in db.session.scalars(select(Flag.category)).all()


def test_what_one_writes_about_oneself_and_calm_words_go_at_once(app, site, browser_of):
    client = browser_of("member-kita")
    compose = f"/ruang/{site.slug}/tulis"
    assert send(client, compose, title="Me", body="zzadvice for myself.").status_code == 302
    for body in ("A calm word.", "zzred", "zzamber"):
        assert send(client, f"/utas/{site.thread_id}", "/balas", body=body).status_code == 302


def test_without_rules_a_text_goes_at_once(app, site, browser_of):
    client = browser_of("member-kita")
    with app.app_context():
        db.session.execute(Flag.__table__.delete())
        db.session.execute(RulesVersion.__table__.delete())
        db.session.commit()
    assert send(client, f"/utas/{site.thread_id}", "/balas", body="zzcrisis").status_code == 302


# Quotes


def answer_to(client: FlaskClient, site, post_id: str, body: str) -> str:
    """Answer one post; return the address of the answer."""
    return send(client, f"/utas/{site.thread_id}?kutip={post_id}", "/balas", body=body).location


def quotes(client: FlaskClient, site) -> list[str]:
    html = client.get(f"/utas/{site.thread_id}").get_data(as_text=True)
    return [part.split("</blockquote>")[0] for part in html.split("<blockquote>")[1:]]


def test_an_answer_names_what_it_is_about_as_long_as_it_may_be_read(app, site, browser_of):
    writer, reader = browser_of("member-kita"), app.test_client()
    links = Page(writer.get(f"/utas/{site.thread_id}")).links
    assert f"/utas/{site.thread_id}?kutip={site.reply_id}#reply-title" in links
    answer_to(writer, site, site.reply_id, "About that.")
    with app.app_context():
        scan_all()
        answer = db.session.scalars(select(Post).order_by(Post.id.desc())).first()
        assert answer.body == "About that.", "no word of the other is copied"
    (quote,) = quotes(reader, site)
    assert "other-pagi" in quote
    assert "I am zzamber today." in quote

    def change(act) -> list[str]:
        with app.app_context():
            act(db.session.scalar(select(Post).where(Post.public_id == site.reply_id)))
            db.session.commit()
        return quotes(reader, site)

    (covered,) = change(lambda post: set_masks(post, [Mask(start=5, end=12, reason="method")]))
    assert "zzamber" not in covered
    change(lambda post: setattr(post, "warning", "grief"))
    assert "today" not in quotes(reader, site)[0]
    assert change(lambda post: set_visibility(post, Visibility.HIDDEN)) == []
    assert len(change(lambda post: set_visibility(post, Visibility.VISIBLE))) == 1
    assert change(lambda post: delete(post.author, post)) == []


def test_a_quote_shows_nobody_what_is_kept_from_them(app, site, browser_of):
    writer = browser_of("member-kita")
    answer_to(writer, site, site.reply_id, "About that.")
    with app.app_context():
        scan_all()
        mine = db.session.scalars(select(Post).order_by(Post.id.desc())).first()
        reply = db.session.scalar(select(Post).where(Post.public_id == site.reply_id))
        reader = db.session.scalar(select(Member).where(Member.pseudonym == "author-sore"))
        opening = db.session.scalar(select(Post).where(Post.public_id == site.opening_id))
        assert mine.quoted_id == reply.id
        block(reader, reply, hides_me=False)
        # The one who wrote what is quoted does not want the writer of the thread to read it.
        block(reply.author, opening, hides_me=True)
        db.session.commit()
    assert quotes(browser_of("author-sore"), site) == []
    with app.app_context():
        db.session.execute(db.metadata.tables["block"].delete())
        reply = db.session.scalar(select(Post).where(Post.public_id == site.reply_id))
        reader = db.session.scalar(select(Member).where(Member.pseudonym == "author-sore"))
        block(reader, reply, hides_me=False)
        db.session.commit()
    (quote,) = quotes(browser_of("author-sore"), site)
    assert "zzamber" not in quote


def test_what_stands_elsewhere_is_not_quoted(app, site, browser_of):
    client = browser_of("member-kita")
    elsewhere = send(client, f"/ruang/{site.slug}/tulis", title="T", body="Elsewhere.").location
    with app.app_context():
        other = db.session.scalars(select(Post).order_by(Post.id.desc())).first().public_id
    assert elsewhere
    for post_id in (other, "nothing", "", "x" * 500):
        answer_to(client, site, post_id, "Word.")
    with app.app_context():
        assert db.session.scalars(select(Post.quoted_id)).all().count(None) == number_of(Post)
