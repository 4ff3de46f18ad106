"""Pauses that end are found by index; fresh links count, and addresses can be changed.

Revision ID: f3b1a6c09d27
Revises: 7a94c2e8d1b5
Create Date: 2026-11-26 15:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = "f3b1a6c09d27"
down_revision = "7a94c2e8d1b5"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
PAUSED = "status = 'paused'"
ASKED, COUNTED = "verdict = 'asked'", "verdict IN ('asked', 'link', 'change')"
OLD_MAILED, MAILED = "verdict IN ('asked', 'reminded')", "verdict IN ('asked', 'reminded', 'link', 'change')"


def upgrade():
    _index("subscriptions", "paused", ["paused_until"], PAUSED)
    _count_by(COUNTED, MAILED)
    op.create_table(
        "address_changes",
        sa.Column("id", BIG, nullable=False),
        sa.Column("subscriber_id", BIG, nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("entered", sa.String(254), nullable=False),
        sa.Column("address_key", sa.String(32), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name="fk_address_changes_subscriber_id_subscribers", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_address_changes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_address_changes_subscriber_id", "address_changes", ["subscriber_id"])
    op.create_index("ix_address_changes_asked_at", "address_changes", ["asked_at"])


def _index(table, name, columns, condition):
    where = sa.text(condition)
    op.create_index(f"ix_{table}_{name}", table, columns, sqlite_where=where, postgresql_where=where)


def _count_by(counted, mailed):
    for name, condition in (("near", counted), ("wide", counted), ("domain_key", counted), ("inbox_key", mailed)):
        op.drop_index(f"ix_sign_ups_{name}", "sign_ups")
        _index("sign_ups", name, [name, "answered_at"], condition)


def downgrade():
    op.drop_table("address_changes")
    op.execute("DELETE FROM sign_ups WHERE verdict IN ('link', 'change', 'nobody') OR method IN ('link', 'change')")
    _count_by(ASKED, OLD_MAILED)
    op.drop_index("ix_subscriptions_paused", "subscriptions")
