"""Mailings know whose they are, and what became of them once their deliveries are gone.

Revision ID: c51f03d9a6e8
Revises: 8d2e60b7f914
Create Date: 2026-11-26 10:35:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c51f03d9a6e8"
down_revision = "8d2e60b7f914"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEXES = (
    ("ix_mailings_bulk", "id", "lane = 'bulk'"),
    ("ix_mailings_subscriber_id", "subscriber_id", "subscriber_id IS NOT NULL"),
    ("ix_mailings_to_sum_up", "created_at", "summary IS NULL"),
)


def upgrade():
    with op.batch_alter_table("mailings") as table:
        table.add_column(sa.Column("subscriber_id", BIG, nullable=True))
        table.add_column(sa.Column("summary", sa.JSON(), nullable=True))
    for name, column, condition in INDEXES:
        where = sa.text(condition)
        op.create_index(name, "mailings", [column], sqlite_where=where, postgresql_where=where)
    for name, column, status in (("pending", "requested_at", "pending"), ("ended", "ended_at", "unsubscribed")):
        where = sa.text(f"status = '{status}'")
        op.create_index(
            f"ix_subscriptions_{name}", "subscriptions", [column], sqlite_where=where, postgresql_where=where
        )
    op.execute(
        "UPDATE mailings SET subscriber_id = (SELECT min(subscriber_id) FROM deliveries WHERE mailing_id = mailings.id) "
        "WHERE lane = 'person'"
    )


def downgrade():
    for name in ("pending", "ended"):
        op.drop_index(f"ix_subscriptions_{name}", "subscriptions")
    for name, _, _ in INDEXES:
        op.drop_index(name, "mailings")
    with op.batch_alter_table("mailings") as table:
        table.drop_column("summary")
        table.drop_column("subscriber_id")
