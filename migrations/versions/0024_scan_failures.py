"""posts know which of their texts was given to a human because no scan could read it"""

import sqlalchemy as sa
from alembic import op

revision = "0024_scan_failures"
down_revision = "0023_held_posts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "post", sa.Column("given_up_version", sa.Integer(), server_default="0", nullable=False)
    )
    # A text that was written after the failure has a scan of its own on the way.
    op.execute("""
        UPDATE post SET given_up_version = version
        WHERE scanned_version < version
        AND EXISTS (SELECT 1 FROM scan_failure WHERE scan_failure.post_id = post.id)
        AND NOT EXISTS (
            SELECT 1 FROM job WHERE job.subject_id = post.id AND job.kind = 'scan_post'
            AND job.state IN ('pending', 'leased'))
    """)


def downgrade() -> None:
    op.drop_column("post", "given_up_version")
