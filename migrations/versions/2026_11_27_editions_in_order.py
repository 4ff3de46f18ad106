"""The editions of a newsletter are listed by index.

Revision ID: 8b41d9e6c205
Revises: 2f6b90ce4d17
Create Date: 2026-11-27 11:50:00
"""

from alembic import op

revision = "8b41d9e6c205"
down_revision = "2f6b90ce4d17"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_editions_newsletter_id", "editions", ["newsletter_id", "id"])


def downgrade():
    op.drop_index("ix_editions_newsletter_id", "editions")
