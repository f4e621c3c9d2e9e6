"""What search finds for whom: in every state of a post, under every name, on both databases."""

import secrets

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update

from forum.accounts.models import Member, Role
from forum.blocks.operations import block
from forum.commands.reindex import reindex
from forum.drafts.operations import keep_draft
from forum.extensions import db
from forum.posts.masks import add_masks, places_of, set_masks, whole_text
from forum.posts.models import Post, Visibility
from forum.posts.operations import delete, edit, set_visibility, start_thread
from forum.rooms.models import ContentWarning, Room, Showing
from forum.search import invariants, queries
from forum.search.full_text import tidy
from forum.search.models import SearchEntry
from forum.search.operations import drop_stray_entries, index_after
from forum.search.queries import MATCHES, RESULTS_PER_PAGE, search
from forum.search.words import asked_words, stem, words_of
from moderation.audit.models import Action, AuditEntry
from moderation.rights.erasure import erase_now, request_erasure
from moderation.rights.models import PostsFate
from tests.factories import make_member, make_reply, make_room, make_thread, scan_all
from tests.groups.factories import make_group, seat_in
from tests.pages import Page, counting, csrf_token

SECRET = "layangan"
TITLED = "pelangi"


def found_by(viewer: Member, asked: str) -> list[str]:
    return [result.post.public_id for result in search(viewer, asked).items]


def said_by(viewer: Member, asked: str) -> str:
    """Return everything that the results of a search show."""
    return " ".join(
        result.title + "".join(piece for piece, _ in result.excerpt)
        for result in search(viewer, asked).items
    )


def ask(client, asked: str, **more: object):
    data = {"csrf_token": csrf_token(client), "asked": asked, **more}
    return client.post("/cari", data=data)


# Words


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Aku menangis semalaman.", "nangis"),
        ("Ada tangisan.", "menangis"),
        ("Temenku pergi.", "teman"),
        ("Rasanya capeeeek sekali.", "cape"),
        ("Aku kesepian.", "sepi"),
        ("Ortu marah lagi.", "orang tua"),
        ("Di café itu.", "CAFE"),
        ("Aku enggak tidur.", "gak tidur"),
        ("Mereka membantu aku.", "bantu"),
        ("Teman-teman diam.", "temen"),
    ],
)
def test_words_are_found_as_people_write_them(context, written, asked):
    opening = make_thread(body=written, title="Hari ini")
    scan_all()
    assert found_by(make_member(), asked) == [opening.public_id]


def test_stems_are_those_of_postgresql(context):
    if db.engine.dialect.name != "postgresql":
        # SQLite has none to compare with; there the Python library stems too.
        assert (stem("kematianku"), stem("mengiris")) == ("mati", "iris")
        return
    words = {
        *words_of("kematianku kesepian perasaan mengiris membunuh dibunuhnya ditangisi"),
        *[
            "mempertanyakan",
            "ketakutan",
            "kelelahan",
            "pelajaran",
            "berlari",
            "sendirian",
            "keluargaku",
        ],
        *[
            "menyakiti",
            "penyakit",
            "perjalanan",
            "bertahan",
            "dipukulnya",
            "kemarahan",
            "pertolongan",
            "hilanglah",
        ],
    }
    for word in words:
        lexemes = db.session.scalar(text("SELECT ts_lexize('indonesian_stem', :w)"), {"w": word})
        assert [stem(word)] == lexemes, word


@pytest.mark.parametrize(
    "asked", ["", "   ", "''\"\"", '") OR ("', "*", "NEAR(", "- NOT", "a" * 300, "🙂", "\x00", "%_"]
)
def test_odd_queries_find_nothing_and_break_nothing(context, asked):
    make_thread(body="Hari yang tenang.")
    scan_all()
    assert found_by(make_member(), asked) == []


def test_common_words_alone_are_looked_for_all_the_same(context):
    assert words_of("aku yang ini") == []
    assert asked_words("aku yang ini") == ["aku", "yang", "ini"]
    assert len(asked_words(" ".join(f"kata{n}" for n in range(40)))) <= 12


# Who finds what, in every state


@pytest.fixture
def people(context) -> dict[str, Member]:
    found = {
        "author": make_member("penulis-sore"),
        "stranger": make_member("pembaca-pagi"),
        "staff": make_member("relawan-kita", Role.MODERATOR),
    }
    db.session.commit()
    return found


STATES = st.tuples(
    st.sampled_from(list(Visibility)),  # of the opening
    st.sampled_from(list(Visibility)),  # of the answer
    st.sampled_from(list(ContentWarning)),  # on the opening
    st.sampled_from(list(ContentWarning)),  # on the answer
    st.booleans(),  # whether the words are covered
    st.booleans(),  # whether the room is listed
    st.booleans(),  # whether the answer is scanned
)


@effort(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(state=STATES)
def test_what_members_may_not_read_is_never_found(people, state):
    opening_is, answer_is, on_opening, on_answer, covered, listed, scanned = state
    author, stranger, staff = people["author"], people["stranger"], people["staff"]
    room = make_room()
    room.is_listed = listed
    opening = make_thread(author, room, title=f"{TITLED} {SECRET}", body="Hari biasa.")
    answer = make_reply(opening, author, body=f"Ada {SECRET} di sini.")
    scan_all()
    for post, visibility, warning in (
        (opening, opening_is, on_opening),
        (answer, answer_is, on_answer),
    ):
        if covered:
            spans = places_of(SECRET, whole_text(post))
            set_masks(post, add_masks(post, spans, "method"))
        post.warning = warning
        if post is opening:
            post.thread.warning = warning
        if visibility is Visibility.DELETED:
            delete(author, post)
        else:
            set_visibility(post, visibility)
    if not scanned:
        answer.version += 1
    db.session.flush()

    may_open = opening_is in (Visibility.VISIBLE, Visibility.DELETED) and listed and not covered
    title_is_free = opening_is is Visibility.VISIBLE and on_opening is ContentWarning.NONE
    wanted = set()
    if may_open and title_is_free:
        wanted.add(opening.public_id)
    if (
        may_open
        and answer_is is Visibility.VISIBLE
        and scanned
        and on_answer is ContentWarning.NONE
    ):
        wanted.add(answer.public_id)
    assert set(found_by(stranger, SECRET)) == wanted
    shown = said_by(stranger, SECRET) + said_by(stranger, TITLED)
    assert (SECRET in shown) == bool(wanted and not covered)
    if not title_is_free or not listed:
        assert TITLED not in shown

    # Staff find more, by what is not covered, and see no words of what is not open.
    states = {opening.public_id: opening_is, answer.public_id: answer_is}
    there = {key for key, is_now in states.items() if is_now is not Visibility.DELETED}
    assert set(found_by(staff, SECRET)) == (set() if covered else there)
    for result in search(staff, SECRET).items:
        assert result.excerpt == [] or states[result.post.public_id] is Visibility.VISIBLE
        assert result.post.warning is ContentWarning.NONE or result.excerpt == []
    db.session.rollback()
    _clear()


def _clear() -> None:
    """Take away what an example has written, so that the next one begins anew."""
    for post in db.session.scalars(select(Post)):
        if post.visibility is not Visibility.DELETED:
            delete(post.author, post)
    db.session.commit()
    db.session.execute(update(Room).values(is_listed=False))
    db.session.commit()


def test_an_index_that_is_behind_opens_nothing(context):
    """Changes that pass the session by do not reach the index; the posts themselves are asked."""
    opening = make_thread(body=f"Ada {SECRET}.")
    scan_all()
    stranger = make_member()
    assert found_by(stranger, SECRET) == [opening.public_id]
    for visibility in Visibility:
        db.session.execute(update(Post).values(visibility=visibility))
        expected = [opening.public_id] if visibility is Visibility.VISIBLE else []
        assert found_by(stranger, SECRET) == expected
    db.session.execute(update(Post).values(visibility=Visibility.HELD))
    assert db.session.scalars(invariants.CHECKS["search opened too far"]()).all() == [opening.id]


def test_an_edit_is_found_by_its_new_words_alone_and_after_its_scan(context):
    author, stranger = make_member(), make_member()
    opening = make_thread(author, body=f"Ada {SECRET}.", title="Pagi")
    scan_all()
    edit(author, opening, body="Ada hujan.", warning=ContentWarning.NONE, title="Malam")
    db.session.commit()
    for asked in (SECRET, "hujan", "malam", "pagi"):
        assert found_by(stranger, asked) == []
    scan_all()
    assert found_by(stranger, SECRET) == found_by(stranger, "pagi") == []
    assert found_by(stranger, "hujan") == found_by(stranger, "malam") == [opening.public_id]


def test_a_new_title_alone_is_found_after_its_scan(context):
    author, stranger = make_member(), make_member()
    opening = make_thread(author, body="Ada hujan.", title="Pagi")
    scan_all()
    edit(author, opening, body="Ada hujan.", warning=ContentWarning.NONE, title="Malam")
    scan_all()
    assert found_by(stranger, "pagi") == []
    assert found_by(stranger, "malam") == [opening.public_id]


def test_answers_below_a_topic_that_is_left_out_of_lists_are_not_found(context):
    stranger = make_member()
    opening = make_thread(title=TITLED)
    answer = make_reply(opening, body=f"Ada {SECRET}.")
    own = make_reply(opening, stranger, body=f"Ada {SECRET} juga.")
    scan_all()
    opening.warning = opening.thread.warning = ContentWarning.SELF_HARM
    db.session.flush()
    assert set(found_by(stranger, SECRET)) == {answer.public_id, own.public_id}
    assert TITLED not in said_by(stranger, SECRET)
    stranger.shown_topics = {ContentWarning.SELF_HARM.value: Showing.LEFT_OUT.value}
    assert found_by(stranger, SECRET) == [own.public_id]


def test_words_of_groups_drafts_and_quotes_stay_there(context):
    inside, outside = make_member(), make_member()
    leading = make_member(role=Role.MODERATOR)
    group = make_group(leading)
    seat_in(group, inside)
    in_group = make_thread(inside, group.room, body=f"Ada {SECRET}.")
    keep_draft(inside, make_room(), title=SECRET, body=SECRET)
    opening = make_thread(body="Ada hujan.")
    quoted = make_reply(opening, body=f"Ada {SECRET}.")
    answer = make_reply(opening, body="Iya, hujan.")
    answer.quoted_id = quoted.id
    scan_all()
    delete(quoted.author, quoted)
    db.session.flush()
    staff = make_member(role=Role.ADMIN)
    assert found_by(leading, SECRET) == [in_group.public_id]
    # Who is in the group reads there; search leaves such rooms to themselves.
    for viewer in (inside, outside, staff):
        assert found_by(viewer, SECRET) == []
        assert SECRET not in said_by(viewer, "hujan")
    delete(inside, in_group)
    db.session.flush()
    assert not db.session.scalars(
        select(SearchEntry).where(SearchEntry.words.contains(stem(SECRET)))
    ).all()


def test_a_transaction_that_fails_changes_no_index(context):
    author = make_member()
    opening = make_thread(author, body=f"Ada {SECRET}.")
    scan_all()
    delete(author, opening)
    db.session.flush()
    assert found_by(author, SECRET) == []
    db.session.rollback()
    assert found_by(author, SECRET) == [opening.public_id]


# Names


def test_a_name_is_found_only_where_the_room_shows_it(context):
    author, stranger = make_member("langit-biru"), make_member()
    under_own = start_thread(
        author,
        make_room(),
        title="Satu",
        body="Hari ini.",
        warning=ContentWarning.NONE,
        submission_key=secrets.token_hex(16),
    )
    under_other = start_thread(
        author,
        make_room(),
        title="Dua",
        body="Hari itu.",
        warning=ContentWarning.NONE,
        submission_key=secrets.token_hex(16),
        name="kapas-senja",
    )
    scan_all()
    for viewer in (stranger, make_member(role=Role.ADMIN), author):
        assert found_by(viewer, "langit-biru") == [under_own.public_id]
        assert found_by(viewer, "Langit Biru") == [under_own.public_id]
        assert found_by(viewer, "kapas-senja") == [under_other.public_id]
        assert found_by(viewer, "langit") == []
        assert found_by(viewer, "biru hari") == []


def test_a_name_finds_nothing_that_its_words_would_not(context):
    author = make_member("langit-biru")
    opening = make_thread(author, body="Hari ini.")
    scan_all()
    set_visibility(opening, Visibility.HIDDEN)
    db.session.flush()
    assert found_by(make_member(), "langit-biru") == []


def test_names_at_a_distance_are_left_out(context):
    author, stranger = make_member("langit-biru"), make_member("awan-jauh")
    opening = make_thread(author, body=f"Ada {SECRET}.")
    answer = make_reply(opening, stranger, body=f"{SECRET} juga.")
    scan_all()
    assert len(found_by(stranger, SECRET)) == 2
    # The reader does not want to read the name.
    block(stranger, opening, hides_me=False)
    db.session.flush()
    assert found_by(stranger, SECRET) == [answer.public_id]
    assert found_by(stranger, "langit-biru") == []
    db.session.rollback()
    # The writer does not want to be read: neither the opening nor what stands below it.
    block(author, answer, hides_me=True)
    db.session.flush()
    assert found_by(stranger, SECRET) == []


# Pages


def test_results_are_bounded_and_come_in_pages(app, site, browser_of):
    with app.app_context():
        author = db.session.scalar(select(Member).where(Member.pseudonym == "author-sore"))
        opening = db.session.scalar(select(Post).where(Post.public_id == site.opening_id))
        for number in range(RESULTS_PER_PAGE + 3):
            make_reply(opening, author, body=f"{SECRET} {number}")
        scan_all()
    client = browser_of("member-kita")
    ask(client, SECRET)
    with counting(app) as sent:
        first = Page(ask(client, SECRET))
    reads = [line for line in sent if "search_entry" in line or "FROM post" in line]
    # Whose name it is, the words, the posts, their titles.
    assert len(reads) <= 4, reads
    assert len(first.marked) == RESULTS_PER_PAGE
    second = Page(ask(client, SECRET, page=2))
    assert len(second.marked) == 3
    assert Page(ask(client, SECRET, page=10**30)).status == 200
    assert MATCHES >= RESULTS_PER_PAGE


@pytest.mark.parametrize("role", [Role.MEMBER, Role.MODERATOR])
def test_what_is_rare_is_found_behind_the_latest_posts(context, monkeypatch, role):
    monkeypatch.setattr(queries, "LATEST", 3)
    monkeypatch.setattr(queries, "MATCHES", 4)
    viewer = make_member(role=role)
    old = [make_thread(title="Lama", body=f"{SECRET} lama {number}") for number in range(3)]
    for _ in range(4):
        make_thread(title="Biasa", body="Hari biasa saja.")
    new = make_thread(title="Baru", body=f"{SECRET} baru")
    scan_all()
    db.session.flush()
    found = [result.post.id for result in search(viewer, SECRET).items]
    assert found == [new.id, *(post.id for post in reversed(old))]
    monkeypatch.setattr(queries, "MATCHES", 2)
    assert len(search(viewer, SECRET).items) == 2


def test_what_was_typed_stays_in_the_form_and_in_no_address(app, site, browser_of):
    client = browser_of("member-kita")
    for asked in ("zz-kept words", "x" * 300, ""):
        answer = ask(client, asked)
        assert answer.request.full_path.rstrip("?") == "/cari"
        page = Page(answer)
        assert [f for f in page.forms if f.values.get("asked") == asked]
        assert not [link for link in page.links if "zz-kept" in link]
    # A query in the address is not read.
    page = Page(client.get("/cari?asked=zz-kept"))
    assert page.form("/cari").values["asked"] == ""


def test_nothing_of_a_query_is_stored_or_logged(app, site, browser_of, capfd):
    client = browser_of("member-kita")
    ask(client, "zzunheardof")
    ask(client, "zzcrisis zzunheardof")
    with app.app_context():
        for table in db.metadata.sorted_tables:
            for row in db.session.execute(select(table)):
                assert "zzunheardof" not in str(tuple(row)), table.name
    captured = capfd.readouterr()
    assert "zzunheardof" not in captured.out + captured.err


@pytest.mark.parametrize(
    ("asked", "has_help"),
    [("calm", False), ("zzamber", True), ("zzred x", True), ("zzcrisis", True)],
)
def test_a_query_that_signals_danger_shows_help_above_the_results(
    app, site, browser_of, asked, has_help
):
    body = ask(browser_of("member-kita"), asked).get_data(as_text=True)
    main = body[body.index("<main") : body.index("</main")]
    assert ('href="tel:119"' in main) == has_help
    if has_help:
        assert main.index('href="tel:119"') < main.index("<form")


def test_staff_search_is_noted_as_a_reading(app: Flask, site, browser_of):
    with app.app_context():
        opening = db.session.scalar(select(Post).where(Post.public_id == site.opening_id))
        set_visibility(opening, Visibility.HIDDEN)
        db.session.commit()
        post_id = opening.id
    page = Page(ask(browser_of("moderator-kita"), "calm day"))
    assert [link for link in page.links if site.opening_id in link]
    assert "A calm day" not in page.text
    assert "A calm title" not in page.text
    with app.app_context():
        read = select(AuditEntry.subject_id).where(AuditEntry.action == Action.READ.value)
        assert post_id in db.session.scalars(read).all()
    page = Page(ask(browser_of("member-kita"), "calm day"))
    assert not [link for link in page.links if site.opening_id in link]


# The index as a whole


def test_reindex_makes_a_lost_index_whole(app, context, capsys):
    author = make_member()
    opening = make_thread(author, body=f"Ada {SECRET}.")
    gone = make_reply(opening, author, body=f"{SECRET} lagi.")
    scan_all()
    delete(author, gone)
    db.session.commit()
    db.session.execute(SearchEntry.__table__.delete())
    db.session.commit()
    assert found_by(make_member(), SECRET) == []
    assert db.session.scalars(invariants.CHECKS["posts that search does not know"]()).all()
    db.session.rollback()
    last, count = index_after(0, limit=1)
    assert (last, count) == (opening.id, 1)
    assert index_after(last) == (last, 0)
    assert drop_stray_entries() == 0
    tidy()
    db.session.commit()
    assert found_by(make_member(), SECRET) == [opening.public_id]
    for check in invariants.CHECKS.values():
        assert db.session.scalars(check()).all() == []


def test_the_command_tells_how_far_it_is(app, context, monkeypatch):
    make_thread(body=f"Ada {SECRET}.")
    scan_all()
    monkeypatch.setattr("forum.commands.reindex.create_app", lambda _settings: app)
    monkeypatch.setattr("forum.commands.reindex.load_settings", lambda: None)
    from click.testing import CliRunner  # noqa: PLC0415

    output = CliRunner().invoke(reindex).output
    assert "1 of 1 posts" in output
    assert "Done: 1 posts can be found" in output


def test_taken_back_words_are_erased_from_the_index(context):
    author = make_member()
    opening = make_thread(author, body=f"Ada {SECRET}.")
    scan_all()
    delete(author, opening)
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(SearchEntry)) == 0
    tidy()
    db.session.commit()
    if db.engine.dialect.name == "sqlite":
        blocks = db.session.scalars(text("SELECT block FROM search_words_data")).all()
        assert not [block for block in blocks if stem(SECRET).encode() in block]


@pytest.mark.parametrize("posts", list(PostsFate))
def test_who_deletes_their_account_is_found_by_no_name_and_no_removed_word(context, posts):
    author, stranger = make_member("langit-biru"), make_member()
    opening = make_thread(author, body=f"Ada {SECRET}.")
    scan_all()
    kept = [opening.public_id] if posts is PostsFate.KEEP else []
    erasure = request_erasure(author, posts)
    db.session.commit()
    assert found_by(stranger, SECRET) == kept
    erase_now(erasure)
    db.session.commit()
    assert found_by(stranger, SECRET) == kept
    assert found_by(stranger, "langit-biru") == []
    assert db.session.scalar(select(func.count()).select_from(SearchEntry)) == len(kept)
    for check in invariants.CHECKS.values():
        assert db.session.scalars(check()).all() == []
