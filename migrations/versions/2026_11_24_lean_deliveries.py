"""Deliveries without foreign keys and with fewer indexes, which backend had one last, where the database lives.

Revision ID: 2b8d5f0c7a41
Revises: 7a1d3c5be204
Create Date: 2026-11-24 12:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "2b8d5f0c7a41"
down_revision = "7a1d3c5be204"
branch_labels = None
depends_on = None

WAITING = "status IN ('queued', 'deferred')"
LEASED = "status = 'leased'"
MAILING_OPEN = "state IN ('sending', 'paused')"
OPEN = "status IN ('queued', 'deferred', 'leased')"


def where(condition):
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade():
    with op.batch_alter_table("deliveries") as table:
        table.drop_index("ix_deliveries_subscriber")
        table.drop_index("ix_deliveries_open", **where(OPEN))
        table.drop_index("ix_deliveries_leased", **where(LEASED))
        table.drop_constraint("fk_deliveries_mailing_id_mailings", type_="foreignkey")
        table.drop_constraint("fk_deliveries_subscriber_id_subscribers", type_="foreignkey")
        table.add_column(sa.Column("via", sa.String(254), nullable=True))
        table.create_index("ix_deliveries_leased", ["mailing_id"], **where(LEASED))
    op.create_table(
        "homes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(32), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_homes"),
    )
    op.create_index("ix_mailings_open", "mailings", ["newsletter_id"], **where(MAILING_OPEN))


def downgrade():
    op.drop_table("homes")
    op.drop_index("ix_mailings_open", "mailings", **where(MAILING_OPEN))
    with op.batch_alter_table("deliveries") as table:
        table.drop_index("ix_deliveries_leased", **where(LEASED))
        table.drop_column("via")
        table.create_foreign_key(
            "fk_deliveries_subscriber_id_subscribers", "subscribers", ["subscriber_id"], ["id"], ondelete="SET NULL"
        )
        table.create_foreign_key(
            "fk_deliveries_mailing_id_mailings", "mailings", ["mailing_id"], ["id"], ondelete="CASCADE"
        )
        table.create_index("ix_deliveries_leased", ["leased_until", "worker"], **where(LEASED))
        table.create_index("ix_deliveries_open", ["mailing_id"], **where(OPEN))
        table.create_index("ix_deliveries_subscriber", ["subscriber_id"])
