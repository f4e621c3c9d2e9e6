"""support groups, their sessions, and the time zone of members"""

import sqlalchemy as sa
from alembic import op

revision = "0017_groups"
down_revision = "0016_blocks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "support_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Text(), nullable=False),
        sa.Column("agreement_en", sa.Text(), nullable=False),
        sa.Column("agreement_version", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column(
            "joining",
            sa.Enum("open", "ask", name="joining", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column(
            "keeping",
            sa.Enum("stay", "erase", name="keeping", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_support_group_room_id_room")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_group")),
        sa.UniqueConstraint("public_id", name=op.f("uq_support_group_public_id")),
        sa.UniqueConstraint("room_id", name=op.f("uq_support_group_room_id")),
    )
    op.create_table(
        "group_facilitator",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["support_group.id"],
            name=op.f("fk_group_facilitator_group_id_support_group"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_group_facilitator_member_id_member")
        ),
        sa.PrimaryKeyConstraint("group_id", "member_id", name=op.f("pk_group_facilitator")),
    )
    op.create_index("ix_group_facilitator_member_id", "group_facilitator", ["member_id"])

    op.create_table(
        "group_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("facilitator_id", sa.Integer(), nullable=False),
        sa.Column("welcome", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("is_weekly", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["facilitator_id"], ["member.id"], name=op.f("fk_group_plan_facilitator_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["support_group.id"], name=op.f("fk_group_plan_group_id_support_group")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_plan")),
        sa.UniqueConstraint("public_id", name=op.f("uq_group_plan_public_id")),
    )
    op.create_index("ix_group_plan_group_id", "group_plan", ["group_id"])

    op.create_table(
        "group_seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("asked", "waiting", "in", name="seatstate", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("agreed_version", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["support_group.id"], name=op.f("fk_group_seat_group_id_support_group")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_group_seat_member_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_seat")),
        sa.UniqueConstraint("group_id", "member_id", name=op.f("uq_group_seat_group_id_member_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_group_seat_public_id")),
    )
    op.create_index("ix_group_seat_member_id", "group_seat", ["member_id"])

    op.create_table(
        "group_tally",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("fresh", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["support_group.id"], name=op.f("fk_group_tally_group_id_support_group")
        ),
        sa.PrimaryKeyConstraint("group_id", "answer", name=op.f("pk_group_tally")),
    )
    op.create_table(
        "group_meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "arrival",
                "round",
                "theme",
                "silence",
                "closing",
                name="step",
                native_enum=False,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attended", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["support_group.id"], name=op.f("fk_group_meeting_group_id_support_group")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["group_plan.id"], name=op.f("fk_group_meeting_plan_id_group_plan")
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["thread.id"], name=op.f("fk_group_meeting_thread_id_thread")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_meeting")),
        sa.UniqueConstraint(
            "plan_id", "starts_at", name=op.f("uq_group_meeting_plan_id_starts_at")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_group_meeting_public_id")),
        sa.UniqueConstraint("thread_id", name=op.f("uq_group_meeting_thread_id")),
    )
    op.create_index(
        "ix_group_meeting_group_id_starts_at", "group_meeting", ["group_id", "starts_at"]
    )

    op.create_table(
        "group_hand",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["group_meeting.id"],
            name=op.f("fk_group_hand_meeting_id_group_meeting"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_group_hand_member_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_hand")),
        sa.UniqueConstraint(
            "meeting_id", "member_id", name=op.f("uq_group_hand_meeting_id_member_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_group_hand_public_id")),
    )
    op.create_index("ix_group_hand_member_id", "group_hand", ["member_id"])

    op.create_table(
        "group_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["member.id"], name=op.f("fk_group_note_author_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["group_meeting.id"],
            name=op.f("fk_group_note_meeting_id_group_meeting"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_note")),
    )
    op.create_index("ix_group_note_meeting_id", "group_note", ["meeting_id"])

    op.create_table(
        "group_visit",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["group_meeting.id"],
            name=op.f("fk_group_visit_meeting_id_group_meeting"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_group_visit_member_id_member")
        ),
        sa.PrimaryKeyConstraint("meeting_id", "member_id", name=op.f("pk_group_visit")),
    )
    op.create_index("ix_group_visit_member_id", "group_visit", ["member_id"])

    op.add_column(
        "member",
        sa.Column(
            "zone",
            sa.Enum("WIB", "WITA", "WIT", name="zone", native_enum=False, length=20),
            server_default="WIB",
            nullable=False,
        ),
    )

    op.add_column(
        "room", sa.Column("members_only", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    # What was written for a group alone must not become everyone's.
    op.execute(
        "UPDATE post SET visibility = 'hidden' WHERE visibility IN ('pending', 'visible') "
        "AND thread_id IN (SELECT thread.id FROM thread "
        "JOIN support_group ON support_group.room_id = thread.room_id)"
    )
    op.execute(
        "DELETE FROM notice WHERE kind IN "
        "('group_place', 'group_asked', 'meeting_soon', 'meeting_off', 'meeting_over')"
    )
    op.execute(
        "DELETE FROM job WHERE kind IN "
        "('remind_meeting', 'settle_meeting', 'forget_visits', 'erase_meeting')"
    )
    op.drop_column("room", "members_only")
    op.drop_column("member", "zone")
    op.drop_table("group_visit")
    op.drop_table("group_note")
    op.drop_table("group_hand")
    op.drop_table("group_meeting")
    op.drop_table("group_tally")
    op.drop_table("group_seat")
    op.drop_table("group_plan")
    op.drop_table("group_facilitator")
    op.drop_table("support_group")
