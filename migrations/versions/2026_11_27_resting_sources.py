"""Sources can be paused and removed.

Revision ID: 2f6b90ce4d17
Revises: e5a07c3b61d8
Create Date: 2026-11-27 11:40:00
"""

import sqlalchemy as sa
from alembic import op

revision = "2f6b90ce4d17"
down_revision = "e5a07c3b61d8"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("sources", sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sources", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column("sources", "removed_at")
    op.drop_column("sources", "paused_at")
