"""The editions of the last days are found by index.

Revision ID: d3570af1b68e
Revises: 8b41d9e6c205
Create Date: 2026-11-27 12:00:00
"""

from alembic import op

revision = "d3570af1b68e"
down_revision = "8b41d9e6c205"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_editions_created_at", "editions", ["created_at"])


def downgrade():
    op.drop_index("ix_editions_created_at", "editions")
