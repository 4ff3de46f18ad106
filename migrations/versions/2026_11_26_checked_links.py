"""What the links of editions answered, and when they were asked.

Revision ID: b83e5d17c460
Revises: b7d90c2fe518
Create Date: 2026-11-26 20:50:00
"""

import sqlalchemy as sa
from alembic import op

revision = "b83e5d17c460"
down_revision = "b7d90c2fe518"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "checked_links",
        sa.Column("url_key", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(200), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("url_key", name="pk_checked_links"),
    )
    op.create_index("ix_checked_links_checked_at", "checked_links", ["checked_at"])


def downgrade():
    op.drop_index("ix_checked_links_checked_at", "checked_links")
    op.drop_table("checked_links")
