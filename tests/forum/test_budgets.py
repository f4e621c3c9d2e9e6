"""What a slow line has to carry: bytes of real answers, as a proxy in front packs them."""

import gzip
import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from forum.accounts.access import cookie_name
from forum.accounts.models import Member
from forum.accounts.operations import start_sign_in
from forum.clock import now
from forum.commands.demo import demo_file
from forum.extensions import db
from forum.help.operations import add_starter_entries
from forum.help.queries import directory_file
from forum.posts.models import Post, Visibility, Wish
from forum.reactions.models import ReactionKind
from forum.reactions.operations import react
from forum.rooms.models import Room
from tests.factories import make_member, make_reply, scan_all
from tests.forum.conftest import Site
from tests.web_server import ask, connect, web_server

ROOT = Path(__file__).parents[2]
KILO = 1024
SMALL_PAGE, FULL_THREAD, STYLE, SCRIPT, REQUESTS = 8 * KILO, 14 * KILO, 8 * KILO, 5 * KILO, 4
SMALL_PAGES = ("/", "/masuk", "/gabung", "/bantuan")
LOADED = re.compile(r'<(?:link|script|img)\b[^>]*?\b(?:href|src)="(/[^"]+)"')


def packed(body: str | bytes) -> int:
    """Return how many bytes a text is after gzip, at the level that most servers take."""
    return len(gzip.compress(body.encode() if isinstance(body, str) else body, 6))


def room_of(entry: dict[str, str]) -> Room:
    """Return a room as the starting content has it."""
    names = ("slug", "name_id", "name_en", "description_id", "description_en", "content_warning")
    return Room(**{name: entry[name] for name in names})


def words() -> list[str]:
    """Return what people of the demo have written: words of a usual length, all different."""
    threads = demo_file()["threads"]
    return [thread["body"] for thread in threads] + [
        answer["body"] for thread in threads for answer in thread.get("replies", ())
    ]


@pytest.fixture
def full(app, site) -> tuple[Site, str]:
    """The site with 20 posts in its thread, of 19 people, and a cookie of one who may answer."""
    with app.app_context():
        add_starter_entries(directory_file()["entries"])
        rooms = yaml.safe_load((ROOT / "forum" / "rooms" / "starter.yaml").read_text("utf-8"))
        db.session.add_all(room_of(entry) for entry in rooms)
        opening = db.session.scalar(select(Post).where(Post.public_id == site.opening_id))
        opening.thread.wish = Wish.LISTEN
        bodies = words()
        for number in range(18):
            make_reply(opening, body=bodies[number % len(bodies)])
        scan_all()
        reader = db.session.scalar(select(Member).where(Member.pseudonym == "member-kita"))
        fan = make_member()
        for post in db.session.scalars(select(Post)):
            post.visibility = Visibility.VISIBLE
            post.created_at -= timedelta(hours=post.id)
            for kind in ReactionKind:
                react(fan, post, kind)
        reader.language = "id"
        reader.joined_on = now().date() - timedelta(days=60)
        token = start_sign_in(reader)
        db.session.commit()
        with app.test_request_context():
            return site, f"{cookie_name()}={token}"


def test_pages_are_light(full, settings, tmp_path: Path):
    site, cookie = full
    thread = f"/utas/{site.thread_id}"
    weights, loaded = {}, {}
    with web_server(settings, tmp_path) as port, connect(port) as connection:
        for who, cookies in (("visitor", ""), ("member", cookie)):
            for path in (*SMALL_PAGES, f"/ruang/{site.slug}", thread):
                status, body, _ = ask(connection, "GET", path, cookies)
                assert status in (200, 302), path
                if status == 302:
                    continue
                assert body.count("<article") == (20 if path == thread else 0), path
                weights[who, path] = packed(body)
                loaded[who, path] = set(LOADED.findall(body))
        files = {}
        for path in {path for paths in loaded.values() for path in paths}:
            status, body, headers = ask(connection, "GET", path)
            assert status == 200, path
            assert "immutable" in headers["Cache-Control"]
            files[path.split("?")[0]] = packed(body)
    print(weights, files)
    too_heavy = {
        at: weight
        for at, weight in weights.items()
        if weight > (FULL_THREAD if at[1] == thread else SMALL_PAGE)
    }
    assert too_heavy == {}
    for at, paths in loaded.items():
        assert 1 + len(paths) <= REQUESTS, at
        names = [path.split("?")[0] for path in paths]
        assert sum(files[name] for name in names if name.endswith(".css")) <= STYLE, at
        assert sum(files[name] for name in names if name.endswith(".js")) <= SCRIPT, at


def test_the_desk_is_light_too():
    """Its pages carry one style more, and at most four scripts of those that there are."""
    static = ROOT / "forum" / "static"
    assert sum(packed(path.read_bytes()) for path in static.glob("*.css")) <= STYLE
    scripts = sorted(packed(path.read_bytes()) for path in static.glob("*.js"))
    assert sum(scripts[-4:]) <= SCRIPT
