"""What the operator was told of, and the proofs of work that were used.

Revision ID: 0d5e8b7fa214
Revises: 6b90d4e2a7f1
Create Date: 2026-11-26 15:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0d5e8b7fa214"
down_revision = "4d2f7c9be105"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "alarms",
        sa.Column("cause", sa.String(20), nullable=False),
        sa.Column("since", TIME, nullable=True),
        sa.Column("told_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("cause", name="pk_alarms"),
    )
    op.create_table(
        "proofs",
        sa.Column("signature", sa.String(64), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("signature", name="pk_proofs"),
    )
    op.create_index("ix_proofs_expires_at", "proofs", ["expires_at"])


def downgrade():
    op.drop_index("ix_proofs_expires_at", "proofs")
    op.drop_table("proofs")
    op.drop_table("alarms")
