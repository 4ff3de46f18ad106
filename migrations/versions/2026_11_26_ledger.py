"""Numbers of subscribers are never given twice; whole wordings, and when somebody was asked or erased.

Revision ID: 7a94c2e8d1b5
Revises: 6b90d4e2a7f1
Create Date: 2026-11-26 15:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "7a94c2e8d1b5"
down_revision = "a1c5f0d37e92"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)

# SQLite looks at all triggers when a table is renamed, and this one names the table that is made anew.
DROP_TRIGGER = "DROP TRIGGER consent_events_stay"
CREATE_TRIGGER = """
    CREATE TRIGGER consent_events_stay BEFORE DELETE ON consent_events
    WHEN EXISTS (SELECT 1 FROM subscribers WHERE id = OLD.subscriber_id)
    BEGIN SELECT RAISE(ABORT, 'consent_events is append-only'); END
"""


def upgrade():
    _make_subscribers_anew(never_reusing=True)
    op.add_column("subscribers", sa.Column("still_asked_at", TIME, nullable=True))
    with op.batch_alter_table("sign_ups") as table:
        table.alter_column("wording", existing_type=sa.String(500), type_=sa.Text(), existing_nullable=False)
    op.add_column("suppressions", sa.Column("erased_at", TIME, nullable=True))
    op.execute("UPDATE suppressions SET erased_at = created_at WHERE reason = 'erased'")
    # Not in a batch: to make the table anew would end its triggers.
    op.add_column("consent_events", sa.Column("message_id", sa.String(320), nullable=False, server_default=""))


def downgrade():
    op.drop_column("consent_events", "message_id")
    op.drop_column("suppressions", "erased_at")
    op.execute("UPDATE sign_ups SET wording = substr(wording, 1, 500)")
    with op.batch_alter_table("sign_ups") as table:
        table.alter_column("wording", existing_type=sa.Text(), type_=sa.String(500), existing_nullable=False)
    op.drop_column("subscribers", "still_asked_at")
    _make_subscribers_anew(never_reusing=False)


def _make_subscribers_anew(*, never_reusing):
    # PostgreSQL takes its numbers from a sequence, which never gives one twice.
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(DROP_TRIGGER)
    options = {"sqlite_autoincrement": never_reusing}
    with op.batch_alter_table("subscribers", recreate="always", table_kwargs=options):
        pass
    op.execute(CREATE_TRIGGER)
