"""held posts whose case ended before anybody had decided: they wait on a case again"""

import secrets
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0023_held_posts"
down_revision = "0022_rooms"
branch_labels = None
depends_on = None

AMBER = 1
AMBER_TARGET = timedelta(hours=12)
MOMENT = sa.DateTime(timezone=True)
CASES = sa.table(
    "moderation_case",
    sa.column("id", sa.Integer),
    sa.column("public_id", sa.String),
    sa.column("thread_id", sa.Integer),
    sa.column("subject_id", sa.Integer),
    sa.column("alias_id", sa.Integer),
    sa.column("lane", sa.String),
    sa.column("level", sa.Integer),
    sa.column("state", sa.String),
    sa.column("version", sa.Integer),
    sa.column("reading", sa.String),
    sa.column("opened_at", MOMENT),
    sa.column("due_at", MOMENT),
)
# As `held posts that nobody decides` in moderation/closing/invariants.py finds them.
WAITING = sa.text("""
    SELECT post.thread_id, post.author_id, MIN(post.alias_id) FROM post
    WHERE post.visibility = 'held'
    AND NOT EXISTS (
        SELECT 1 FROM moderation_case AS c WHERE c.thread_id = post.thread_id
        AND c.subject_id = post.author_id AND c.state <> 'closed' AND c.lane <> 'appeal')
    AND NOT EXISTS (
        SELECT 1 FROM measure WHERE measure.post_id = post.id
        AND measure.kind = 'hold' AND measure.undone_at IS NULL)
    GROUP BY post.thread_id, post.author_id
""")


def upgrade() -> None:
    connection = op.get_bind()
    moment = datetime.now(UTC)
    for thread_id, author_id, alias_id in connection.execute(WAITING).all():
        last = connection.execute(
            sa.select(CASES.c.lane, CASES.c.level)
            .where(
                CASES.c.thread_id == thread_id,
                CASES.c.subject_id == author_id,
                # These speak of something that is over.
                CASES.c.lane.not_in(("appeal", "follow_up", "check_in")),
            )
            .order_by(CASES.c.id.desc())
            .limit(1)
        ).one_or_none()
        connection.execute(
            CASES.insert().values(
                public_id=secrets.token_urlsafe(16),
                thread_id=thread_id,
                subject_id=author_id,
                alias_id=alias_id,
                lane=last.lane if last else "room",
                # A human has answered what was urgent; what is left is what becomes of the post.
                level=min(last.level, AMBER) if last else 0,
                state="waiting",
                version=1,
                reading="ordinary",
                opened_at=moment,
                due_at=moment + AMBER_TARGET,
            )
        )


def downgrade() -> None:
    """Leave the cases: a human looks at them, with either schema."""
