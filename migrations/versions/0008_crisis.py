"""the crisis protocol, referrals, second opinions, endings, follow-ups"""

import sqlalchemy as sa
from alembic import op

revision = "0008_crisis"
down_revision = "0007_appeals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_ending",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("safe", "handed_over", "unknown", name="outcome", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column(
            "consent",
            sa.Enum("yes", "no", "not_asked", name="consent", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("declined", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["moderation_case.id"], name=op.f("fk_case_ending_case_id_moderation_case")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_ending")),
    )
    op.create_table(
        "company",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("helper_id", sa.Integer(), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["member.id"], name=op.f("fk_company_asked_by_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["moderation_case.id"], name=op.f("fk_company_case_id_moderation_case")
        ),
        sa.ForeignKeyConstraint(
            ["helper_id"], ["member.id"], name=op.f("fk_company_helper_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
    )
    with op.batch_alter_table("company", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_company_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            "uq_company_open",
            ["case_id"],
            unique=True,
            sqlite_where=sa.text("helper_id IS NULL AND ended_at IS NULL"),
            postgresql_where=sa.text("helper_id IS NULL AND ended_at IS NULL"),
        )

    op.create_table(
        "crisis_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("moderator_id", sa.Integer(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "asked",
                "distance",
                "someone",
                "line",
                "company",
                "next_contact",
                "thanked",
                "debrief",
                name="step",
                native_enum=False,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["moderation_case.id"],
            name=op.f("fk_crisis_entry_case_id_moderation_case"),
        ),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["member.id"], name=op.f("fk_crisis_entry_moderator_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crisis_entry")),
        sa.UniqueConstraint("case_id", "step", name=op.f("uq_crisis_entry_case_id_step")),
    )
    op.create_table(
        "follow_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "opened",
                "ended",
                "replaced",
                "member_left",
                name="followupstate",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("opened_case_id", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["moderation_case.id"], name=op.f("fk_follow_up_case_id_moderation_case")
        ),
        sa.ForeignKeyConstraint(
            ["opened_case_id"],
            ["moderation_case.id"],
            name=op.f("fk_follow_up_opened_case_id_moderation_case"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["member.id"], name=op.f("fk_follow_up_owner_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
        sa.UniqueConstraint("case_id", "hours", name=op.f("uq_follow_up_case_id_hours")),
    )
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_follow_up_opened_case_id"), ["opened_case_id"], unique=False
        )
        batch_op.create_index("ix_follow_up_state_due_at", ["state", "due_at"], unique=False)

    op.create_table(
        "referral",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("moderator_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column(
            "service",
            sa.Enum(
                "puskesmas",
                "emergency_room",
                "line",
                "psychologist",
                name="service",
                native_enum=False,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "taken",
            sa.Enum("yes", "no", "unknown", name="taken", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("noted_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["moderation_case.id"], name=op.f("fk_referral_case_id_moderation_case")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["help_entry.id"], name=op.f("fk_referral_entry_id_help_entry")
        ),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["member.id"], name=op.f("fk_referral_moderator_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["noted_by_id"], ["member.id"], name=op.f("fk_referral_noted_by_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
    )
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_referral_case_id"), ["case_id"], unique=False)

    op.create_table(
        "second_opinion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("case_version", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column(
            "first",
            sa.Enum("needs_answer", "no_action", name="judgement", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column(
            "first_reason",
            sa.Enum(
                "answered",
                "referred",
                "no_risk",
                "rule_breach",
                "duplicate",
                name="closereason",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("first_note", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=True),
        sa.Column(
            "second",
            sa.Enum("needs_answer", "no_action", name="judgement", native_enum=False, length=20),
            nullable=True,
        ),
        sa.Column("second_note", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column(
            "lead",
            sa.Enum("needs_answer", "no_action", name="judgement", native_enum=False, length=20),
            nullable=True,
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["moderation_case.id"],
            name=op.f("fk_second_opinion_case_id_moderation_case"),
        ),
        sa.ForeignKeyConstraint(
            ["first_id"], ["member.id"], name=op.f("fk_second_opinion_first_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["member.id"], name=op.f("fk_second_opinion_lead_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["member.id"], name=op.f("fk_second_opinion_second_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_opinion")),
        sa.UniqueConstraint(
            "case_id", "case_version", name=op.f("uq_second_opinion_case_id_case_version")
        ),
    )
    # Plain statements: a batch would build the table anew on SQLite, with all that points at it.
    op.add_column(
        "moderation_case",
        sa.Column("reading", sa.String(length=20), nullable=False, server_default="ordinary"),
    )
    op.add_column("moderation_case", sa.Column("owner_id", sa.Integer(), nullable=True))
    op.add_column(
        "moderation_case", sa.Column("owner_until", sa.DateTime(timezone=True), nullable=True)
    )
    # What was closed before states were asked for.
    op.execute(
        """
        INSERT INTO case_ending (case_id, outcome, consent, declined, created_at)
        SELECT id, 'unknown', 'not_asked', '-', COALESCE(closed_at, opened_at) FROM moderation_case
        WHERE state = 'closed' AND level >= 2
        """
    )


def downgrade() -> None:
    for column in ("owner_until", "owner_id", "reading"):
        op.execute(f"ALTER TABLE moderation_case DROP COLUMN {column}")
    op.drop_table("second_opinion")
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_referral_case_id"))

    op.drop_table("referral")
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.drop_index("ix_follow_up_state_due_at")
        batch_op.drop_index(batch_op.f("ix_follow_up_opened_case_id"))

    op.drop_table("follow_up")
    op.drop_table("crisis_entry")
    with op.batch_alter_table("company", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_company_open",
            sqlite_where=sa.text("helper_id IS NULL AND ended_at IS NULL"),
            postgresql_where=sa.text("helper_id IS NULL AND ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_company_case_id"))

    op.drop_table("company")
    op.drop_table("case_ending")
