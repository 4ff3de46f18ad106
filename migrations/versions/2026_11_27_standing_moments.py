"""The counts of subscriptions by state say when they were made.

Revision ID: 7d3a91e0c5b2
Revises: a6d13f80e7c2
Create Date: 2026-11-27 12:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "7d3a91e0c5b2"
down_revision = "a6d13f80e7c2"
branch_labels = None
depends_on = None


def upgrade():
    # Empty until the job has counted them anew, within a minute.
    op.add_column("standing_counts", sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column("standing_counts", "counted_at")
