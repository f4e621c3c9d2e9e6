"""appeals"""

import sqlalchemy as sa
from alembic import op

revision = "0007_appeals"
down_revision = "0006_post_measures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("member", sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("member", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("measure", schema=None) as batch_op:
        batch_op.add_column(sa.Column("confirmed_by_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_measure_confirmed_by_id_member"), "member", ["confirmed_by_id"], ["id"]
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_measure_two_people"), "confirmed_by_id <> moderator_id"
        )

    index_open_cases("state != 'closed' AND lane != 'appeal'")

    op.create_table(
        "recusal",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["moderation_case.id"], name=op.f("fk_recusal_case_id_moderation_case")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_recusal_member_id_member")
        ),
        sa.PrimaryKeyConstraint("case_id", "member_id", name=op.f("pk_recusal")),
    )
    op.create_table(
        "appeal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("taken_by_id", sa.Integer(), nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("danger_case_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("upheld", "overturned", name="appealoutcome", native_enum=False, length=20),
            nullable=True,
        ),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "decided_by_id <> confirmed_by_id", name=op.f("ck_appeal_not_who_confirmed_it")
        ),
        sa.CheckConstraint("decided_by_id <> member_id", name=op.f("ck_appeal_not_the_member")),
        sa.CheckConstraint("decided_by_id <> taken_by_id", name=op.f("ck_appeal_not_who_took_it")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["moderation_case.id"], name=op.f("fk_appeal_case_id_moderation_case")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["member.id"], name=op.f("fk_appeal_confirmed_by_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["danger_case_id"],
            ["moderation_case.id"],
            name=op.f("fk_appeal_danger_case_id_moderation_case"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["member.id"], name=op.f("fk_appeal_decided_by_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["measure.id"], name=op.f("fk_appeal_measure_id_measure")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_appeal_member_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["taken_by_id"], ["member.id"], name=op.f("fk_appeal_taken_by_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("case_id", name=op.f("uq_appeal_case_id")),
        sa.UniqueConstraint("measure_id", name=op.f("uq_appeal_measure_id")),
    )
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_appeal_danger_case_id"), ["danger_case_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_appeal_member_id"), ["member_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appeal_member_id"))
        batch_op.drop_index(batch_op.f("ix_appeal_danger_case_id"))

    op.drop_table("appeal")
    op.drop_table("recusal")

    # What the code before this does not know is told in the words that it has.
    op.execute(
        "UPDATE moderation_case SET lane = 'breach', state = 'closed', claimed_until = NULL, "
        "closed_at = COALESCE(closed_at, CURRENT_TIMESTAMP), close_reason = 'duplicate' "
        "WHERE lane = 'appeal'"
    )
    op.execute("UPDATE decision SET act = 'close', reason = NULL WHERE act = 'decide_appeal'")
    op.execute(
        "UPDATE decision SET act = 'release' WHERE act IN ('warn', 'pause', 'lift_pause', "
        "'ask_to_close', 'close_account', 'keep_account')"
    )
    op.execute("DELETE FROM notice WHERE kind = 'appeal_decided'")
    op.execute("UPDATE measure SET kind = 'restore' WHERE kind = 'lift_pause'")
    index_open_cases("state != 'closed'")

    with op.batch_alter_table("measure", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_measure_two_people"), type_="check")
        batch_op.drop_constraint(
            batch_op.f("fk_measure_confirmed_by_id_member"), type_="foreignkey"
        )
        batch_op.drop_column("confirmed_by_id")

    # Not in a batch: that would rebuild a table that all others point at.
    op.drop_column("member", "closed_at")
    op.drop_column("member", "paused_until")


def index_open_cases(condition: str) -> None:
    op.drop_index("uq_case_open", table_name="moderation_case")
    op.create_index(
        "uq_case_open",
        "moderation_case",
        ["thread_id", "subject_id"],
        unique=True,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )
