"""Odd queries, addresses, cookies, bodies and fields: never a crash, never a script."""

from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from forum.extensions import db, limiter
from forum.posts.models import Post
from tests.pace import work_of
from tests.pages import Form, Page

# Pieces of plain work (tests/pace.py), a second of a desk's computer.
MOST_WORK = 100


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"body": "x"}'),
        ("application/json", b"{" * 100_000),
        ("text/plain", b"body=x"),
        ("multipart/form-data", b"no boundary"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=\r\n\r\n",
        ),
        ("multipart/form-data; boundary=x", b"--x\r\n" * 5000),
        ("application/x-www-form-urlencoded", b"&".join(b"a=%d" % n for n in range(5000))),
        ("application/x-www-form-urlencoded; charset=utf-7", b"body=+ADw-script+AD4-"),
        ("application/x-www-form-urlencoded", b"x" * (9 * 1024 * 1024)),
        ("", b"\x00\xff" * 100),
    ],
    ids=range(10),
)
def test_a_body_that_is_no_form_is_refused_with_a_page(app, site, browser_of, content_type, body):
    writer = browser_of("author-sore")
    writer.get("/")
    answer, work = work_of(
        lambda: writer.post(f"/utas/{site.thread_id}/balas", data=body, content_type=content_type)
    )
    assert work < MOST_WORK
    assert answer.status_code in (400, 413)
    assert "tel:119" in Page(answer).links
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Post)) == 2


@pytest.mark.parametrize(
    "address",
    [
        "/ruang/{slug}?page=99999999999999999999999",
        "/ruang/{slug}?page=9223372036854775807",
        "/ruang/{slug}?page=-5",
        "/ruang/{slug}?page=x",
        "/utas/{thread_id}?page=9223372036854775807",
        "/utas/{thread_id}?page=1e9",
        "/lapor/{reply_id}?door=x%00",
        "/masuk?next=%00",
        "/aturan?q=%00%F0%9F%92%A9%22%3E%3Cscript%3E",
        "/aturan?q=" + "x" * 5000,
    ],
    ids=range(10),
)
def test_an_odd_query_is_a_page_or_nothing(site, browser_of, address):
    client = browser_of("admin-kita")
    answer, work = work_of(lambda: client.get(address.format(**vars(site))))
    assert work < MOST_WORK
    assert answer.status_code in (200, 404)
    assert b"<script>" not in answer.data


@pytest.mark.parametrize(
    "odd", ["\x00", "\u202e", "..", "a" * 5000, "' OR 1=1", "%", "\U0001f4a9", "{{1}}"]
)
def test_an_odd_address_is_not_found(site, browser_of, odd):
    client = browser_of("admin-kita")
    for pattern in (
        "/ruang/{}",
        "/ruang/{}/tulis",
        "/utas/{}",
        "/tulisan/{}",
        "/tulisan/{}/ubah",
        "/lapor/{}",
        "/meja/kasus/{}",
        "/aturan/{}",
        "/aturan/{}/kena",
        "/static/{}",
    ):
        answer = client.get(pattern.format(quote(odd, safe="")))
        assert answer.status_code in (301, 308, 400, 404), pattern


@pytest.mark.parametrize(
    "cookie", ["", "\x00", "x" * 4000, "%ff%fe", "é", '"', "a.b.c", "\U0001f4a9"]
)
def test_an_odd_cookie_is_no_one(site, app, cookie):
    client = app.test_client()
    value = cookie.encode().decode("latin-1")
    answer = client.get("/kode", headers={"Cookie": f"teduh={value}; teduh-form={value}"})
    assert answer.status_code == 302
    assert answer.location.startswith("/masuk")


ODD_VALUES = ["\x00", "a\x00b", "9" * 40, "-1", "\u202e" * 30, "x" * 20_001, "\ud7ff\ufffe", "[]"]
# Those that a database could take otherwise than SQLite does, once a form let them through.
ODD_FOR_A_DATABASE = ["\x00", "9" * 40, "-1", "x" * 20_001, "\ud7ff\ufffe"]
DESK_FORMS = (
    "lepas",
    "balas",
    "sematkan",
    "sembunyikan",
    "tutupi",
    "peringatan",
    "kunci",
    "pelan",
    "pindahkan",
    "tutup",
    "rujuk",
)


def odd_versions(form: Form, odd: list[str] = ODD_VALUES) -> list[dict[str, str]]:
    """The form with each field in turn holding each odd value, and with each field left out."""
    names = [name for name in form.kinds if name != "csrf_token"]
    sent = [{**form.values, name: value} for name in names for value in odd]
    return sent + [{k: v for k, v in form.values.items() if k != name} for name in names]


@pytest.mark.parametrize(
    "address",
    ["/masuk", "/gabung", "/pulihkan", "/ruang/{slug}/tulis", "/utas/{thread_id}"],
)
def test_no_field_of_a_public_form_breaks_the_site(site, app, browser_of, limits_off, address):
    signed_in = "{" in address
    client = browser_of("author-sore") if signed_in else app.test_client()
    where = address.format(**vars(site))
    form = Page(client.get(where)).form("/balas" if where.startswith("/utas") else "")
    defaults = {"title": "T", "body": "B", "passphrase": "tiga kata saja", "code": "x"}
    form.values |= {name: value for name, value in defaults.items() if name in form.kinds}
    for values in odd_versions(form):
        answer = client.post(form.action or where, data=values)
        assert answer.status_code < 500, values


@pytest.mark.parametrize(
    "address",
    [
        "/lapor/{reply_id}",
        "/aturan/baru",
        "/aturan/test-tired",
        "/aturan/uji",
        "/aturan/lab/impor",
    ],
)
def test_no_field_of_other_forms_breaks_the_site(site, browser_of, limits_off, address):
    client = browser_of("admin-kita")
    where = address.format(**vars(site))
    form = Page(client.get(where)).form()
    defaults = {
        "id": "test-new",
        "patterns": "zznew",
        "positive": "zznew\nzznew a\nb zznew",
        "negative": "calm\nzz new",
        "text": "zzred",
        "reason_id": "baru",
        "reason_en": "new",
        "why": "why",
        "door": "worry",
    }
    form.values |= {name: value for name, value in defaults.items() if not form.values.get(name)}
    # Each change of a rule is a publishing with all its checks, so these get fewer.
    for values in odd_versions(form, ["a\x00b", "9" * 40, "x" * 20_001]):
        answer = client.post(where, data=values)
        assert answer.status_code < 500, values


@pytest.mark.parametrize("act", ["ambil", *DESK_FORMS])
def test_no_field_of_a_case_breaks_the_desk(site, settings, browser_of, act):
    client = browser_of("moderator-kita")
    where = f"/meja/kasus/{site.case_id}"
    form = Page(client.get(where)).form("/ambil")
    if act != "ambil":
        assert client.post(form.action, data=form.values).status_code == 302
        forms = [f for f in Page(client.get(where)).forms if f.action.endswith(f"/{act}")]
        form = forms[0]
    # Each form that is refused shows the whole case again.
    is_sqlite = settings.database_url.startswith("sqlite")
    for values in odd_versions(form, ODD_VALUES if is_sqlite else ODD_FOR_A_DATABASE):
        answer = client.post(form.action, data=values)
        assert answer.status_code < 500, values
        if answer.status_code != 302:
            continue
        # An act that went through has moved the case on.
        fresh = Page(client.get(where))
        versions = {f.values["version"] for f in fresh.forms if "version" in f.values}
        form.values["version"] = next(iter(versions), form.values["version"])


@pytest.fixture
def limits_off(monkeypatch):
    """These tests send more forms in a second than a person in a day."""
    monkeypatch.setattr(limiter, "enabled", False)
