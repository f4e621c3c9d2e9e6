"""What both databases give back alike."""

from datetime import UTC, timedelta

import pytest
from sqlalchemy import select, text

from forum.clock import now
from forum.extensions import db
from forum.posts.models import Post
from tests.factories import make_thread


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "America/New_York"])
def test_moments_are_utc_whatever_the_zone_of_the_server(context, zone):
    opening = make_thread()
    written = opening.created_at
    if db.engine.dialect.name == "postgresql":
        # As in the settings of a server that was installed where its operator lives.
        db.session.execute(text(f"SET LOCAL TIME ZONE '{zone}'"))
        assert db.session.scalar(text("SHOW TIME ZONE")) == zone
    found = db.session.scalar(select(Post.created_at).where(Post.id == opening.id))
    assert found.tzinfo is UTC
    assert found == written
    assert found.hour == written.astimezone(UTC).hour
    assert now() - found < timedelta(minutes=1)
