"""How long signing in and recovering take for a name that exists and for one that does not.

200 tries of each kind over HTTP, in turns, with real hashes, at a real server whose limits are off.
Prints medians and quartiles in milliseconds and how far the medians are apart; leaves 1 if that is
10 % or more three times in a row: a busy machine pushes a run off, and never pulls an unequal one
together. tests/forum/test_timing.py counts the hashes, and measures lighter ones.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from forum.accounts import operations
from forum.app import create_app
from forum.commands.migrate import upgrade_database
from forum.commands.starter import load_starter
from forum.extensions import db
from forum.settings import load_settings
from tests.web_server import ask, connect, web_server

TRIES = 200
RUNS = 3
NEARNESS = 0.10
NAME, UNKNOWN = "hangat-kenari-64", "tenang-bintang-11"
PASSPHRASE = "hujan reda di teras"
DOORS = {
    "/masuk": {"passphrase": "not the passphrase"},
    "/pulihkan": {"code": "0000-0000-0000", "passphrase": "gerimis sore di beranda"},
}


def measure(port: int, address: str, typed: dict[str, str]) -> dict[str, list[float]]:
    """Return the milliseconds of each try, by name."""
    taken: dict[str, list[float]] = {NAME: [], UNKNOWN: []}
    with connect(port) as connection:
        _, page, headers = ask(connection, "GET", address)
        cookies = headers["Set-Cookie"].split(";")[0]
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        for _ in range(TRIES):
            for name, milliseconds in taken.items():
                began = time.perf_counter()
                status, _, _ = ask(
                    connection, "POST", address, cookies, csrf_token=token, pseudonym=name, **typed
                )
                milliseconds.append((time.perf_counter() - began) * 1000)
                assert status == 200, status
    return taken


def is_equal(port: int, address: str, typed: dict[str, str]) -> bool:
    """Measure a door until its medians are near each other, three times at most; print each."""
    for _ in range(RUNS):
        taken = measure(port, address, typed)
        medians = [statistics.median(each) for each in taken.values()]
        apart = abs(medians[0] - medians[1]) / min(medians)
        for kind, each in zip(("known", "unknown"), taken.values(), strict=True):
            low, middle, high = statistics.quantiles(each, n=4)
            print(f"{address} {kind:8}{middle:8.1f} ms  (quartiles {low:.1f} to {high:.1f})")
        print(f"{address} medians apart by {apart:.1%}, {TRIES} tries each", flush=True)
        if apart < NEARNESS:
            return True
    return False


def main() -> int:
    """Measure both doors. Returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(demo=True, data_dir=Path(folder), redis_url="")
        app = create_app(settings)
        upgrade_database(app)
        load_starter(app)
        with app.app_context():
            operations.join(NAME, PASSPHRASE, language="en")
            db.session.commit()
            db.engine.dispose()
        calm = {"TEDUH_PROOF_FAILURES": "1000000", "TEDUH_WEB_WORKERS": "1"}
        with web_server(settings, Path(folder), wsgi="tests.unlimited:app", **calm) as port:
            far = sum(not is_equal(port, address, typed) for address, typed in DOORS.items())
    return 1 if far else 0


if __name__ == "__main__":
    sys.exit(main())
