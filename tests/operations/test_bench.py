"""The tools that measure: a load that counts right, a model that plays right, a page that stays."""

import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree as ET

import pytest

from benchmarks.capacity import (
    MIX,
    Cost,
    Shape,
    busiest_minute,
    closed_loop,
    costs_of,
    grow,
    peak_rate,
)
from benchmarks.parts.chart import Bar, draw
from benchmarks.parts.load import get, load, post
from benchmarks.parts.report import BEGIN, END, put_between


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(200 if self.path != "/none" else 404, b"x" * 70_000)

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(302, sent + self.headers["Cookie"].encode())

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/last":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_the_load_counts_every_answer_once(port):
    seen = load(port, [get("/"), get("/none"), get("/last")], connections=3, most=30)
    assert seen["statuses"] == {"200": 20, "404": 10}
    assert len(seen["milliseconds"]) == 30
    assert seen["bytes"] > 70_000

    seen = load(port, [post("/", "a=b", f"key={n}") for n in range(7)], connections=4, repeat=False)
    assert seen["statuses"] == {"302": 7}


def test_the_model_keeps_cores_busy_and_queues_what_comes_too_fast():
    rate, p50 = closed_loop(10.0, random.Random(1))
    assert rate == pytest.approx(200, rel=0.03)
    assert p50 == pytest.approx(80, rel=0.1)
    assert closed_loop(10.0, random.Random(1)) == (rate, p50)

    costs = dict.fromkeys(MIX, Cost(8.0, 2.0))
    calm, idle = busiest_minute(20, costs, Shape("", 2, 0), random.Random(1))
    busy, full = busiest_minute(190, costs, Shape("", 2, 0), random.Random(1))
    assert (idle, full) == (pytest.approx(0.1, abs=0.02), pytest.approx(0.95, abs=0.05))
    assert busy > 2 * calm


def test_more_members_want_more_machines():
    things = [{"name": name, "web_ms": 8.0, "database_ms": 3.0} for name in MIX]
    result = {"things": things, "flags": [{"worker_ms": 5.0}]}
    assert sum(cost.web for cost in costs_of(result).values()) == 8.0 * len(MIX) + 5.0
    told = grow({"databases": {"sqlite": result, "postgresql": result}}, random.Random(1))
    assert told.count("\n") == 9
    assert "one server, 2 cores, SQLite" in told.splitlines()[2]
    assert "web machines" in told.splitlines()[-1]
    assert peak_rate(2_000) == 2 * peak_rate(1_000)


def test_a_page_keeps_its_words_around_what_was_measured(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")
    put_between(page, "new")
    put_between(page, "newer")
    assert page.read_text("utf-8") == f"before\n{BEGIN}\n\nnewer\n\n{END}\nafter\n"


def test_the_chart_is_whole_and_says_each_number():
    told = draw([Bar("a & b", "SQLite", 1234.5), Bar("a & b", "PostgreSQL", 0.4)])
    words = " ".join(node.text or "" for node in ET.fromstring(told).iter())
    assert all(word in words for word in ("a & b", "1,234", "SQLite", "PostgreSQL", "10,000"))
