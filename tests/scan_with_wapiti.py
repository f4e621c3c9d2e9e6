"""`make scan`: wapiti against a running demo, as a visitor, as a member and as an admin.

    python -m tests.scan_with_wapiti PROGRAM [SECONDS] [PERSON ...]

PROGRAM is wapiti's; it lives in an environment of its own, since it is GPL-2 and no part of this
project. SECONDS is the most that each of its attacks may take (60). It leaves 1 if something
above informational was found, and what was found in `var/scan/*.json`.

The site is served by gunicorn as always, over TLS, but limits are off, or wapiti would see little
else than 429. It is on this machine alone, and so is the address that wapiti wants to be called at
if the site can be made to call one: what is asked there is counted.

Left out are what knocks at other software (`cms`, `wp_enum`, `network_device`, `nikto`, `wapp`,
`buster`, `htp`, `takeover`), and `ldap`: it takes two answers that differ for an injection, and
each of our forms holds a fresh token. Nothing here speaks LDAP.
"""

import http.client
import json
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from forum.accounts.demo import demo_logins
from forum.app import create_app
from forum.commands.demo import load_demo
from forum.commands.migrate import upgrade_database
from forum.commands.starter import load_starter
from forum.settings import Settings, load_settings
from tests.system import environment, free_port
from tests.web_server import START_SECONDS, ask

MODULES = (
    "backup,brute_login_form,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,"
    "log4shell,methods,permanentxss,redirect,shellshock,spring4shell,sql,ssrf,timesql,upload,xss,"
    "xxe"
)
# The visitor's session, what ends it, and what changes how one comes in.
NOT_ASKED = ("keluar", "keluar-akun", "akun/sesi", "akun/hapus", "metrics")
PEOPLE = {"visitor": "", "member": "member", "admin": "admin"}
REPORTS = Path("var/scan")
# Wapiti counts from 0, informational, to 4, critical.
INFORMATIONAL = 0


class Sink(BaseHTTPRequestHandler):
    """Where a site that can be talked into calling somebody would call."""

    calls: list[str] = []  # noqa: RUF012 (one for all requests, on purpose)

    def do_GET(self) -> None:
        # Wapiti itself asks what was called.
        if "get_ssrf.php" not in self.path and "get_xxe.php" not in self.path:
            self.calls.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_HEAD = do_GET  # noqa: N815 (names of the standard library)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def connect(port: int) -> closing[http.client.HTTPSConnection]:
    """Speak to the site; its certificate is its own."""
    trusting = ssl._create_unverified_context()
    return closing(http.client.HTTPSConnection("localhost", port, timeout=30, context=trusting))


def write_certificate(folder: Path) -> list[str]:
    """Make a certificate for this machine; return gunicorn's options for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return ["--certfile", str(folder / "tls.crt"), "--keyfile", str(folder / "tls.key")]


@contextmanager
def served(settings: Settings, folder: Path) -> Iterator[int]:
    """Serve a demo over TLS, with limits off. Yields the port."""
    app = create_app(settings)
    upgrade_database(app)
    load_starter(app)
    load_demo(app)
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", *write_certificate(folder)),
            *("--config", "python:forum.web.server", "tests.unlimited:app"),
        ],
        env=environment(folder)
        | {
            "DATABASE_URL": settings.database_url,
            "TEDUH_DEMO": "1",
            "TEDUH_HTTPS": "1",
            "TEDUH_PORT": str(port),
            "TEDUH_PROOF_JOINS": "1000000",
            "TEDUH_PROOF_FAILURES": "1000000",
        },
        stderr=(REPORTS / "site.log").open("a"),
    )
    try:
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                with connect(port) as connection:
                    assert ask(connection, "GET", "/healthz")[0] == 200
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < give_up
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def cookies_of(port: int, pseudonym: str) -> str:
    """Sign a demo person in; return their cookies."""
    passphrase = {name: secret for name, secret, _ in demo_logins()}[pseudonym]
    with connect(port) as connection:
        _, page, headers = ask(connection, "GET", "/masuk")
        form = headers["Set-Cookie"].split(";")[0]
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        typed = {"csrf_token": token, "pseudonym": pseudonym, "passphrase": passphrase}
        status, _, headers = ask(connection, "POST", "/masuk", form, **typed)
        assert status == 302, status
        return f"{form}; {headers['Set-Cookie'].split(';')[0]}"


def scan(program: list[str], port: int, sink: int, person: str, cookies: str) -> dict:
    """Let wapiti, with its limits, look at everything; return its report."""
    site = f"https://localhost:{port}/"
    report = REPORTS / f"wapiti-{person}.json"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                *(*program, "-u", site, "--scope", "domain", "-m", MODULES, "--flush-session"),
                *("--endpoint", f"http://127.0.0.1:{sink}/", "--dns-endpoint", "localhost"),
                *("-d", "6", "--max-links-per-page", "60", "--max-files-per-dir", "60"),
                *("--no-bugreport", "-v", "1", "-f", "json", "-o", str(report), "-t", "20"),
                *("--store-session", f"{folder}/s", "--store-config", f"{folder}/c"),
                *(part for path in NOT_ASKED for part in ("-x", site + path)),
                *(("-C", cookies, "--drop-set-cookie") if cookies else ()),
            ],
            check=True,
            stdout=(REPORTS / f"wapiti-{person}.log").open("w"),
            stderr=subprocess.STDOUT,
        )
    return json.loads(report.read_text("utf-8"))


def findings(report: dict) -> list[tuple[int, str, str]]:
    """Return what was found above informational, as level, kind and place."""
    return [
        (each["level"], kind, f"{each['method']} {each['path']} {each['parameter']} {each['info']}")
        for part in ("vulnerabilities", "anomalies")
        for kind, all_of_it in report[part].items()
        for each in all_of_it
        if each["level"] > INFORMATIONAL
    ]


def main(program: str, seconds: str = "60", *people: str) -> int:
    """Scan as each person in turn. Returns the exit code."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    sink = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    found = 0
    command = [program, "--max-attack-time", seconds, "--max-scan-time", str(int(seconds) * 6)]
    logins = {role: name for name, _, role in reversed(demo_logins())}
    for person in people or PEOPLE:
        with tempfile.TemporaryDirectory() as folder:
            settings = load_settings(demo=True, data_dir=Path(folder), redis_url="")
            with served(settings, Path(folder)) as port:
                role = PEOPLE[person]
                cookies = cookies_of(port, logins[role]) if role else ""
                report = scan(command, port, sink.server_port, person, cookies)
                with connect(port) as last:
                    # What ended the session on the way would have made the rest worthless.
                    assert (ask(last, "GET", "/akun", cookies)[0] == 200) == bool(role)
        pages = report["infos"].get("crawled_pages_nbr", "?")
        print(f"{person}: {pages} pages, calls of the site elsewhere: {len(Sink.calls)}")
        for level, kind, place in findings(report):
            print(f"  {level} {kind}: {place}")
        found += len(findings(report)) + len(Sink.calls)
        Sink.calls.clear()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
