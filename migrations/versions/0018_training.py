"""training, applications, buddy periods and the rota"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0018_training"
down_revision = "0017_groups"
branch_labels = None
depends_on = None


# As moderation.training.models.Module was then, and TEDUH_FIRST_PEOPLE_DAYS by default.
MODULES = ("listening", "first_aid", "ethics", "crisis", "self_care", "practice")
FIRST_PEOPLE_DAYS = 30


def upgrade() -> None:
    op.create_table(
        "rota_slot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_rota_slot_hour")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_rota_slot_weekday")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota_slot")),
        sa.UniqueConstraint("weekday", "hour", name=op.f("uq_rota_slot_weekday_hour")),
    )
    op.create_table(
        "application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("motivation", sa.Text(), nullable=False),
        sa.Column("times", sa.Text(), nullable=False),
        sa.Column("languages", sa.String(length=200), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "welcome",
                "not_now",
                "taken_back",
                name="applicationstate",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("again_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["member.id"], name=op.f("fk_application_answered_by_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_application_member_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("public_id", name=op.f("uq_application_public_id")),
    )
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.create_index("ix_application_member_id_id", ["member_id", "id"], unique=False)
        batch_op.create_index("ix_application_state_id", ["state", "id"], unique=False)
        batch_op.create_index(
            "uq_application_open",
            ["member_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "buddy_period",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_buddy_period_member_id_member")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_buddy_period")),
    )
    op.create_table(
        "certificate",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "module",
            sa.Enum(
                "listening",
                "first_aid",
                "ethics",
                "crisis",
                "self_care",
                "practice",
                name="module",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vouched", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_certificate_member_id_member")
        ),
        sa.PrimaryKeyConstraint("member_id", "module", name=op.f("pk_certificate")),
    )
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.create_index("ix_certificate_expires_at", ["expires_at"], unique=False)

    op.create_table(
        "practice_answer",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("practice", sa.String(length=40), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_practice_answer_member_id_member")
        ),
        sa.PrimaryKeyConstraint("member_id", "practice", name=op.f("pk_practice_answer")),
    )
    op.create_table(
        "practice_tally",
        sa.Column("agreed_level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chosen_level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agreed_level", "chosen_level", name=op.f("pk_practice_tally")),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "member",
                "volunteer",
                "moderator",
                "lead",
                "admin",
                name="role",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=True),
        sa.Column("second_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("first_id <> member_id", name=op.f("ck_role_grant_not_by_oneself")),
        sa.CheckConstraint("second_id <> first_id", name=op.f("ck_role_grant_two_people")),
        sa.CheckConstraint(
            "second_id <> member_id", name=op.f("ck_role_grant_not_confirmed_by_oneself")
        ),
        sa.ForeignKeyConstraint(
            ["first_id"], ["member.id"], name=op.f("fk_role_grant_first_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_role_grant_member_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["member.id"], name=op.f("fk_role_grant_second_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_grant_member_id"), ["member_id"], unique=False)
        batch_op.create_index(
            "uq_role_grant_open",
            ["member_id"],
            unique=True,
            sqlite_where=sa.text("second_id IS NULL"),
            postgresql_where=sa.text("second_id IS NULL"),
        )

    op.create_table(
        "rota_turn",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_rota_turn_member_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["rota_slot.id"], name=op.f("fk_rota_turn_slot_id_rota_slot")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota_turn")),
        sa.UniqueConstraint(
            "slot_id", "day", "member_id", name=op.f("uq_rota_turn_slot_id_day_member_id")
        ),
    )
    with op.batch_alter_table("rota_turn", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rota_turn_day"), ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_rota_turn_member_id"), ["member_id"], unique=False)

    op.create_table(
        "trainee",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_trainee_member_id_member")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_trainee")),
    )
    op.create_table(
        "rota_swap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wanted_id", sa.Integer(), nullable=False),
        sa.Column("given_id", sa.Integer(), nullable=False),
        sa.Column("wanted_from_id", sa.Integer(), nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("wanted_id <> given_id", name=op.f("ck_rota_swap_two_turns")),
        sa.ForeignKeyConstraint(
            ["given_by_id"], ["member.id"], name=op.f("fk_rota_swap_given_by_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["given_id"],
            ["rota_turn.id"],
            name=op.f("fk_rota_swap_given_id_rota_turn"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["wanted_from_id"], ["member.id"], name=op.f("fk_rota_swap_wanted_from_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["wanted_id"],
            ["rota_turn.id"],
            name=op.f("fk_rota_swap_wanted_id_rota_turn"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota_swap")),
        sa.UniqueConstraint("wanted_id", "given_id", name=op.f("uq_rota_swap_wanted_id_given_id")),
    )
    with op.batch_alter_table("rota_swap", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rota_swap_given_by_id"), ["given_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_rota_swap_given_id"), ["given_id"], unique=False)

    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum("confirmed", "talk", name="verdict", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("feedback", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reviewer_id <> member_id", name=op.f("ck_review_not_by_oneself")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_review_decision_id_decision")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_review_member_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["member.id"], name=op.f("fk_review_reviewer_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_review_decision_id")),
    )
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_member_id"), ["member_id"], unique=False)
    # Who answers already goes on, and has a month for the lessons.
    member = sa.table("member", sa.column("id"), sa.column("role"))
    certificate = sa.table(
        "certificate",
        *map(sa.column, ("member_id", "module", "given_at", "expires_at", "vouched")),
    )
    moment = datetime.now(UTC)
    for module in MODULES:
        staff = sa.select(
            member.c.id,
            sa.literal(module),
            sa.literal(moment, sa.DateTime(timezone=True)),
            sa.literal(moment + timedelta(days=FIRST_PEOPLE_DAYS), sa.DateTime(timezone=True)),
            sa.true(),
        ).where(member.c.role != "member")
        op.execute(
            certificate.insert().from_select([column.name for column in certificate.c], staff)
        )


def downgrade() -> None:
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_member_id"))

    op.drop_table("review")
    with op.batch_alter_table("rota_swap", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rota_swap_given_id"))
        batch_op.drop_index(batch_op.f("ix_rota_swap_given_by_id"))

    op.drop_table("rota_swap")
    op.drop_table("trainee")
    with op.batch_alter_table("rota_turn", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rota_turn_member_id"))
        batch_op.drop_index(batch_op.f("ix_rota_turn_day"))

    op.drop_table("rota_turn")
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_role_grant_open",
            sqlite_where=sa.text("second_id IS NULL"),
            postgresql_where=sa.text("second_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_role_grant_member_id"))

    op.drop_table("role_grant")
    op.drop_table("practice_tally")
    op.drop_table("practice_answer")
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.drop_index("ix_certificate_expires_at")

    op.drop_table("certificate")
    op.drop_table("buddy_period")
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_application_open",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index("ix_application_state_id")
        batch_op.drop_index("ix_application_member_id_id")

    op.drop_table("application")
    op.drop_table("rota_slot")
