"""Authors of whom something is said, and the digests that draw from a source by index.

Revision ID: a1c5f0d37e92
Revises: 6b90d4e2a7f1
Create Date: 2026-11-26 15:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = "a1c5f0d37e92"
down_revision = "0d5e8b7fa214"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "authors",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(360), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_authors"),
        sa.UniqueConstraint("key", name="uq_authors_key"),
    )
    op.create_index("ix_digest_sources_source_id", "digest_sources", ["source_id"])


def downgrade():
    op.drop_index("ix_digest_sources_source_id", "digest_sources")
    op.drop_table("authors")
