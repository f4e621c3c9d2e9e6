"""copies of one's own data, erased accounts, and posts whose writer covered something"""

import sqlalchemy as sa
from alembic import op

revision = "0014_data_rights"
down_revision = "0013_second_factor"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "data_export",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_data_export_member_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_export")),
        sa.UniqueConstraint("public_id", name=op.f("uq_data_export_public_id")),
    )
    op.create_index(op.f("ix_data_export_member_id"), "data_export", ["member_id"])
    op.create_table(
        "erasure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column(
            "posts",
            sa.Enum("remove", "keep", name="postsfate", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("mark", name=op.f("uq_erasure_mark")),
        sa.UniqueConstraint("member_id", name=op.f("uq_erasure_member_id")),
    )
    op.create_index(op.f("ix_erasure_done_at"), "erasure", ["done_at"])
    op.add_column(
        "post",
        sa.Column("is_self_covered", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "member", sa.Column("erase_key", sa.String(length=32), server_default="", nullable=False)
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    key = "lower(hex(randomblob(16)))" if is_sqlite else "replace(gen_random_uuid()::text, '-', '')"
    op.execute(f"UPDATE member SET erase_key = {key}")  # noqa: S608 (two constants)


def downgrade() -> None:
    op.drop_column("member", "erase_key")
    op.drop_column("post", "is_self_covered")
    op.drop_table("erasure")
    op.drop_table("data_export")
