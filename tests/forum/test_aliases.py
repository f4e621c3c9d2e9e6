"""Names of single rooms: how they are chosen, and that no reader can join two of them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import delete, func, select

from forum.accounts import aliases, passphrases
from forum.accounts.aliases import AliasChosen, TooAlike, choose_name, is_alike, suggest_aliases
from forum.accounts.models import Alias, Member, Role
from forum.accounts.operations import NameTaken, WrongSecret, check_passphrase, join
from forum.extensions import db
from forum.posts.models import Post
from forum.posts.operations import reply, start_thread
from forum.rooms.models import ContentWarning
from moderation.cases.intake import context_of
from moderation.cases.models import Case, Door
from moderation.reports.operations import report_post
from moderation.unveiling.operations import WHO
from tests.crawl import Blocks, crawl, near
from tests.factories import make_member, make_reply, make_room, make_thread, scan_all
from tests.moderation.test_crisis import race
from tests.pages import Page, send
from tests.system import ROOT

OWN, OTHER = "hangat-kenari-64", "lembut-rumput-31"
ALIAS = "sore-melati-27"


def name_of(post: Post) -> str:
    return post.author_name


# Choosing


def test_the_first_words_in_a_room_may_have_another_name(app, browser_of):
    with app.app_context():
        make_member(OWN)
        slug = make_room("ruang-satu").slug
        db.session.commit()
    client = browser_of(OWN)
    page = client.get(f"/ruang/{slug}/tulis")
    values = Page(page).form().values
    assert values["write_as"] == "own"
    assert not is_alike(values["alias"], [OWN])
    sent = send(client, f"/ruang/{slug}/tulis", title="T", body="B", write_as="other", alias=ALIAS)
    assert sent.status_code == 302
    thread = client.get(sent.location).get_data(as_text=True)
    assert f"You write here as {ALIAS}" in thread
    assert "free-aliases" not in thread
    with app.app_context():
        scan_all()
    seen = app.test_client().get(sent.location).get_data(as_text=True)
    assert ALIAS in seen
    assert OWN not in seen
    assert ALIAS in client.get("/akun").get_data(as_text=True)


def test_without_a_choice_it_is_the_pseudonym_and_is_asked_once(app, browser_of):
    with app.app_context():
        make_member(OWN)
        slug = make_room("ruang-satu").slug
        db.session.commit()
    client = browser_of(OWN)
    send(client, f"/ruang/{slug}/tulis", title="T", body="B")
    with app.app_context():
        assert db.session.scalars(select(Post)).one().alias_id is None
        assert db.session.scalars(select(Alias)).one().name is None
    page = Page(client.get(f"/ruang/{slug}/tulis"))
    assert "alias" not in page.form().values
    assert f"You write here as {OWN}" in page.text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("ab", "3 to 24"),
        ("0812 3456 789", "number that belongs to you"),
        ("teduh-admin", "someone of the team"),
        ("zzred", "could weigh"),
        (OTHER.upper(), "Someone here has this name"),
        ("hangat-melati-27", "looks like your other name"),
        ("hangat.kenari", "looks like your other name"),
    ],
)
def test_an_unfit_name_is_refused_and_nothing_typed_is_lost(app, browser_of, typed, says):
    with app.app_context():
        make_member(OWN)
        make_member(OTHER)
        slug = make_room("ruang-satu").slug
        db.session.commit()
    client = browser_of(OWN)
    sent = send(
        client, f"/ruang/{slug}/tulis", title="zz-t", body="zz-b", write_as="other", alias=typed
    )
    page = Page(sent)
    assert sent.status_code == 200
    assert says in page.text
    values = page.form().values
    assert (values["title"], values["body"], values["write_as"]) == ("zz-t", "zz-b", "other")
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Post)) == 0
        assert db.session.scalar(select(func.count()).select_from(Alias)) == 0


def test_the_account_page_says_who_may_ask_whether_two_names_are_one(app, browser_of):
    with app.app_context():
        choose_name(make_member(OWN), make_room().id, ALIAS)
        db.session.commit()
    assert WHO == (Role.LEAD, Role.ADMIN)
    says = "Only two people, leads or admins, can ask together whether two names are one person."
    assert says in Page(browser_of(OWN).get("/akun")).text


def test_pseudonyms_and_aliases_are_one_pool_of_names(context):
    person, room = make_member(OWN), make_room()
    choose_name(person, room.id, ALIAS)
    with pytest.raises(NameTaken):
        join(ALIAS.upper(), "a long passphrase", language="en")
    with pytest.raises(NameTaken):
        choose_name(make_member(), room.id, ALIAS)
    with pytest.raises(NameTaken):
        choose_name(make_member(OTHER), room.id, OWN)


def test_nobody_signs_in_by_an_alias(context):
    person, _ = join(OWN, "a long passphrase", language="en")
    choose_name(person, make_room().id, ALIAS)
    with pytest.raises(WrongSecret):
        check_passphrase(ALIAS, "a long passphrase")
    assert check_passphrase(OWN, "a long passphrase").id == person.id


def test_a_name_once_chosen_stays_and_nobody_gets_another_than_they_expect(context):
    person, room = make_member(OWN), make_room()
    chosen = choose_name(person, room.id, ALIAS)
    assert choose_name(person, room.id, None) is chosen
    assert choose_name(person, room.id, ALIAS) is chosen
    with pytest.raises(AliasChosen):
        choose_name(person, room.id, "lain-kelinci-55")
    plain = make_room()
    choose_name(person, plain.id, None)
    with pytest.raises(AliasChosen):
        choose_name(person, plain.id, "lain-kelinci-55")


def test_two_forms_at_once_choose_one_name(context, monkeypatch):
    person, room = make_member(OWN), make_room()
    first = choose_name(person, room.id, ALIAS)
    db.session.flush()
    real, calls = aliases.alias_in, []

    def late(*asked: object) -> Alias | None:
        calls.append(asked)
        return None if len(calls) == 1 else real(*asked)

    monkeypatch.setattr(aliases, "alias_in", late)
    assert choose_name(person, room.id, None) is first


def test_of_two_who_want_one_name_at_once_one_gets_it(app, monkeypatch):
    """One as a pseudonym, one as an alias: the two stand in different tables."""
    monkeypatch.setattr(passphrases, "_hasher", PasswordHasher(1, 8, 1))
    with app.app_context():
        person, room = make_member(OWN).id, make_room().id
        db.session.commit()
    for number in range(10):
        name = f"sore-melati-{number + 20}"
        with app.app_context():
            db.session.execute(delete(Alias))
            db.session.commit()

        def take(name: str = name) -> None:
            choose_name(db.session.get_one(Member, person), room, name)

        def join_as(name: str = name) -> None:
            join(name.upper(), "a long passphrase", language="en")

        found = sorted(map(str, race(app, take, join_as)))
        assert found == sorted(["done", str(NameTaken)])


def test_suggestions_share_nothing_with_the_names_one_has(context):
    person = make_member(OWN)
    choose_name(person, make_room().id, ALIAS)
    for name in suggest_aliases(person, 300):
        assert not is_alike(name, [OWN, ALIAS])
        assert not set(name.split("-")) & {*OWN.split("-"), *ALIAS.split("-")}


def test_a_thread_keeps_its_names_when_it_moves(context):
    """Else the same words would stand under one name before and another after."""
    person = make_member(OWN)
    old, new = make_room(), make_room()
    opening = start_thread(
        person, old, title="T", body="B", warning=ContentWarning.NONE, submission_key="a" * 16,
        name=ALIAS,
    )  # fmt: skip
    reply(person, make_thread(room=new).thread, body="B", submission_key="b" * 16, name=None)
    opening.thread.room = new
    db.session.flush()
    later = reply(person, opening.thread, body="More.", submission_key="c" * 16)
    assert name_of(opening) == name_of(later) == ALIAS
    with pytest.raises(AliasChosen):
        reply(person, opening.thread, body="x", submission_key="d" * 16, name="lain-kelinci-55")
    with pytest.raises(TooAlike):
        choose_name(person, make_room().id, "melati-biru-44")


def test_staff_on_duty_sign_with_their_own_name(context):
    person, opening = make_member(OWN), make_thread()
    choose_name(person, opening.thread.room_id, ALIAS)
    on_duty = reply(person, opening.thread, body="B", submission_key="a" * 16, as_volunteer=True)
    as_peer = reply(person, opening.thread, body="B", submission_key="b" * 16)
    assert (name_of(on_duty), name_of(as_peer)) == (OWN, ALIAS)


# Nobody joins two names


@pytest.fixture
def two_names(app: Flask) -> tuple[str, str, list[str]]:
    """One person with a name in each of two rooms, and others who do all the same there.

    Returns both names and those of the others. Reports, cases and an edit are among it.
    """
    others = ["lirih-bambu-48", "kabut-merpati-73", "tepi-jagung-85", "angin-kelapa-52"]
    with app.app_context(), time_machine.travel(datetime(2026, 9, 1, 3, tzinfo=UTC)) as clock:
        person = make_member(OWN)
        rooms = [make_room("ruang-satu"), make_room("ruang-dua")]
        reader = make_member("pembaca-setia-22")
        make_member("rani-kita-11", Role.MODERATOR)
        crowd = [make_member(name) for name in others]
        writers = [(person, rooms[0], None), (person, rooms[1], ALIAS)]
        writers += [(one, rooms[number % 2], None) for number, one in enumerate(crowd)]
        for number, (one, room, name) in enumerate(writers):
            clock.shift(timedelta(days=1))
            opening = start_thread(
                one, room, title=f"judul{number}a", body=f"isi{number}b zzamber",
                warning=ContentWarning.NONE, submission_key=f"{number:016}", name=name,
            )  # fmt: skip
            make_reply(opening, one, body=f"lagi{number}c zzred")
            make_reply(opening, body=f"jawab{number}d")
            scan_all()
            report_post(reader, opening, Door.WORRY, "")
        db.session.commit()
    return OWN, ALIAS, others


def shared(pages: dict[str, Blocks], names: tuple[str, str, list[str]]) -> set[str]:
    """Return what stands near both names of a person and near nobody else's."""
    first, second, others = names
    around = [near(pages, name) for name in (first, second)]
    assert all(len(values) > 10 for values in around)
    everybody = set().union(*(near(pages, name) for name in others))
    return (around[0] & around[1]) - everybody


def search_for_each(client, names: tuple[str, str, list[str]]) -> dict[str, Blocks]:
    """Return what a search for each name finds, by a made-up address."""
    first, second, others = names
    pages = {}
    for name in (first, second, *others):
        found = send(client, "/cari", "/cari", asked=name)
        pages[f"/cari {name}"] = blocks = Blocks(found.get_data(as_text=True))
        links = [link for link in blocks.links if link.startswith("/tulisan/")]
        assert len(links) == 2, name
    return pages


READERS = ("visitor", "pembaca-setia-22", "volunteer-kita", "rani-kita-11", "lead-kita")
# Leads read all that volunteers and moderators do.
CRAWLS = [
    *(("sqlite", reader) for reader in READERS),
    *(("postgresql", reader) for reader in (*READERS[:2], READERS[-1])),
]


@pytest.mark.parametrize(
    ("database_url", "reader"), CRAWLS, indirect=["database_url"], scope="session"
)
def test_who_crawls_everything_finds_nothing_that_two_names_share(
    app, browser_of, two_names, reader
):
    with app.app_context():
        for name in ("volunteer-kita", "lead-kita"):
            make_member(name, Role(name.split("-")[0]))
        db.session.commit()
    # At one hour of the day one name waits for as many days as the other is late.
    with time_machine.travel(datetime(2026, 9, 20, 12, tzinfo=UTC)):
        client = app.test_client() if reader == "visitor" else browser_of(reader)
        start = ["/"] if reader in READERS[:2] else ["/", "/meja", "/catatan", "/keterbukaan"]
        pages = crawl(client, start)
        if reader != "visitor":
            pages |= search_for_each(client, two_names)
    assert shared(pages, two_names) == set()
    if reader in READERS[2:]:
        assert any(address.startswith("/meja/kasus/") for address in pages)
    else:
        # Rooms and threads have one of the two names each; the desk lists all that waits.
        for page in pages.values():
            text = " ".join(value for block in page.blocks for value in block)
            assert not (OWN in text and ALIAS in text)


@pytest.mark.parametrize(
    "leak", ["post.author_id", "post.author.joined_on", "post.alias.member_id"]
)
def test_the_crawl_would_find_a_leak(app, browser_of, two_names, leak, monkeypatch):
    loader = app.jinja_env.loader
    real = loader.get_source
    if "joined" in leak:
        with app.app_context():
            person = db.session.scalar(select(Member).where(Member.pseudonym == OWN))
            person.joined_on -= timedelta(days=33)
            db.session.commit()
    if "alias" in leak:
        leak = "post.alias.member_id or post.author_id"

    def leaky(environment, template):
        source, name, fresh = real(environment, template)
        if template == "posts/thread.html":
            mark = f'<section data-who="id-{{{{ {leak} }}}}">{{{{ post.author_name }}}}</section>'
            source = source.replace("{{ show_post(", mark + "{{ show_post(")
        return source, name, fresh

    monkeypatch.setattr(loader, "get_source", leaky)
    app.jinja_env.cache.clear()
    try:
        assert shared(crawl(app.test_client()), two_names) != set()
    finally:
        app.jinja_env.cache.clear()


# Staff sign rules, messages, reports of the team and shifts with their own name; a person who
# reads their own page is on it under theirs. Two properties know which name a post or case has.
PRINTED_ELSEWHERE = {
    "templates/accounts/codes.html": "member.pseudonym",
    # Who applies does so under their own name; facilitators and turns of the rota are the team's.
    "templates/applications/people.html": "member.pseudonym",
    "templates/applications/show.html": "member.pseudonym",
    "templates/group_desk/show.html": "member.pseudonym",
    "templates/groups/show.html": "member.pseudonym",
    "templates/rota/index.html": "member.pseudonym",
    "templates/factors/recoveries.html": "member.pseudonym",
    "templates/lab/version.html": "author.pseudonym",
    "templates/macros/check_ins.html": "author.pseudonym",
    "templates/rules/index.html": "author.pseudonym",
    "templates/volunteers/team.html": "member.pseudonym",
    "forum/accounts/aliases.py": "member.pseudonym",
    # Whose passphrase is asked for once more.
    "forum/accounts/views.py": "member.pseudonym",
    # It looks for the name of the group's room first.
    "forum/groups/queries.py": "member.pseudonym",
    "forum/posts/forms.py": "member.pseudonym",
    "forum/posts/models.py": "author.pseudonym",
    "forum/posts/queries.py": "member.pseudonym",
    "moderation/cases/models.py": "subject.pseudonym",
    # The moderators of a room, by the names of the team.
    "moderation/rooms/queries.py": "member.pseudonym",
    # Who erases or copies what is their own, under their own name.
    "moderation/rights/erasure.py": "member.pseudonym",
    "moderation/rights/export.py": "member.pseudonym",
    "moderation/rights/views.py": "member.pseudonym",
}


def test_no_other_page_prints_a_pseudonym_beside_what_somebody_wrote():
    """What prints one anew must be looked at: in a room the person may have another name."""
    found = {}
    for folder in ("templates", "forum", "moderation"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".html", ".py"):
                for name in re.findall(r"\b(?:author|subject|member)\.pseudonym", path.read_text()):
                    found[str(path.relative_to(ROOT))] = name
    assert found == PRINTED_ELSEWHERE


def test_an_own_case_for_each_name_and_none_tells_of_the_other(app, browser_of, two_names):
    with app.app_context():
        cases = db.session.scalars(
            select(Case).join(Member, Member.id == Case.subject_id).where(Member.pseudonym == OWN)
        ).all()
        assert sorted(case.subject_name for case in cases) == sorted([OWN, ALIAS])
        assert len({case.subject_id for case in cases}) == 1
        addresses = {case.subject_name: f"/meja/kasus/{case.public_id}" for case in cases}
        titles = {case.subject_name: case.thread.title for case in cases}
    client = browser_of("rani-kita-11")
    for name, other in ((OWN, ALIAS), (ALIAS, OWN)):
        send(client, addresses[name], "/ambil")
        read = Blocks(client.get(addresses[name]).get_data(as_text=True))
        telling = [block for block in read.blocks if {other, titles[other]} & set(block)]
        # The queue beside the case links to everyone's; nothing else does, and no list of cases
        # that it could be joined to.
        assert all(addresses[other] in block for block in telling)
        assert len(telling) <= 1


def test_what_was_done_to_an_account_is_told_on_cases_of_that_name(app, browser_of, two_names):
    with app.app_context():
        cases = {
            case.subject_name: f"/meja/kasus/{case.public_id}"
            for case in db.session.scalars(select(Case))
        }
    client = browser_of("rani-kita-11")
    send(client, cases[ALIAS], "/ambil")
    sent = send(
        client,
        cases[ALIAS],
        "/akun",
        measure="warn",
        reason="method",
        words="zz-words",
    )
    assert sent.status_code == 302
    assert "warned:" in Page(client.get(cases[ALIAS])).text
    assert "warned:" not in Page(client.get(cases[OWN])).text


def test_danger_is_seen_across_rooms_without_telling_where(context):
    """What a person wrote elsewhere may raise the level here; see decision 0021."""
    person = make_member(OWN)
    first, second = make_room(), make_room()
    start_thread(
        person, first, title="T", body="zzamber", warning=ContentWarning.NONE,
        submission_key="a" * 16,
    )  # fmt: skip
    scan_all()
    opening = start_thread(
        person, second, title="T", body="calm", warning=ContentWarning.NONE,
        submission_key="b" * 16, name=ALIAS,
    )  # fmt: skip
    assert context_of(opening).amber_recent
