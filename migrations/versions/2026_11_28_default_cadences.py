"""Newsletters say how often readers get them who have not said it themselves.

Revision ID: d27f40b8e613
Revises: 91c3e7a04d5b
Create Date: 2026-11-28 00:10:00
"""

import sqlalchemy as sa
from alembic import op

revision = "d27f40b8e613"
down_revision = "91c3e7a04d5b"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("newsletters") as table:
        table.add_column(sa.Column("cadence", sa.String(8), nullable=False, server_default="each"))


def downgrade():
    with op.batch_alter_table("newsletters") as table:
        table.drop_column("cadence")
