"""Newsletters know when they come, so that each language has its own words for it.

Revision ID: 91c3e7a04d5b
Revises: 9c4b27e1fa58
Create Date: 2026-11-27 16:20:00
"""

import sqlalchemy as sa
from alembic import op

revision = "91c3e7a04d5b"
down_revision = "9c4b27e1fa58"
branch_labels = None
depends_on = None

WORDS = sa.String(200)

# Each digest told its newsletter when it was made or changed; what is known now is the newest of them.
FILL = """
    UPDATE newsletters SET schedule = COALESCE(
        (SELECT cron || ' ' || timezone FROM digests WHERE newsletter_id = newsletters.id ORDER BY id DESC LIMIT 1), ''
    )
"""


def upgrade():
    with op.batch_alter_table("newsletters") as table:
        table.add_column(sa.Column("schedule", WORDS, nullable=False, server_default=""))
    op.execute(FILL)
    with op.batch_alter_table("newsletters") as table:
        table.drop_column("schedule_words")


def downgrade():
    with op.batch_alter_table("newsletters") as table:
        table.add_column(sa.Column("schedule_words", WORDS, nullable=False, server_default=""))
        table.drop_column("schedule")
