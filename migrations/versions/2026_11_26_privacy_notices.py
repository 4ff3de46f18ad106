"""With each consent event the privacy notice that was shown, and in which language all of it was.

Revision ID: 36d7c2e95b04
Revises: 36f0a1c84b21
Create Date: 2026-11-26 20:55:00
"""

import sqlalchemy as sa
from alembic import op

revision = "36d7c2e95b04"
down_revision = "36f0a1c84b21"
branch_labels = None
depends_on = None

COLUMNS = (("notice_url", 500), ("notice_version", 40), ("locale", 16))


def upgrade():
    # Added in place: the ledger's triggers refuse that its rows are written anew.
    for table in ("consent_events", "sign_ups"):
        for name, length in COLUMNS:
            op.add_column(table, sa.Column(name, sa.String(length), nullable=False, server_default=""))


def downgrade():
    for table in ("sign_ups", "consent_events"):
        for name, _ in reversed(COLUMNS):
            op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
