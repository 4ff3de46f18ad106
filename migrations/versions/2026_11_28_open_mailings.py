"""Who leaves looks at the open mailings to all and at their own, not at each that waits for somebody else.

Revision ID: 5e0b9d31c7a4
Revises: d27f40b8e613
Create Date: 2026-11-28 00:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = "5e0b9d31c7a4"
down_revision = "d27f40b8e613"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('sending', 'paused')")


def upgrade():
    replace_with(["newsletter_id", "subscriber_id"])


def downgrade():
    replace_with(["newsletter_id"])


def replace_with(columns):
    op.drop_index("ix_mailings_open", "mailings")
    op.create_index("ix_mailings_open", "mailings", columns, sqlite_where=OPEN, postgresql_where=OPEN)
