"""What a case is about stands on its page, however much its person writes."""

from typing import Any

import pytest
from sqlalchemy import select

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from forum.outbox import Job
from forum.posts.models import Post, Visibility
from forum.posts.operations import SCAN_POST, edit, set_visibility
from forum.rooms.models import ContentWarning
from moderation.cases import operations as cases
from moderation.cases.around import FIRST, posts_around
from moderation.cases.brought import what_brought
from moderation.cases.intake import give_up_scan
from moderation.cases.models import Case, CloseReason, Door, Lane
from moderation.cases.opening import open_case
from moderation.closing import operations as closing
from moderation.closing.models import Judgement
from moderation.closing.operations import Closing
from moderation.measures import operations as measures
from moderation.measures.held import held_posts
from moderation.measures.merging import merge
from moderation.measures.models import Measure, MeasureReason
from moderation.measures.operations import Why
from moderation.reports.operations import report_post
from moderation.risk.levels import Level
from tests.factories import make_member, make_reply, make_thread, scan_all, sign_in
from tests.moderation.test_closing import SHOW
from tests.pages import Page

SIGNS = 4
FEW = 2


def talk(post: Post, number: int = 4, author: Member | None = None) -> list[Post]:
    """Let one person go on calmly, so that what came before is far away."""
    author = author or make_member()
    return [make_reply(post, author) for _ in range(number)]


def write_ambers(opening: Post, number: int = SIGNS) -> list[Post]:
    """Let the thread's author write much that a rule flags, each far from the next."""
    ambers = []
    for _ in range(number):
        talk(opening, 2)
        ambers.append(make_reply(opening, opening.author, "I am zzamber."))
    return ambers


def the_case() -> Case:
    return db.session.scalars(select(Case)).one()


def shown(case: Case, **more: Any) -> set[int]:
    return {post.id for post in posts_around(case, **more).posts}


@pytest.mark.parametrize("sign", ["zzred", "zzcrisis"])
def test_the_worst_post_stays_however_much_follows(context, sign):
    opening = make_thread(body=f"I am {sign}.")
    ids = [post.id for post in write_ambers(opening)]
    scan_all()
    case = the_case()
    assert shown(case, most=FEW) & {opening.id, *ids} == {opening.id, *ids[-FEW:]}
    assert posts_around(case, most=FEW).left_out == SIGNS - FEW
    assert shown(case) >= {opening.id, *ids}
    assert posts_around(case).left_out == 0


def test_closing_shows_no_post_that_was_not_on_the_page(context):
    opening = make_thread()
    set_visibility(opening, Visibility.HELD)
    write_ambers(opening)
    scan_all()
    case, page = the_case(), shown(the_case(), most=FEW)
    rani, budi = make_member("rani", Role.MODERATOR), make_member("budi", Role.MODERATOR)
    cases.claim(rani, case, case.version)
    closing.close(rani, case, case.version, Closing(CloseReason.NO_RISK))
    cases.claim(budi, case, case.version)
    closing.give_opinion(budi, case, case.version, Judgement.NO_ACTION, "", held=SHOW)
    db.session.commit()
    published = set(db.session.scalars(select(Measure.post_id)))
    assert published == {opening.id}
    assert published <= page


def test_what_is_held_stays_where_nothing_is_flagged(context):
    opening = make_thread()
    set_visibility(opening, Visibility.HELD)
    talk(opening)
    talk(opening, 6, opening.author)
    scan_all()
    case = open_case(opening, Lane.NEWCOMER, Level.GREEN)
    db.session.commit()
    assert opening.id in shown(case, most=FEW)
    assert posts_around(case, most=FEW).left_out == 6 - FEW - 2, "two more stand there beside them"


def test_what_was_held_from_here_of_somebody_else_stays(context):
    opening = make_thread(body="I am zzamber.")
    talk(opening)
    other = make_reply(opening)
    talk(opening)
    scan_all()
    case, rani = the_case(), make_member("rani", Role.MODERATOR)
    assert other.id not in shown(case)
    cases.claim(rani, case, case.version)
    measures.hold(rani, case, case.version, other, Why(MeasureReason.HARASSMENT, "words"))
    db.session.commit()
    assert held_posts(case) == [other]
    assert other.id in shown(case)


def test_what_no_rule_has_read_stays(context):
    opening = make_thread()
    talk(opening)
    make_reply(opening, opening.author, "I am zzamber.")
    scan_all()
    case = the_case()
    assert opening.id not in shown(case)
    edit(opening.author, opening, body="New.", warning=ContentWarning.NONE, title="A title")
    db.session.commit()
    assert opening.id in shown(case)


# What others told, and what no scan could read


def give_up(post: Post) -> None:
    """Let every attempt to scan a post fail, as the outbox does in the end."""
    job = Job(kind=SCAN_POST, subject_id=post.id, run_at=now(), created_at=now())
    db.session.add(job)
    db.session.flush()
    give_up_scan(post.id, job.id)


def far_from_a_flag() -> tuple[Post, Post]:
    """Return a calm reply that no flag is near, and the flagged one; their writer is the same."""
    opening = make_thread()
    mine = make_reply(opening, opening.author, "Words that no rule knows.")
    talk(opening)
    flagged = make_reply(opening, opening.author, "I am zzamber.")
    scan_all()
    assert mine.id not in shown(the_case())
    return mine, flagged


@pytest.mark.parametrize("door", Door)
def test_what_was_reported_stands_on_the_page(context, door):
    mine, _ = far_from_a_flag()
    report_post(make_member(), mine, door, "")
    assert mine.id in shown(the_case())


def test_what_no_scan_could_read_stands_on_the_page(context):
    mine, _ = far_from_a_flag()
    give_up(mine)
    assert mine.visibility is Visibility.VISIBLE
    assert mine.id in shown(the_case())


def test_what_brought_a_joined_case_stands_on_the_page_too(context):
    """However often it was joined; only in the same thread, another one has its own page."""
    mine, flagged = far_from_a_flag()
    into, rani = the_case(), make_member("rani", Role.MODERATOR)
    talk(flagged)
    told = make_reply(flagged)
    talk(flagged)
    tired = make_reply(flagged, body="I am zzamber.")
    talk(flagged)
    scan_all()
    report_post(make_member(), told, Door.BREACH, "")
    first = db.session.scalars(select(Case).where(Case.subject_id == told.author_id)).one()
    second = db.session.scalars(select(Case).where(Case.subject_id == tired.author_id)).one()
    assert not shown(into) & {told.id, tired.id}
    for case, goes_on in ((first, second), (second, into)):
        cases.claim(rani, case, case.version)
        merge(rani, case, case.version, goes_on, "")
        db.session.commit()
    brought = what_brought(into)
    assert [found.case for found in brought] == [into, second, first]
    assert brought[2].reports[0].post is told
    ids = [found.case.id for found in brought[1:]]
    assert shown(into, joined=ids) >= {told.id, tired.id, flagged.id}
    assert mine.id not in shown(into, joined=ids)


@pytest.mark.parametrize(
    ("language", "unreadable"),
    [("en", "The rules could not read this post."), ("id", "Aturan tidak bisa membaca")],
)
def test_each_reason_leads_to_its_post(app, language, unreadable):
    with app.app_context():
        make_member("rani", Role.MODERATOR, language)
        mine, flagged = far_from_a_flag()
        report_post(make_member(), mine, Door.WORRY, "")
        give_up(flagged)
        later = make_reply(flagged, flagged.author, "I am zzcrisis.")
        scan_all()
        assert the_case().lane is Lane.RISK, "the lane alone does not tell of the failed scan"
        address = f"/meja/kasus/{the_case().public_id}"
        posts = {f"p-{post.public_id}" for post in (mine, flagged, later)}
        db.session.rollback()
    page = Page(sign_in(app, "rani").get(address))
    assert {link[1:] for link in page.links if link.startswith("#p-")} == posts
    assert posts <= {attributes.get("id") for _, attributes in page.tags}
    assert unreadable in page.text


# What the page says


def test_what_says_the_same_of_many_posts_is_one_reason(context):
    opening = make_thread(body="I am zzred.")
    ambers = write_ambers(opening)
    scan_all()
    (found,) = what_brought(the_case())
    posts = [[flag.post_id for flag in flags] for flags in found.reasons]
    assert posts == [[opening.id], [post.id for post in ambers]]


@pytest.mark.parametrize(
    ("language", "more", "members_only"),
    [("en", "3 more posts", False), ("id", "3 tulisan lagi", True)],
)
def test_the_page_says_how_many_more_there_are_and_shows_them(app, language, more, members_only):
    with app.app_context():
        make_member("rani", Role.MODERATOR, language)
        opening = make_thread(body="I am zzred.")
        opening.thread.room.members_only = members_only
        first = write_ambers(opening, FIRST + 3)[0]
        scan_all()
        address, part = f"/meja/kasus/{the_case().public_id}", f"p-{first.public_id}"
        db.session.rollback()
    rani = sign_in(app, "rani")
    page = Page(rani.get(address))
    assert more in page.text
    assert f"{address}?posts=all#{part}" in page.links, "a reason leads to what is left out, too"
    (further,) = (link for link in page.links if link.endswith("posts=all#posts"))
    whole = Page(rani.get(further))
    assert more not in whole.text
    assert f"#{part}" in whole.links
    assert whole.text.count("I am") - page.text.count("I am") == 3
