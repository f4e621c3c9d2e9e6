"""Six thousand strings that want to be more than text, through every place where people type.

What is stored is held against nh3 one by one. Then they go through the site's own forms, many in
one text, and each page on which they stand is read by two parsers. A browser looks too:
tests/browser/test_hostile.py.
"""

import re
import secrets
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from sqlalchemy import func, select

from forum.accounts.models import Member, Role
from forum.accounts.names import name_problem
from forum.extensions import db, limiter
from forum.posts.models import Post, Thread
from forum.text import MAX_TITLE, clean, clean_line, render
from moderation.appeals.operations import MAX_APPEAL
from moderation.buddies.operations import begin_period
from moderation.cases import operations as cases
from moderation.cases.forms import MAX_NOTE
from moderation.cases.models import Case, CloseReason, Door, Lane
from moderation.groups.forms import MAX_TOPIC
from moderation.measures.models import MeasureKind, MeasureReason
from moderation.measures.operations import take_measure
from moderation.reports.operations import report_post
from tests.factories import make_member, sign_in
from tests.forum.conftest import Site
from tests.forum.test_safe_html import unsafe_parts
from tests.groups.factories import make_group
from tests.hostile import COUNT, hostile_strings
from tests.markup import page_faults
from tests.pages import Page

STRINGS = hostile_strings()
# What a database does with them is tried with other texts in test_bad_input; one is enough here.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")


def packed(limit: int) -> Iterator[str]:
    """Return all the strings in texts of at most so many characters."""
    text = ""
    for string in STRINGS:
        if text and len(text) + 1 + len(string) > limit:
            yield text
            text = ""
        text += "\n" * bool(text) + string
    yield text


def look(answer) -> str:
    """Return an answer as text, once it is nothing but our own markup."""
    html = answer.get_data(as_text=True)
    assert answer.status_code < 500
    assert page_faults(html) == []
    return html


def test_there_are_enough_of_them_and_always_the_same():
    assert len(set(STRINGS)) == COUNT >= 5000
    assert hostile_strings() == STRINGS
    assert sum("<" in string for string in STRINGS) > 3000


@on_sqlite
def test_each_alone_becomes_text_and_nothing_else(app):
    """As a body, and as a title in what a template makes of it, as text and in an attribute."""
    assert [string for string in STRINGS if unsafe_parts(render(clean(string)))] == []
    titles = [clean_line(string[:MAX_TITLE]) for string in STRINGS]
    with app.test_request_context():
        shown = render_template_string(
            '{% for t in titles %}<p title="{{ t }}">{{ t }}</p>\n{% endfor %}', titles=titles
        )
    assert page_faults(shown) == []
    assert len(re.findall(r'<p title="([^"]*)">([^<]*)</p>\n', shown)) == COUNT


def test_none_is_a_name_that_holds_anything_but_letters_digits_and_signs_between():
    taken = [string for string in STRINGS if name_problem(" ".join(string.split())) is None]
    assert all(re.fullmatch(r"[^\W_]+([-_. ][^\W_]+)*", " ".join(name.split())) for name in taken)
    assert len(taken) < COUNT // 100


class Hands:
    """People at one site; each method puts all the strings in one place and reads its pages."""

    def __init__(self, app: Flask, site: Site, browser_of: Callable[[str], FlaskClient]) -> None:
        self.app = app
        self.site = site
        self.visitor = app.test_client()
        self.author, self.other = browser_of("author-sore"), browser_of("other-pagi")
        self.member, self.staff = browser_of("member-kita"), browser_of("moderator-kita")
        self.admin = browser_of("admin-kita")
        self.thread = f"/utas/{site.thread_id}"
        self.writing = f"/ruang/{site.slug}/tulis"
        self.case = f"/meja/kasus/{site.case_id}"

    def type_in(
        self,
        client: FlaskClient,
        at: str,
        field: str,
        action: str = "",
        limit: int = 9000,
        *,
        looks: bool = True,
        **also: str,
    ) -> int:
        """Fill one field of a form with all the strings; return how many texts were sent.

        `looks` is off where the page that a text leads to is looked at in the end, with all of them.
        """
        form = Page(client.get(at)).form(action)
        sent = 0
        for text in packed(limit):
            sent += 1
            values = {**form.values, field: text, "personal": "keep", **also}
            if "submission_key" in values:
                values["submission_key"] = secrets.token_hex(16)
            answer = client.post(form.action or at, data=values)
            was_done = answer.status_code == 302
            if was_done:
                answer = client.get(answer.location)
            if looks or not was_done:
                look(answer)
            if was_done and "version" in values:
                # The act has moved the case on.
                form = Page(answer).form(action)
        return sent

    def claim(self) -> None:
        form = Page(self.staff.get(self.case)).form("/ambil")
        assert self.staff.post(form.action, data=form.values).status_code == 302

    def post(self) -> int:
        sent = self.type_in(self.author, self.thread, "body", "/balas", looks=False)
        with self.app.app_context():
            stored = db.session.scalars(select(Post.body_html).order_by(Post.id)).all()[2:]
        assert len(stored) == sent
        assert [html for html in stored if unsafe_parts(html)] == []
        for page in range(1, sent // 20 + 2):
            look(self.other.get(f"{self.thread}?page={page}"))
            look(self.author.get(f"{self.thread}?page={page}"))
        look(self.staff.get(self.case))
        return sent

    def title(self) -> int:
        """All of them in titles that are too long and given back; some that fit, on the lists."""
        sent = self.type_in(self.author, self.writing, "title", body="Some words.")
        form = Page(self.author.get(self.writing)).form()
        for number, string in enumerate(STRINGS[:: COUNT // 60]):
            typed = {"title": string[:MAX_TITLE], "body": "Some words.", "personal": "keep"}
            typed["submission_key"] = f"hostile-{number:08d}"
            answer = self.author.post(self.writing, data={**form.values, **typed})
            look(answer if answer.status_code != 302 else self.author.get(answer.location))
        for page in range(1, 5):
            look(self.other.get(f"/ruang/{self.site.slug}?page={page}"))
        look(self.staff.get("/meja"))
        return sent

    def pseudonym(self) -> int:
        typed = {"passphrase": "-", "proof": ""}
        return min(
            self.type_in(self.visitor, "/gabung", "pseudonym"),
            self.type_in(self.visitor, "/masuk", "pseudonym", **typed),
            self.type_in(self.visitor, "/pulihkan", "pseudonym", code="-", **typed),
        )

    def alias(self) -> int:
        typed = {"write_as": "other", "title": "Hello", "body": "Some words."}
        sent = self.type_in(self.member, self.writing, "alias", **typed)
        with self.app.app_context():
            assert db.session.scalar(select(func.count()).select_from(Thread)) == 1
        return sent

    def preview(self) -> int:
        """A text that rules see something in is shown to its writer before it is sent."""
        sent = self.type_in(self.author, self.writing, "body", title="zzcrisis today")
        with self.app.app_context():
            assert db.session.scalar(select(func.count()).select_from(Thread)) == 1
        return sent

    def draft(self) -> int:
        """Each is kept in place of the one before it, and put back into the form."""
        return self.type_in(self.author, self.writing, "body", title=STRINGS[0][:90], keep="keep")

    def report(self) -> int:
        """Long ones are given back; those that fit are read at the desk, from many people."""
        at = f"/lapor/{self.site.reply_id}"
        sent = self.type_in(self.member, at, "note", door="worry")
        with self.app.app_context():
            reply = db.session.scalars(
                select(Post).where(Post.public_id == self.site.reply_id)
            ).one()
            texts = list(packed(MAX_NOTE))
            for text in texts:
                report_post(make_member(), reply, Door.BREACH, clean(text))
            db.session.commit()
        assert look(self.staff.get(self.case)).count("<q>") >= len(texts)
        return sent

    def check_in_answer(self) -> int:
        self.claim()
        form = Page(self.staff.get(self.case)).form("/sapa")
        self.staff.post(form.action, data={**form.values, "body": "I am here."})
        links = Page(self.other.get("/kabar")).links
        (talk,) = {link for link in links if link.startswith("/kabar/")}
        action = f"/{talk.rsplit('/', 1)[1]}"
        sent = self.type_in(self.other, talk, "body", action, looks=False)
        assert look(self.other.get(talk)).count("alert(1)") > sent
        assert "alert(1)" in look(self.staff.get(self.case))
        look(self.other.get("/kabar"))
        return sent

    def reply_of_staff(self) -> int:
        self.claim()
        return self.type_in(self.staff, self.case, "body", "/balas")

    def note_of_staff(self) -> int:
        """Those that are too long are given back, those that fit stand on the case."""
        self.claim()
        sent = self.type_in(self.staff, self.case, "note", "/lepas")
        form = Page(self.staff.get(self.case)).form("/lepas")
        text = next(packed(MAX_NOTE))
        assert self.staff.post(form.action, data={**form.values, "note": text}).status_code == 302
        look(self.staff.get(self.case))
        return sent

    def rule(self) -> int:
        sent = []
        for field in ("patterns", "reason_en", "id", "why"):
            typed = {"id": "test-new", "patterns": "zznew", "reason_id": "r", "reason_en": "r"}
            typed |= {"positive": "zznew\nzznew a\nb zznew", "negative": "calm\nzz new", "why": "w"}
            del typed[field]
            sent.append(self.type_in(self.admin, "/aturan/baru", field, **typed))
        return min(sent)

    def rule_file(self) -> int:
        at = "/aturan/lab/impor"
        typed = {"limit": 60_000, "why": "w"}
        return sum(self.type_in(self.admin, at, "text", kind=kind, **typed) for kind in KINDS)

    def tester(self) -> int:
        return self.type_in(self.admin, "/aturan/uji", "text", limit=18_000)

    def search(self) -> int:
        """Short ones are looked for, long ones given back; then the searches of staff."""
        form = Page(self.member.get("/cari")).form("/cari")
        for text in (*STRINGS[:: COUNT // 60], "x " * 99, *packed(9000)):
            look(self.member.post("/cari", data={**form.values, "asked": text}))
        sent = 0
        for text in packed(9000):
            sent += 1
            look(self.admin.get("/aturan", query_string={"q": text}))
            look(self.admin.get("/catatan", query_string={"actor": text, "since": text}))
            look(self.visitor.get("/masuk", query_string={"next": text}))
        return sent

    def given_back(self) -> int:
        """An error page gives back what was typed, so that it can be copied."""
        sent = 0
        for text in packed(9000):
            sent += 1
            typed = {"csrf_token": "worn-out", "body": text, "title": text, "note": text}
            answer = self.author.post(f"{self.thread}/balas", data=typed)
            assert answer.status_code == 400
            look(answer)
        return sent

    def group(self) -> int:
        """Long texts of a group are given back, those that fit stand where members read them."""
        sent = self.type_in(self.admin, "/meja/kelompok/baru", "topic_en")
        with self.app.app_context():
            lead = db.session.scalars(select(Member).where(Member.role == Role.LEAD)).one()
            for text in list(packed(MAX_TOPIC))[::100]:
                written = clean(text)
                title = clean_line(text[:80])
                texts = {"topic_id": written, "topic_en": written, "name_en": title}
                made = make_group(lead, **texts, name_id=title, agreement_en=written)
                db.session.commit()
                for client in (self.member, self.visitor):
                    look(client.get(f"/kelompok/{made.public_id}"))
                look(self.admin.get(f"/meja/kelompok/{made.public_id}"))
        assert "alert(1)" in look(self.member.get("/kelompok"))
        look(self.admin.get("/meja/kelompok"))
        return sent

    def appeal(self) -> int:
        with self.app.app_context():
            reply = db.session.scalars(
                select(Post).where(Post.public_id == self.site.reply_id)
            ).one()
            case = db.session.scalars(select(Case)).one()
            staff = db.session.scalars(select(Member).where(Member.role == Role.LEAD)).one()
            measure = take_measure(
                staff,
                case,
                MeasureKind.HIDE,
                reply.author_id,
                reason=MeasureReason.HEAVY,
                words=clean(next(packed(MAX_NOTE))),
                post=reply,
            )
            db.session.commit()
            at = f"/banding/{measure.public_id}"
        sent = self.type_in(self.other, at, "words")
        form = Page(self.other.get(at)).form()
        text = next(packed(MAX_APPEAL))
        assert self.other.post(at, data={**form.values, "words": text}).status_code == 302
        look(self.other.get(at))
        with self.app.app_context():
            asked = db.session.scalars(select(Case).where(Case.lane == Lane.APPEAL)).one()
            at = f"/meja/kasus/{asked.public_id}"
        assert "alert(1)" in look(self.staff.get(at))
        return sent

    def buddy(self) -> int:
        """What a colleague says about a decision of somebody new."""
        with self.app.app_context():
            fresh = db.session.scalars(select(Member).where(Member.role == Role.VOLUNTEER)).one()
            begin_period(fresh)
            case = db.session.scalars(select(Case)).one()
            cases.claim(fresh, case, case.version)
            cases.close(fresh, case, case.version, CloseReason.ANSWERED, "")
            db.session.commit()
            name = fresh.pseudonym
        sent = self.type_in(self.staff, "/meja/teman", "feedback", "/meja/teman/", verdict="talk")
        form = Page(self.staff.get("/meja/teman")).form("/meja/teman/")
        typed = {"verdict": "talk", "feedback": next(packed(MAX_NOTE))}
        assert self.staff.post(form.action, data={**form.values, **typed}).status_code == 302
        look(self.staff.get("/meja/teman"))
        assert "alert(1)" in look(sign_in(self.app, name).get("/meja/teman"))
        return sent


KINDS = ("yaml", "csv")
PLACES = [name for name in vars(Hands) if name[0] != "_" and name not in ("type_in", "claim")]


@on_sqlite
@pytest.mark.parametrize("place", PLACES)
def test_on_no_page_are_they_more_than_text(app, site, browser_of, monkeypatch, place):
    monkeypatch.setattr(limiter, "enabled", False)
    sent = getattr(Hands(app, site, browser_of), place)()
    # Nothing was left out on the way.
    assert sent >= sum(map(len, STRINGS)) // 60_000


@on_sqlite
def test_the_check_of_pages_finds_what_is_not_escaped(app, site, browser_of):
    """Seeded mutants: if this fails, the tests above prove nothing."""
    whole = browser_of("other-pagi").get(f"/utas/{site.thread_id}").get_data(as_text=True)
    assert page_faults(whole) == []
    some = STRINGS[::20]
    markup = [string for string in some if re.search(r"<[a-z]", string, re.IGNORECASE)]
    found = [
        string for string in markup if page_faults(whole.replace("I am zzamber today.", string))
    ]
    assert len(found) > len(markup) * 0.9
    inside = whole.replace('type="hidden"', 'type="hidden" title="{}"', 1)
    quoting = [string for string in STRINGS if re.match(r'">?<', string)][:20]
    assert len(quoting) == 20
    assert len([s for s in quoting if page_faults(inside.replace("{}", s))]) > 15
    assert len([string for string in markup if unsafe_parts(string)]) > len(markup) * 0.9
    assert page_faults(render(clean("<script>alert(1)</script>"))) == []
