"""shifts, passed cases and topics"""

import sqlalchemy as sa
from alembic import op

revision = "0010_shifts"
down_revision = "0009_queue"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("weighed", sa.Text(), nullable=False),
        sa.Column("helped", sa.Text(), nullable=False),
        sa.Column("wished", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_shift_member_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
    )
    op.create_index("ix_shift_member_id_started_at", "shift", ["member_id", "started_at"])
    op.create_index("ix_shift_started_at", "shift", ["started_at"])
    op.create_index(
        "uq_shift_open",
        "shift",
        ["member_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "skip",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["moderation_case.id"], name=op.f("fk_skip_case_id_moderation_case")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_skip_member_id_member")
        ),
        sa.PrimaryKeyConstraint("member_id", "case_id", name=op.f("pk_skip")),
    )
    op.create_index(op.f("ix_skip_created_at"), "skip", ["created_at"])
    op.create_table(
        "opt_out",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "topic",
            sa.Enum(
                "none",
                "suicide",
                "self_harm",
                "abuse",
                "eating",
                "substance",
                "grief",
                name="contentwarning",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_opt_out_member_id_member")
        ),
        sa.PrimaryKeyConstraint("member_id", "topic", name=op.f("pk_opt_out")),
    )
    op.create_index(
        "ix_decision_moderator_id_created_at", "decision", ["moderator_id", "created_at"]
    )
    # Who is on duty now stays so; who has left is one whose shift has ended.
    op.execute(
        "INSERT INTO shift (member_id, started_at, until, ended_at, weighed, helped, wished) "
        "SELECT member_id, changed_at, until, "
        "CASE WHEN until > CURRENT_TIMESTAMP THEN NULL ELSE until END, '', '', '' FROM duty"
    )
    op.drop_table("duty")


def downgrade() -> None:
    op.create_table(
        "duty",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_duty_member_id_member")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_duty")),
    )
    op.execute(
        "INSERT INTO duty (member_id, until, changed_at) "
        "SELECT member_id, COALESCE(ended_at, until), COALESCE(ended_at, started_at) "
        "FROM shift AS last WHERE started_at = "
        "(SELECT MAX(started_at) FROM shift WHERE shift.member_id = last.member_id)"
    )
    op.drop_index("ix_decision_moderator_id_created_at", table_name="decision")
    op.drop_table("opt_out")
    op.drop_table("skip")
    op.drop_table("shift")
