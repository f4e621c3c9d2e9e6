"""check ins"""

import sqlalchemy as sa
from alembic import op

revision = "0002_check_ins"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "check_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("moderator_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["moderation_case.id"], name=op.f("fk_check_in_case_id_moderation_case")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_check_in_member_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["member.id"], name=op.f("fk_check_in_moderator_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in")),
        sa.UniqueConstraint("public_id", name=op.f("uq_check_in_public_id")),
    )
    with op.batch_alter_table("check_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_check_in_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            "ix_check_in_member_id_read_at", ["member_id", "read_at"], unique=False
        )

    op.create_table(
        "check_in_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("check_in_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column(
            "who",
            sa.Enum("moderator", "member", name="speaker", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("renderer_version", sa.Integer(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "safe",
                "not_safe",
                "want_to_talk",
                "none",
                name="quickanswer",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submission_key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["member.id"], name=op.f("fk_check_in_message_author_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["check_in_id"], ["check_in.id"], name=op.f("fk_check_in_message_check_in_id_check_in")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in_message")),
        sa.UniqueConstraint(
            "author_id", "submission_key", name=op.f("uq_check_in_message_author_id_submission_key")
        ),
    )
    with op.batch_alter_table("check_in_message", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_check_in_message_check_in_id"), ["check_in_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("check_in_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_check_in_message_check_in_id"))

    op.drop_table("check_in_message")
    with op.batch_alter_table("check_in", schema=None) as batch_op:
        batch_op.drop_index("ix_check_in_member_id_read_at")
        batch_op.drop_index(batch_op.f("ix_check_in_case_id"))

    op.drop_table("check_in")
