"""The made-up forum that speed is measured on: whole, sound, and the same in every run."""

import pytest
from sqlalchemy import func, select

from benchmarks.fill import fill
from benchmarks.parts.talk import Size
from forum.accounts.models import Member
from forum.extensions import db
from forum.posts.models import Post, Thread
from forum.rooms.models import Room
from forum.search.indexing import entry_of
from forum.search.models import SearchEntry
from forum.search.queries import search
from moderation.alerts.invariants import check_alerts
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Case, CaseState
from moderation.rights.retention import due
from tests.factories import sign_in
from tests.pages import Page

SIZE = Size(posts=600, members=120, cases=60, open_cases=12)


@pytest.fixture
def filled(app):
    with app.app_context():
        for number in range(3):
            db.session.add(
                Room(
                    slug=f"ruang-{number}",
                    name_id="Ruang",
                    name_en="Room",
                    description_id="-",
                    description_en="-",
                    position=number,
                )
            )
        db.session.commit()
    fill(app, SIZE)
    return app


def test_a_filled_database_is_sound_and_every_page_opens(filled):
    with filled.app_context():
        broken = [found for found in [*check_alerts(), *check_invariants()] if found.broken]
        assert broken == []
        assert [each.rows for each in due() if each.rows] == [], "nothing waits to be forgotten"
        counts = [
            db.session.scalar(select(func.count()).select_from(table))
            for table in (Post, SearchEntry, Member, Case)
        ]
        assert counts == [600, 600, 120, 60]
        assert db.session.scalar(select(func.count()).where(Case.state == CaseState.WAITING)) == 12
        for post in db.session.scalars(select(Post).where(Post.id % 97 == 1)):
            entry = db.session.get_one(SearchEntry, post.id)
            assert entry_of(post) == {"words": entry.words, "is_open": entry.is_open}
        first = db.session.get_one(Thread, 1).public_id
        member, word = db.session.get_one(Member, 50), entry.words.split()[0]
        assert search(member, word).items
        name = member.pseudonym
        db.session.remove()
    page = Page(filled.test_client().get(f"/utas/{first}"))
    assert sum(tag == "article" for tag, _ in page.tags) == 20
    assert sign_in(filled, "penulis-fiktif-4").get("/meja").status_code == 200
    own = sign_in(filled, name)
    assert own.get("/").status_code == 200
    # The database goes on counting where the filled rows end.
    with filled.app_context():
        db.session.add(
            Room(slug="neu", name_id="-", name_en="-", description_id="-", description_en="-")
        )
        db.session.commit()


def test_who_is_there_already_is_not_mixed_with_made_up_people(filled):
    with pytest.raises(ValueError, match="empty one"):
        fill(filled, SIZE)
