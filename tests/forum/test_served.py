"""What really leaves the server: headers of every kind of answer, cookies, hosts, proxies, limits.

All of it is asked of gunicorn as `make run` starts it, over sockets, so what an answer passes on
its way out is tested too, and what never reaches the app.
"""

import http.client
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import text

from forum.extensions import db
from forum.settings import Settings
from forum.web.headers import HEADERS
from tests.factories import sign_in
from tests.forum.conftest import Site
from tests.forum.test_access import doors_of
from tests.web_server import ask, connect, web_server

# Nothing here asks the database for more than a page does.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")

PASSPHRASE = "kabut tipis di ladang"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
NINE_MEGABYTES = 9 * 1024 * 1024
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "teduh-keeper",
}


@dataclass
class Served:
    """A site behind its real server, and the cookies of one of each role."""

    app: Flask
    site: Site
    port: int

    def cookie(self, name: str) -> str:
        return f"teduh={sign_in(self.app, name, second_step=True).get_cookie('teduh').value}"

    def get(self, method: str, path: str, headers: dict[str, str] | None = None, body=None):
        """Ask with any headers; return status, headers and at most the first bytes of the body."""
        with connect(self.port) as connection:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            first = b"" if answer.status in (204, 304) else answer.read1(200_000)
            return answer.status, answer.headers, first.decode(errors="replace")


@pytest.fixture(scope="module")
def plain_port(migrated_app, settings: Settings, tmp_path_factory) -> Iterator[int]:
    """The port of one server for all tests here; what it counts of visitors adds up."""
    with web_server(settings, tmp_path_factory.mktemp("served")) as port:
        yield port


@pytest.fixture
def served(app: Flask, site: Site, plain_port: int) -> Served:
    return Served(app, site, plain_port)


def faults(headers: http.client.HTTPMessage, *, is_static: bool = False) -> list[str]:
    """Say what is wrong with the headers of an answer; nothing if all is well."""
    wrong = [
        f"{name} is {headers.get_all(name)}"
        for name, value in HEADERS.items()
        if headers.get_all(name) != [value]
    ]
    lasting = headers.get_all("Cache-Control") or []
    if is_static and (lasting != ["public, max-age=31536000, immutable"] or headers["Set-Cookie"]):
        wrong.append(f"static: {lasting}, {headers['Set-Cookie']}")
    if not is_static and lasting != ["no-store"]:
        wrong.append(f"Cache-Control is {lasting}")
    strange = ("Access-Control-Allow-Origin", "X-Powered-By", "Via", "Refresh", "SourceMap")
    wrong += [f"{name} is there" for name in strange if name in headers]
    if headers.get_content_type() == "text/html" and {"ETag", "Last-Modified"} & set(headers):
        wrong.append("it can be told apart from an earlier one")
    if re.search(r"\d", headers.get("Server", "")):
        wrong.append("the server tells its version")
    return wrong


def read_policy(value: str) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in value.split(";"))


def raw(port: int, sent: bytes) -> tuple[int, http.client.HTTPMessage, str]:
    """Send bytes that no client would send; return the answer."""
    with socket.create_connection(("localhost", port), timeout=30) as plain:
        plain.sendall(sent)
        answer = http.client.HTTPResponse(plain)
        answer.begin()
        return answer.status, answer.headers, answer.read().decode()


def test_the_policy_lets_in_own_files_alone(client):
    """One place says it; what else is tested is that every answer carries the same."""
    sent = client.get("/").headers
    assert read_policy(sent["Content-Security-Policy"]) == POLICY
    assert sent["Cross-Origin-Opener-Policy"] == "same-origin"
    assert sent["Cross-Origin-Resource-Policy"] == "same-origin"
    assert sent["X-Content-Type-Options"] == "nosniff"
    assert sent["X-Frame-Options"] == "DENY"
    assert sent["Referrer-Policy"] == "no-referrer"
    for name in ("camera", "microphone", "geolocation", "browsing-topics", "payment", "usb"):
        assert f"{name}=()" in sent["Permissions-Policy"]


@pytest.mark.parametrize("name", ["admin-kita", "member-kita", ""])
def test_every_route_leaves_with_its_headers(served, name):
    """Each route with each of its methods; forms come without their token."""
    cookie = served.cookie(name) if name else ""
    wrong, statuses = [], set()
    for endpoint, method, path in doors_of(served.app, served.site):
        status, headers, _ = served.get(method, path, {"Cookie": cookie, "Content-Length": "0"})
        statuses.add(status)
        wrong += [
            f"{method} {path}: {fault}" for fault in faults(headers, is_static=endpoint == "static")
        ]
        if endpoint in ("web.quick_exit", "accounts.sign_out"):
            cookie = served.cookie(name) if name else ""
        if status >= 500 and endpoint != "health.readyz":
            wrong.append(f"{method} {path}: {status}")
    assert wrong == []
    assert statuses >= {200, 302, 400}


def test_answers_that_are_no_pages_carry_them_too(served):
    staff = served.cookie("moderator-kita")
    style = served.get("GET", "/static/style.css")[1]
    answers = {
        "unchanged": ("GET", "/static/style.css", {"If-None-Match": style["ETag"]}),
        "part": ("GET", "/static/style.css", {"Range": "bytes=0-9"}),
        "wrong part": ("GET", "/static/style.css", {"Range": "bytes=999999999-"}),
        "head": ("HEAD", "/static/style.css", {}),
        "no such file": ("GET", "/static/none.css", {}),
        "no such page": ("GET", "/none", {}),
        "head of a page": ("HEAD", "/", {}),
        "options": ("OPTIONS", "/", {}),
        "no such method": ("PUT", "/bantuan", {"Content-Length": "0"}),
        "trace": ("TRACE", "/", {}),
        "a made-up method": ("HALO", "/", {}),
        "other host": ("GET", "/", {"Host": "evil.example"}),
        "other site": ("POST", "/masuk", {"Sec-Fetch-Site": "cross-site", "Content-Length": "0"}),
        "stream": ("GET", "/meja/kabar-baru", {"Cookie": staff}),
        "health": ("GET", "/healthz", {}),
        "readiness": ("GET", "/readyz", {}),
    }
    found = {}
    for kind, (method, path, headers) in answers.items():
        status, received, _ = served.get(method, path, headers)
        found[kind] = status
        is_static = path.startswith("/static/") and status < 400
        assert faults(received, is_static=is_static) == [], kind
        if kind == "stream":
            assert received.get_content_type() == "text/event-stream"
    assert found == {
        "unchanged": 304,
        "part": 206,
        "wrong part": 416,
        "head": 200,
        "no such file": 404,
        "no such page": 404,
        "head of a page": 200,
        "options": 200,
        "no such method": 405,
        "trace": 405,
        "a made-up method": 405,
        "other host": 400,
        "other site": 403,
        "stream": 200,
        "health": 200,
        "readiness": 503,
    }


def test_errors_of_ours_and_refusals_carry_them_too(served):
    too_much = f"POST /pulihkan HTTP/1.1\r\nHost: localhost\r\nContent-Length: {NINE_MEGABYTES}\r\n"
    kind = "Content-Type: application/x-www-form-urlencoded\r\n\r\nbody="
    status, headers, _ = raw(served.port, (too_much + kind).encode())
    assert (status, faults(headers)) == (413, [])
    with connect(served.port) as connection:
        page, cookies = open_form(connection, "/masuk")
        for _ in range(11):
            typed = {"csrf_token": page, "pseudonym": "x", "passphrase": "y"}
            status, _, headers = ask(connection, "POST", "/masuk", cookies, **typed)
    assert (status, faults(headers)) == (429, [])
    with served.app.app_context():
        db.session.execute(text("UPDATE room SET unscanned = 'nonsense'"))
        db.session.commit()
    status, headers, body = served.get("GET", f"/ruang/{served.site.slug}")
    assert (status, faults(headers)) == (500, [])
    assert "nonsense" not in body
    assert "Traceback" not in body


NO_HTTP = {
    "no request at all": b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    "an odd method": b"ge(t <script>alert(1)</script> HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an odd version": b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\n: <script>\r\n\r\n",
    "a header with a space": b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
    "an odd length": b"POST /masuk HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST /masuk HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "length and chunks": b"POST /masuk HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a long address": b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a long header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n"
    + b"".join(b"X-%d: a\r\n" % number for number in range(200))
    + b"\r\n",
}


def test_what_is_no_proper_http_is_refused_and_not_repeated(served):
    statuses = {}
    for kind, sent in NO_HTTP.items():
        status, headers, body = raw(served.port, sent)
        statuses[kind] = status
        assert faults(headers) == [], kind
        assert "<" not in body, kind
        assert "localhost" not in body, kind
    assert {status for status in statuses.values() if status < 400} == set(), statuses
    assert statuses["a long address"] == 414
    assert statuses["a long header"] == statuses["many headers"] == 431
    assert served.get("GET", "/healthz")[0] == 200


def test_an_address_can_put_no_line_into_the_headers(served):
    for path in (
        "/%0d%0aSet-Cookie:%20evil=1",
        "/masuk?next=/%0d%0aSet-Cookie:%20evil=1",
        "/akun?a=%0d%0aSet-Cookie:%20evil=1",
        "/ruang/%0d%0aSet-Cookie:%20evil=1",
    ):
        _, headers, _ = served.get("GET", path)
        assert "evil=1" not in " ".join(headers.get_all("Set-Cookie") or [])
    with connect(served.port) as connection:
        token, cookies = open_form(connection, "/masuk")
        typed = {"csrf_token": token, "language": "en", "next": "/a\r\nSet-Cookie: evil=1"}
        status, _, headers = ask(connection, "POST", "/bahasa", cookies, **typed)
    assert (status, headers["Location"]) == (302, "/")
    assert "evil=1" not in " ".join(headers.get_all("Set-Cookie") or [])


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2f..%2fpyproject.toml",
        "/static/%2e%2e/%2e%2e/.env",
        "/static/%2fetc/passwd",
        "/static//etc/passwd",
        "/static/..%5c..%5cpyproject.toml",
        "/static/style.css%00.png",
        "/.env",
        "/.git/config",
        "/var/teduh.db",
        "/meja/wawasan/..%2f..%2fwaiting.csv",
        "/aturan/lab/ekspor.%2e%2e%2fyaml",
    ],
)
def test_no_address_leads_to_a_file(app, site, path):
    """In-process, with a path that no client has tidied; the server's own reading is above."""
    client = sign_in(app, "admin-kita", second_step=True)
    answer = client.get(path, buffered=True)
    assert answer.status_code in (302, 308, 400, 404)
    assert b"root:" not in answer.data
    assert b"[project]" not in answer.data


def open_form(connection, path: str, cookies: str = "") -> tuple[str, str]:
    """Return the token of a page's form and the cookies that belong to it."""
    _, page, headers = ask(connection, "GET", path, cookies)
    own = [each.split(";")[0] for each in headers.get_all("Set-Cookie") or []]
    return TOKEN.search(page).group(1), "; ".join([*filter(None, [cookies]), *own])


# Behind a proxy with TLS


@pytest.fixture(scope="module")
def tls_port(migrated_app, settings: Settings, tmp_path_factory) -> Iterator[int]:
    """The port that a reverse proxy with TLS would speak to."""
    folder = tmp_path_factory.mktemp("tls")
    with web_server(settings, folder, TEDUH_HTTPS="1", TEDUH_PROXIES="1") as port:
        yield port


@pytest.fixture
def behind_tls(app: Flask, site: Site, tls_port: int) -> int:
    return tls_port


def through_proxy(port: int, method: str, path: str, cookies: str = "", **typed: object):
    """Ask as the proxy would, of a visitor whose first header is their own invention."""
    with connect(port) as connection:
        body = None
        headers = {
            "Cookie": cookies,
            "X-Forwarded-For": "203.0.113.99, 198.51.100.7",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "evil.example",
            "Forwarded": "host=evil.example",
        }
        if typed:
            body = "&".join(f"{name}={value}" for name, value in typed.items())
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers


def jar(headers: http.client.HTTPMessage) -> dict[str, str]:
    """Return the cookies that an answer sets, whole, by name."""
    return {each.split("=")[0]: each for each in headers.get_all("Set-Cookie") or []}


def test_over_https_cookies_are_bound_and_go_with_all_else_in_the_end(behind_tls):
    port = behind_tls
    _, page, headers = through_proxy(port, "GET", "/gabung")
    form = jar(headers)["__Host-teduh-form"]
    typed = {
        "csrf_token": TOKEN.search(page).group(1),
        "pseudonym": "hangat-kenari-64",
        "passphrase": PASSPHRASE.replace(" ", "+"),
        "adult": "y",
        "agreement": "y",
        "proof": "",
    }
    status, page, headers = through_proxy(port, "POST", "/gabung", form.split(";")[0], **typed)
    assert status == 200
    assert "evil.example" not in page
    cookies = [form, jar(headers)["__Host-teduh"]]
    for cookie in cookies:
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert parts == {"secure", "httponly", "path=/", "samesite=lax"}
    assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    sent = "; ".join(cookie.split(";")[0] for cookie in cookies)
    status, page, headers = through_proxy(port, "GET", "/akun", sent)
    assert status == 200

    token = TOKEN.search(page).group(1)
    status, _, headers = through_proxy(port, "POST", "/keluar-akun", sent, csrf_token=token)
    assert (status, headers["Location"]) == (302, "/")
    assert headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert "Max-Age=0" in jar(headers)["__Host-teduh"]
    assert faults(headers) == []
    assert through_proxy(port, "GET", "/akun", sent)[0] == 302, "ended on the server too"

    status, _, headers = through_proxy(port, "GET", "/keluar", sent)
    assert status == 302
    assert headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert faults(headers) == []


def test_every_answer_over_https_wants_https_from_then_on(behind_tls):
    for path in ("/", "/none", "/static/style.css", "/healthz", "/akun"):
        _, _, headers = through_proxy(behind_tls, "GET", path)
        assert headers.get_all("Strict-Transport-Security") == [
            "max-age=63072000; includeSubDomains"
        ], path


OTHER_HOSTS = (
    "evil.example",
    "localhost.evil.example",
    "localhost@evil.example",
    "evil.example:8000",
    "localhost:8000/evil",
    "",
    ".",
    "[::1]",
    "localhost#",
    "lOcAlHoSt.evil",
)


def test_only_hosts_that_are_named_are_answered(served):
    for host in OTHER_HOSTS:
        request = f"GET /masuk HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        status, headers, body = raw(served.port, request.encode())
        assert status == 400, host
        assert faults(headers) == [], host
        assert "evil" not in body


# No proxy is configured, so whatever speaks for one is a visitor's invention.
FORGED = {
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "host=evil.example;proto=https",
    "X-Original-URL": "/meja",
    "X-Rewrite-URL": "/meja",
    "X-HTTP-Method-Override": "DELETE",
    "X-Script-Name": "/evil.example",
    "Script-Name": "/evil.example",
    "X-Forwarded-Prefix": "/evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-User": "admin-kita",
    "Remote-User": "admin-kita",
}


def test_a_header_of_the_visitor_changes_nothing(served):
    plain = served.get("GET", "/akun")
    for name, value in FORGED.items():
        odd = served.get("GET", "/akun", {name: value})
        assert (odd[0], odd[1]["Location"]) == (plain[0], plain[1]["Location"]), name
        status, headers, body = served.get("GET", "/", {name: value})
        assert status == 200, name
        assert "evil.example" not in body
        assert "admin-kita" not in body
        assert "Strict-Transport-Security" not in headers


def tries_of(port: int, addresses: list[str]) -> list[int]:
    """Try a passphrase from each of these addresses, as X-Forwarded-For says; return statuses."""
    with connect(port) as connection:
        token, cookies = open_form(connection, "/masuk")
        statuses = []
        for address in addresses:
            body = f"csrf_token={token}&pseudonym=x&passphrase=y"
            headers = {
                "Cookie": cookies,
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Forwarded-For": address,
            }
            connection.request("POST", "/masuk", body, headers)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
    return statuses


def test_nobody_is_counted_as_another_by_a_header_of_theirs(served, app, settings, tmp_path):
    many = [f"203.0.113.{number}" for number in range(25)]
    assert tries_of(served.port, many)[-1] == 429, "without a proxy the header is not read"
    behind_one = {"TEDUH_PROXIES": "1", "TEDUH_WEB_WORKERS": "1"}
    with web_server(settings, tmp_path / "proxied", **behind_one) as port:
        forged = [f"{address}, 198.51.100.7" for address in many[:12]]
        assert tries_of(port, forged)[-1] == 429, "only what our own proxy added counts"
        assert tries_of(port, ["198.51.100.8"]) == [200]
