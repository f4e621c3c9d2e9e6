"""a report says which text it is about and may come again; texts replaced before their scan"""

import sqlalchemy as sa
from alembic import op

revision = "0025_reported_versions"
down_revision = "0024_scan_failures"
branch_labels = None
depends_on = None

ONCE = "uq_report_post_id_reporter_id_door"
ONCE_A_TEXT = "uq_report_post_id_reporter_id_door_case_id_post_version"


def upgrade() -> None:
    op.add_column("report", sa.Column("post_version", sa.Integer(), nullable=True))
    # What it was about then is written nowhere.
    op.execute(
        "UPDATE report SET post_version = (SELECT version FROM post WHERE post.id = report.post_id)"
    )
    # No other table refers to this one, so SQLite may build it anew.
    with op.batch_alter_table("report") as batch:
        batch.alter_column("post_version", existing_type=sa.Integer(), nullable=False)
        batch.drop_constraint(ONCE, type_="unique")
        batch.create_unique_constraint(
            ONCE_A_TEXT, ["post_id", "reporter_id", "door", "case_id", "post_version"]
        )
    op.create_table(
        "earlier_text",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_earlier_text_post_id_post")
        ),
        sa.PrimaryKeyConstraint("post_id", "version", name=op.f("pk_earlier_text")),
    )


def downgrade() -> None:
    op.drop_table("earlier_text")
    op.execute(
        "DELETE FROM report WHERE EXISTS (SELECT 1 FROM report AS later"
        " WHERE later.post_id = report.post_id AND later.reporter_id = report.reporter_id"
        " AND later.door = report.door AND later.id > report.id)"
    )
    with op.batch_alter_table("report") as batch:
        batch.drop_constraint(ONCE_A_TEXT, type_="unique")
        batch.create_unique_constraint(ONCE, ["post_id", "reporter_id", "door"])
        batch.drop_column("post_version")
