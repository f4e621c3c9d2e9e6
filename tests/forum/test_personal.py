"""Personal data is shown to its writer before it is saved; covered, it is stored nowhere."""

import pytest
from sqlalchemy import select, text

from forum.extensions import db
from forum.posts.models import Post, Thread
from forum.text import COVERED
from tests.pages import Page, send

# What a person may type by mistake; each must be asked about.
VALUES = {
    "pii-identity-number": "3174015507990001",
    "pii-phone": "0812-7731-0077",
    "pii-phone-in-words": "nol delapan satu dua tujuh tujuh tiga satu nol nol",
    "pii-email": "kanari.emas@example.org",
    "pii-account": "@kanari_emas77",
    "pii-address": "Jl. Kenari Raya no 77",
}
FINE = "Kalau berat, hubungi 119 ext 8 atau 129. Aku umur 25 tahun, kerja sejak 2019."


def everything(app) -> str:
    """Return every row of every table as one text."""
    with app.app_context():
        rows = []
        for table in db.metadata.sorted_tables:
            rows += [repr(tuple(row)) for row in db.session.execute(table.select())]
        return "\n".join(rows)


def answer(client, site, body, said="", index=0):
    """Send a reply, and press a button of the question that comes back."""
    address = f"/utas/{site.thread_id}"
    first = send(client, address, "/balas", body=body)
    if not said:
        return first
    form = Page(first).form("/balas")
    return client.post(form.action, data={**form.values, "personal": said})


@pytest.mark.parametrize("kind", VALUES)
def test_a_reply_is_asked_about_and_covered(app, site, browser_of, kind):
    client, value = browser_of("author-sore"), VALUES[kind]
    body = f"Tanya aku di {value} ya, aku dengar."
    asked = answer(client, site, body)
    page = Page(asked)
    assert asked.status_code == 200
    assert page.marked
    assert all(part.casefold() in value.casefold() for part in page.marked)
    assert page.form("/balas").values["body"] == body
    assert value not in everything(app)
    assert ('value="keep"' in asked.get_data(as_text=True)) == (kind != "pii-identity-number")

    assert answer(client, site, body, "cover").status_code == 302
    stored = everything(app)
    assert value not in stored
    with app.app_context():
        post = db.session.scalars(select(Post).order_by(Post.id.desc())).first()
        assert post.is_self_covered
        assert COVERED in post.body
        assert post.body.endswith("ya, aku dengar.")
    shown = Page(client.get(f"/utas/{site.thread_id}")).text
    assert "[detail hidden for safety]" in shown
    assert "You covered personal data here" in shown
    assert (
        "You covered personal data"
        not in Page(browser_of("member-kita").get(f"/utas/{site.thread_id}")).text
    )
    staff = Page(browser_of("moderator-kita").get(f"/utas/{site.thread_id}")).text
    assert "Its writer covered personal data." in staff


def test_what_may_stay_stays_and_is_read_by_a_volunteer(app, site, browser_of):
    client = browser_of("author-sore")
    body = f"Tulis ke {VALUES['pii-email']} saja."
    assert answer(client, site, body, "keep").status_code == 302
    with app.app_context():
        post = db.session.scalars(select(Post).order_by(Post.id.desc())).first()
        assert (post.body, post.is_self_covered) == (body, False)


def test_an_identity_number_never_stays(app, site, browser_of):
    client = browser_of("author-sore")
    asked = answer(client, site, f"Nomorku {VALUES['pii-identity-number']}.", "keep")
    assert asked.status_code == 200
    assert VALUES["pii-identity-number"] not in everything(app)


def test_lines_of_help_ages_and_years_are_no_personal_data(app, site, browser_of):
    assert answer(browser_of("author-sore"), site, FINE).status_code == 302


def test_words_of_danger_go_on_at_once_and_without_the_number(app, site, browser_of):
    client = browser_of("author-sore")
    sent = answer(client, site, f"zzred. Ini nomorku {VALUES['pii-phone']}")
    assert sent.status_code == 302
    assert VALUES["pii-phone"] not in everything(app)
    assert "We covered what could lead to you" in Page(client.get(sent.location)).text


def test_title_and_body_of_a_thread_and_of_its_change(app, site, browser_of):
    client, phone, mail = browser_of("author-sore"), VALUES["pii-phone"], VALUES["pii-email"]
    address = f"/ruang/{site.slug}/tulis"
    asked = send(client, address, title=f"Telepon {phone}", body=f"Surel {mail} **ya**")
    page = Page(asked)
    assert page.marked == [phone, mail]
    values = page.form().values
    assert (values["title"], values["body"]) == (f"Telepon {phone}", f"Surel {mail} **ya**")
    assert client.post(address, data={**values, "personal": "cover"}).status_code == 302
    with app.app_context():
        thread = db.session.scalars(select(Thread).order_by(Thread.id.desc())).first()
        post = db.session.scalars(select(Post).order_by(Post.id.desc())).first()
        assert thread.title == thread.typed_title == f"Telepon {COVERED}"
        assert post.body == f"Surel {COVERED} **ya**"
        change = f"/tulisan/{post.public_id}/ubah"
    asked = send(client, change, title="Judul", body=f"Bukan {mail}, tapi {phone}")
    page = Page(asked)
    assert page.marked == [mail, phone]
    assert client.post(change, data={**page.form().values, "personal": "cover"}).status_code == 302
    stored = everything(app)
    assert phone not in stored
    assert mail not in stored
    assert "81277310077" not in stored.replace("-", "")


def test_what_looks_like_personal_data_shows_no_markup(app, site, browser_of):
    asked = answer(browser_of("author-sore"), site, f"<script>x</script> {VALUES['pii-email']}")
    assert "<script>x" not in asked.get_data(as_text=True)
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM post")) == 2
