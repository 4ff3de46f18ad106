"""Some of an audience may go first; newsletters say whether.

Revision ID: d47a90c2be16
Revises: b83e5d17c460
Create Date: 2026-11-26 20:55:00
"""

import sqlalchemy as sa
from alembic import op

revision = "d47a90c2be16"
down_revision = "b83e5d17c460"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "canaries",
        sa.Column("mailing_id", BIG, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("first_id", BIG, nullable=False),
        sa.Column("last_id", BIG, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("wait_minutes", sa.Integer(), nullable=False),
        sa.Column("most", sa.Double(), nullable=False),
        sa.Column("troubled", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailings.id"], name="fk_canaries_mailing_id_mailings", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mailing_id", name="pk_canaries"),
    )
    op.create_index("ix_canaries_state", "canaries", ["state"])
    # Not as a batch: on SQLite that would copy all mailings, whose rows others refer to.
    op.add_column("mailings", sa.Column("up_to_id", BIG, nullable=True))
    op.add_column("newsletters", sa.Column("canary_share", sa.Double(), nullable=False, server_default="0"))
    op.add_column("newsletters", sa.Column("canary_least", sa.Integer(), nullable=False, server_default="20"))
    op.add_column("newsletters", sa.Column("canary_minutes", sa.Integer(), nullable=False, server_default="30"))
    op.add_column("newsletters", sa.Column("canary_most", sa.Double(), nullable=False, server_default="0.05"))


def downgrade():
    for name in ("canary_most", "canary_minutes", "canary_least", "canary_share"):
        op.drop_column("newsletters", name)
    op.drop_column("mailings", "up_to_id")
    op.drop_index("ix_canaries_state", "canaries")
    op.drop_table("canaries")
