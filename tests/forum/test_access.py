"""Who may open what, role by role and route by route; and who may read which post."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from forum.accounts.models import Member
from forum.accounts.permissions import write_matrix
from forum.clock import now
from forum.extensions import db
from forum.posts.models import Post, Thread, Visibility
from forum.rooms.models import Room, Unscanned
from moderation.cases.models import Case, CaseState
from moderation.rules.models import RulesVersion
from tests.factories import sign_in
from tests.forum.conftest import ROLES, STAFF_ROLES, Site
from tests.pages import Page, csrf_token

# The matrix as people read it: `teduh permissions > docs/permissions.md` after a change of routes.
PRINTED = Path(__file__).parents[2] / "docs" / "permissions.md"
# Staff whose second step is still to come.
HALF_IN = tuple(f"{role}*" for role in STAFF_ROLES)
# Without a draft, a target or a question, these have nothing to show to those who may open them.
NEED_MORE = {
    *("lab.draft", "lab.publish", "lab.back_test", "lab.shadow", "alert_targets.test"),
    *("factors.ask_passkey", "unveiling.decide", "unveiling.answer"),
    *("help.no_answer", "directory.show", "directory.check"),
    # Of groups, staff open what they lead; leads and admins the page of each.
    *(
        "group_desk.show",
        "group_desk.answer_wish",
        "group_desk.give_back",
        "group_desk.plan",
        "group_desk.stop_plan",
    ),
    *("group_desk.call_off", "group_desk.close", "group_desk.step", "group_desk.give_word"),
    "group_desk.note",
    *("recruiting.show", "recruiting.answer", "recruiting.give_word", "recruiting.take_word_back"),
    "roles.end_role",
    *("rota.sign_up", "rota.cancel", "rota.offer", "rota.keep", "rota.take_over"),
    *("rota.propose_swap", "rota.accept_swap", "rota.decline_swap", "slots.remove"),
    "tags.choose",
}

# They stand where people only read, who get no cookie; forum.web.origin guards them.
WITHOUT_TOKEN = {"web.set_language", "help.no_answer"}


def printed_matrix() -> dict[str, dict[str, str]]:
    """Return what docs/permissions.md says: the answer to each person, by endpoint."""
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in PRINTED.read_text("utf-8").splitlines()
        if line.startswith("|") and not line.startswith("|---")
    ]
    head, *rows = rows
    assert head[2:-1] == list(ROLES)
    matrix = {}
    for _, endpoint, *answers in rows:
        matrix[endpoint] = dict(zip(ROLES, answers, strict=False))
        for role in STAFF_ROLES:
            allowed = matrix[endpoint][role] != "no"
            matrix[endpoint][f"{role}*"] = answers[-1] if allowed else "no"
    return matrix


def doors_of(app: Flask, site: Site) -> list[tuple[str, str, str]]:
    """Return endpoint, method and address of every route, with things of the site filled in."""
    things = {
        "slug": site.slug,
        "thread_id": site.thread_id,
        "post_id": site.opening_id,
        "case_id": site.case_id,
        # Nobody here has a check-in, a notice or a measure; tests of their own give them.
        "public_id": "nothing-of-anybody",
        "rule_id": "test-tired",
        "filename": "style.css",
        "alert_id": "no-alert-that-waits",
        "target": "no-target-is-set",
        "group_id": site.group_id,
        "meeting_id": "no-session",
        "seat_id": "nobody",
        "plan_id": "no-plan",
        "hand_id": "nobody",
        "kind": "yaml",
        "table": "waiting",
        "route": "puskesmas",
        "language": "en",
        "module": "listening",
        "practice_id": "kucing-hilang",
        "application_id": "no-application-waits",
        "decision_id": 1,
        "turn_id": 1,
        "swap_id": 1,
        "slot_id": 1,
    }
    with app.app_context():
        things["version_id"] = db.session.scalar(select(func.max(RulesVersion.id)))
    doors = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            wanted = {name: things[name] for name in rule.arguments}
            address = app.url_for(rule.endpoint, **wanted)
            doors += [
                (rule.endpoint, method, address)
                for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
            ]
    return doors


def person(role: str, app: Flask) -> FlaskClient:
    if role == "visitor":
        return app.test_client()
    return sign_in(app, f"{role.rstrip('*')}-kita", second_step=role in STAFF_ROLES)


def outcome(response) -> str:
    """Say as the matrix does how a door answered."""
    if response.status_code == 302 and response.location.startswith("/masuk"):
        return "signs in first"
    if response.status_code == 302 and response.location.startswith("/akun/langkah-kedua/periksa"):
        return "second step first"
    return {403: "no", 404: "own"}.get(response.status_code, "yes")


def test_the_printed_matrix_is_that_of_the_routes(app):
    assert PRINTED.read_text("utf-8") == write_matrix(app)
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(printed_matrix())


def test_a_route_that_nobody_decided_about_refuses_everyone(site, another_app):
    app = another_app()
    app.add_url_rule("/lupa", "web.forgotten", lambda: "open to all by mistake")
    for role in ROLES:
        assert person(role, app).get("/lupa").status_code == 403, role
    matrix = write_matrix(app)
    assert re.search(r"`web.forgotten` (\| no ){7}\|", matrix)
    assert matrix != PRINTED.read_text("utf-8")


def test_no_two_routes_share_an_address(app):
    """The second one would never be reached."""
    doors = [
        (re.sub(r"<[^>]*>", "<>", rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    ]
    assert [door for door in set(doors) if doors.count(door) > 1] == []


# Who may come in is decided alike on both databases; that pages answer on PostgreSQL, these show:
# what admins can't open, members or leads can.
DOORS = [
    *(("sqlite", role) for role in (*ROLES, *HALF_IN)),
    *(("postgresql", role) for role in ("visitor", "member", "lead", "admin")),
]


@pytest.mark.parametrize(
    ("database_url", "role"), DOORS, indirect=["database_url"], scope="session"
)
def test_each_role_opens_its_own_doors_and_no_other(site, guarded, role):
    wrong = []
    matrix = printed_matrix()
    client = person(role, guarded)
    token = csrf_token(client)
    for endpoint, method, address in doors_of(guarded, site):
        if (endpoint, method) == ("accounts.recovery_codes", "POST") and role != "visitor":
            # Eight hashes take long, and test_accounts sends this form.
            continue
        data = {"csrf_token": token} if method == "POST" else None
        found = outcome(client.open(address, method=method, data=data, buffered=True))
        if endpoint in ("web.quick_exit", "accounts.sign_out"):
            # These end the session.
            client = person(role, guarded)
            token = csrf_token(client)
        wanted = matrix[endpoint][role]
        if wanted == "yes" and endpoint in NEED_MORE and found == "own":
            continue
        if found != wanted:
            wrong.append((endpoint, method, found, wanted))
    assert wrong == []


@pytest.mark.parametrize("role", ["visitor", "admin"])
def test_nothing_changes_without_the_token_of_a_form(app, site, role):
    client = person(role, app)
    client.get("/bantuan")
    asked = [
        (endpoint, address)
        for endpoint, method, address in doors_of(app, site)
        if method == "POST" and endpoint not in WITHOUT_TOKEN
    ]
    assert len(asked) > 15
    for endpoint, address in asked:
        for data in ({}, {"csrf_token": ""}, {"csrf_token": "x" * 90}):
            response = client.post(address, data=data)
            assert response.status_code == 400, endpoint
            assert "119" in Page(response).text


def test_what_goes_without_a_token_is_refused_from_elsewhere(site, browser_of):
    client = browser_of("author-sore")
    for address in ("/bahasa", "/bantuan/tidak-dijawab"):
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
            assert client.post(address, data={"language": "id"}, headers=headers).status_code == 403
    assert b'lang="en"' in client.get("/").data, "the author's own language stays"


def test_a_token_of_another_browser_is_worth_nothing(app, site, browser_of):
    stolen = csrf_token(browser_of("other-pagi"))
    client = browser_of("author-sore")
    client.get("/bantuan")
    data = {"csrf_token": stolen, "body": "x", "submission_key": "k" * 20, "warning": "none"}
    assert client.post(f"/utas/{site.thread_id}/balas", data=data).status_code == 400
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Post)) == 2


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 302),
        ({"Sec-Fetch-Site": "none"}, 302),
        ({"Origin": "http://localhost"}, 302),
        ({}, 302),
    ],
)
def test_a_form_that_another_site_sends_is_refused(app, site, browser_of, headers, status):
    client = browser_of("author-sore")
    data = {"csrf_token": csrf_token(client), "body": "Hello again.", "warning": "none"}
    data["submission_key"] = "k" * 20
    response = client.post(f"/utas/{site.thread_id}/balas", data=data, headers=headers)
    assert response.status_code == status
    with app.app_context():
        stored = db.session.scalar(select(func.count()).where(Post.body == "Hello again."))
    assert stored == (1 if status == 302 else 0)


def test_a_method_that_no_page_has_is_answered_with_help(client):
    response = client.delete("/bantuan")
    assert response.status_code in (400, 405)
    assert "119" in Page(response).text


# Who may read which post

READERS = {
    Visibility.VISIBLE: {"visitor", "stranger", "author", "volunteer", "moderator", "admin"},
    Visibility.PENDING: {"author", "volunteer", "moderator", "admin"},
    Visibility.HELD: {"author", "volunteer", "moderator", "admin"},
    Visibility.HIDDEN: {"author", "volunteer", "moderator", "admin"},
    Visibility.DELETED: set(),
}
NAMES = {
    "stranger": "member-kita",
    "author": "author-sore",
    "volunteer": "volunteer-kita",
    "moderator": "moderator-kita",
    "admin": "admin-kita",
}
PEOPLE = ("visitor", *NAMES)


def reader(name: str, app: Flask, browser_of) -> FlaskClient:
    return app.test_client() if name == "visitor" else browser_of(NAMES[name])


@pytest.mark.parametrize("visibility", list(Visibility))
def test_an_opening_is_read_by_those_who_may(app, site, browser_of, visibility):
    with app.app_context():
        db.session.execute(
            update(Post)
            .where(Post.public_id == site.opening_id)
            .values(visibility=visibility, written_at=now(), body_html="<p>zz-the-words</p>")
        )
        db.session.commit()
    may = READERS[visibility]
    gone = visibility is Visibility.DELETED
    for name in PEOPLE:
        client = reader(name, app, browser_of)
        thread = client.get(f"/utas/{site.thread_id}")
        assert thread.status_code == (200 if name in may or gone else 404), name
        assert ("zz-the-words" in thread.get_data(as_text=True)) == (name in may), name
        listed = f"/utas/{site.thread_id}" in Page(client.get(f"/ruang/{site.slug}")).links
        assert listed == (name in may), name
        lead = client.get(f"/tulisan/{site.opening_id}")
        assert lead.status_code == (302 if name in may else 404), name
        if name != "visitor":
            report = client.get(f"/lapor/{site.opening_id}")
            assert report.status_code == (200 if name in may else 404), name


@pytest.mark.parametrize("visibility", list(Visibility))
def test_a_reply_is_read_by_those_who_may_and_the_thread_stays(app, site, browser_of, visibility):
    with app.app_context():
        author = db.session.scalar(select(Member.id).where(Member.pseudonym == "author-sore"))
        db.session.execute(
            update(Post)
            .where(Post.public_id == site.reply_id)
            .values(
                visibility=visibility,
                written_at=now(),
                body_html="<p>zz-the-words</p>",
                author_id=author,
            )
        )
        db.session.commit()
    for name in PEOPLE:
        client = reader(name, app, browser_of)
        thread = client.get(f"/utas/{site.thread_id}")
        assert thread.status_code == 200
        shown = "zz-the-words" in thread.get_data(as_text=True)
        assert shown == (name in READERS[visibility]), name


@pytest.mark.parametrize("policy", list(Unscanned))
def test_a_post_that_no_worker_came_for_is_shown_only_where_the_room_says_so(
    app, site, browser_of, policy
):
    with app.app_context():
        long_ago = now().replace(year=2020)
        db.session.execute(update(Room).values(unscanned=policy))
        db.session.execute(
            update(Post)
            .where(Post.public_id == site.opening_id)
            .values(visibility=Visibility.PENDING, written_at=long_ago)
        )
        db.session.commit()
    for name in PEOPLE:
        status = reader(name, app, browser_of).get(f"/utas/{site.thread_id}").status_code
        readable = policy is Unscanned.SHOW or name not in ("visitor", "stranger")
        assert status == (200 if readable else 404), name


def test_nobody_answers_in_or_reports_what_they_may_not_read(app, site, browser_of):
    with app.app_context():
        db.session.execute(update(Post).values(visibility=Visibility.HELD))
        db.session.commit()
    client = browser_of("member-kita")
    token = csrf_token(client)
    typed = {"csrf_token": token, "body": "Hi.", "warning": "none", "submission_key": "k" * 20}
    assert client.post(f"/utas/{site.thread_id}/balas", data=typed).status_code == 404
    typed = {"csrf_token": token, "door": "worry", "note": ""}
    assert client.post(f"/lapor/{site.opening_id}", data=typed).status_code == 404


def test_only_the_author_edits_and_takes_back(app, site, browser_of):
    for name in ("member-kita", "moderator-kita", "admin-kita"):
        client = browser_of(name)
        data = {"csrf_token": csrf_token(client), "body": "Mine now.", "warning": "none"}
        for act in ("ubah", "hapus"):
            assert client.post(f"/tulisan/{site.opening_id}/{act}", data=data).status_code == 404
    author = browser_of("author-sore")
    data = {"csrf_token": csrf_token(author)}
    author.post(f"/tulisan/{site.opening_id}/hapus", data=data)
    with app.app_context():
        post = db.session.scalar(select(Post).where(Post.public_id == site.opening_id))
        title = db.session.scalar(select(Thread.title))
        assert (post.visibility, post.body, post.body_html, title) == (
            Visibility.DELETED,
            "",
            "",
            "",
        )


def test_a_volunteer_may_not_take_a_red_case(app, site, browser_of):
    with app.app_context():
        db.session.execute(update(Case).values(level=2))
        db.session.commit()
        version = db.session.scalar(select(Case.version))
    client = browser_of("volunteer-kita")
    data = {"csrf_token": csrf_token(client), "version": version}
    response = client.post(f"/meja/kasus/{site.case_id}/ambil", data=data)
    assert response.status_code == 409
    with app.app_context():
        assert db.session.scalar(select(Case.state)) is CaseState.WAITING


def test_a_reporter_is_never_named(app, site, browser_of):
    reporter = browser_of("member-kita")
    page = Page(reporter.get(f"/lapor/{site.reply_id}?door=worry"))
    reporter.post(f"/lapor/{site.reply_id}", data={**page.form().values, "note": "zz-note"})
    seen = {
        name: browser_of(name).get(address).get_data(as_text=True)
        for name, address in (
            ("other-pagi", f"/utas/{site.thread_id}"),
            ("moderator-kita", f"/meja/kasus/{site.case_id}"),
            ("admin-kita", f"/meja/kasus/{site.case_id}"),
        )
    }
    assert "zz-note" in seen["moderator-kita"]
    assert "zz-note" not in seen["other-pagi"]
    for text in seen.values():
        assert not re.search("member-kita", text)
