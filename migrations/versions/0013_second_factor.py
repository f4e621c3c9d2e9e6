"""second steps of staff"""

import sqlalchemy as sa
from alembic import op

revision = "0013_second_factor"
down_revision = "0012_letter_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "code_app",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("added_on", sa.Date(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tries_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_code_app_member_id_member")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_code_app")),
    )
    op.create_table(
        "factor_recovery",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum("lost", "broken", "taken", name="recoveryreason", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["member.id"], name=op.f("fk_factor_recovery_asked_by_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_factor_recovery_member_id_member")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_factor_recovery")),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("credential_id", sa.String(length=1364), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("may_be_copied", sa.Boolean(), nullable=False),
        sa.Column("is_copied", sa.Boolean(), nullable=False),
        sa.Column("added_on", sa.Date(), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_passkey_member_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_member_id"), "passkey", ["member_id"])
    op.add_column(
        "sign_in", sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("sign_in", sa.Column("challenge", sa.LargeBinary(length=64), nullable=True))
    op.add_column(
        "sign_in", sa.Column("challenge_until", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("sign_in", "challenge_until")
    op.drop_column("sign_in", "challenge")
    op.drop_column("sign_in", "second_factor_at")

    op.drop_index(op.f("ix_passkey_member_id"), table_name="passkey")

    op.drop_table("passkey")
    op.drop_table("factor_recovery")
    op.drop_table("code_app")
