"""names for single rooms"""

import sqlalchemy as sa
from alembic import op

revision = "0015_aliases"
down_revision = "0014_data_rights"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=True),
        sa.Column("folded_name", sa.String(length=48), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_alias_member_id_member")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_alias_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alias")),
        sa.UniqueConstraint("folded_name", name=op.f("uq_alias_folded_name")),
        sa.UniqueConstraint("member_id", "room_id", name=op.f("uq_alias_member_id_room_id")),
    )
    op.create_table(
        "person_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column(
            "ground",
            sa.Enum("danger", "harm", "law", name="ground", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_allowed", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "decided_by_id <> asked_by_id", name=op.f("ck_person_question_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["member.id"], name=op.f("fk_person_question_asked_by_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["member.id"], name=op.f("fk_person_question_decided_by_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["moderation_case.id"],
            name=op.f("fk_person_question_case_id_moderation_case"),
        ),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["moderation_case.id"],
            name=op.f("fk_person_question_other_id_moderation_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_question")),
        sa.UniqueConstraint("public_id", name=op.f("uq_person_question_public_id")),
    )
    op.create_index(op.f("ix_person_question_asked_at"), "person_question", ["asked_at"])
    op.create_index(op.f("ix_person_question_case_id"), "person_question", ["case_id"])
    op.create_index(op.f("ix_person_question_other_id"), "person_question", ["other_id"])
    op.add_column("post", sa.Column("alias_id", sa.Integer(), nullable=True))
    op.add_column("moderation_case", sa.Column("alias_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("moderation_case", "alias_id")
    op.drop_column("post", "alias_id")
    op.drop_table("person_question")
    op.drop_table("alias")
