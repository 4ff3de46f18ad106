"""Who was asked and reminded, and how many have confirmed.

Revision ID: 6b90d4e2a7f1
Revises: e7a4b8126d35
Create Date: 2026-11-26 11:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "6b90d4e2a7f1"
down_revision = "e7a4b8126d35"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
UNREMINDED = sa.text("status = 'pending' AND reminded_at IS NULL AND asked_at IS NOT NULL")
ASKED, MAILED = sa.text("verdict = 'asked'"), sa.text("verdict IN ('asked', 'reminded')")


def upgrade():
    with op.batch_alter_table("subscriptions") as table:
        table.add_column(sa.Column("asked_at", TIME, nullable=True))
        table.add_column(sa.Column("reminded_at", TIME, nullable=True))
    op.create_index(
        "ix_subscriptions_unreminded",
        "subscriptions",
        ["subscriber_id", "asked_at"],
        sqlite_where=UNREMINDED,
        postgresql_where=UNREMINDED,
    )
    _index_inboxes(MAILED)
    op.create_table(
        "confirm_counts",
        sa.Column("newsletter_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("form", sa.String(40), nullable=False),
        sa.Column("page", sa.String(200), nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("within_hour", sa.Integer(), nullable=False),
        sa.Column("reminded", sa.Integer(), nullable=False),
        sa.Column("after_reminder", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletters.id"], name="fk_confirm_counts_newsletter_id_newsletters", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("newsletter_id", "day", "form", "page", "provider", name="pk_confirm_counts"),
    )


def _index_inboxes(condition):
    op.drop_index("ix_sign_ups_inbox_key", "sign_ups")
    op.create_index(
        "ix_sign_ups_inbox_key",
        "sign_ups",
        ["inbox_key", "answered_at"],
        sqlite_where=condition,
        postgresql_where=condition,
    )


def downgrade():
    op.drop_table("confirm_counts")
    _index_inboxes(ASKED)
    op.execute("DELETE FROM sign_ups WHERE verdict = 'reminded'")
    op.drop_index("ix_subscriptions_unreminded", "subscriptions")
    with op.batch_alter_table("subscriptions") as table:
        table.drop_column("reminded_at")
        table.drop_column("asked_at")
