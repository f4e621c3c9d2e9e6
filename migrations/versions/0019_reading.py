"""how threads are read: signs, follows, drafts, wishes, quotes, topics"""

import sqlalchemy as sa
from alembic import op

revision = "0019_reading"
down_revision = "0018_training"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reaction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("hear", "me_too", "thanks", name="reactionkind", native_enum=False, length=20),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_reaction_member_id_member")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_reaction_post_id_post")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reaction")),
        sa.UniqueConstraint(
            "post_id", "member_id", "kind", name=op.f("uq_reaction_post_id_member_id_kind")
        ),
    )
    op.create_index(op.f("ix_reaction_member_id"), "reaction", ["member_id"])
    op.create_table(
        "follow",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("seen_post_id", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_follow_member_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["thread.id"], name=op.f("fk_follow_thread_id_thread")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow")),
        sa.UniqueConstraint("member_id", "thread_id", name=op.f("uq_follow_member_id_thread_id")),
    )
    op.create_index(op.f("ix_follow_thread_id"), "follow", ["thread_id"])
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("warning", sa.String(length=20), nullable=False),
        sa.Column("wish", sa.String(length=20), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_draft_member_id_member")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_draft_room_id_room")),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["thread.id"], name=op.f("fk_draft_thread_id_thread")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_index("ix_draft_member_id_room_id", "draft", ["member_id", "room_id"])
    op.create_index(op.f("ix_draft_kept_at"), "draft", ["kept_at"])
    op.create_table(
        "lived_tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_lived_tag_member_id_member")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_lived_tag_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lived_tag")),
        sa.UniqueConstraint(
            "room_id", "member_id", "code", name=op.f("uq_lived_tag_room_id_member_id_code")
        ),
    )
    op.create_index(op.f("ix_lived_tag_member_id"), "lived_tag", ["member_id"])
    op.add_column("room", sa.Column("tags", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("post", sa.Column("quoted_id", sa.Integer(), nullable=True))
    op.add_column(
        "thread",
        sa.Column(
            "wish",
            sa.Enum(
                "none", "listen", "advice", "company", name="wish", native_enum=False, length=20
            ),
            server_default="none",
            nullable=False,
        ),
    )
    op.add_column(
        "member", sa.Column("shown_topics", sa.JSON(), server_default="{}", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("member", "shown_topics")
    op.drop_column("thread", "wish")
    op.drop_column("post", "quoted_id")
    op.drop_column("room", "tags")
    op.drop_table("lived_tag")
    op.drop_table("draft")
    op.drop_table("follow")
    op.drop_table("reaction")
