"""People are found by address, domain, form, cadence, topic and day; files sent in, actions on many, and sums.

Revision ID: c4e19b7d50fa
Revises: 5e0c9a7d31f8
Create Date: 2026-11-26 20:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c4e19b7d50fa"
down_revision = "5e0c9a7d31f8"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
BYTEWISE = sa.String(254).with_variant(sa.String(254, collation="C"), "postgresql")
DOMAIN = "replace(address, rtrim(address, replace(address, '@', '')), '')"
PLAIN = (
    ("ix_subscribers_lowered", "subscribers", ["lowered"], None),
    ("ix_subscribers_domain", "subscribers", ["domain", "id"], None),
    ("ix_subscriptions_requested", "subscriptions", ["requested_at", "subscriber_id"], None),
    ("ix_subscriptions_form", "subscriptions", ["form", "subscriber_id"], "form <> ''"),
    ("ix_subscriptions_cadence", "subscriptions", ["cadence", "subscriber_id"], "cadence <> 'each'"),
    ("ix_follows_value", "follows", ["value", "kind", "subscription_id"], None),
    ("ix_suppressions_created", "suppressions", ["created_at", "address_key"], None),
    ("ix_suppressions_reason", "suppressions", ["reason", "created_at", "address_key"], None),
)
TO_COUNT = "lane = 'bulk' AND state IN ('finished', 'cancelled') AND counted_at IS NULL"


def upgrade():
    # Not in a batch: to make the table anew would end the trigger of the consent ledger that names it. SQLite makes
    # such a column when it is read, PostgreSQL when the row is written.
    persisted = True if op.get_bind().dialect.name == "postgresql" else None
    op.add_column("subscribers", sa.Column("lowered", BYTEWISE, sa.Computed("lower(address)", persisted=persisted)))
    op.add_column("subscribers", sa.Column("domain", sa.String(254), sa.Computed(DOMAIN, persisted=persisted)))
    for name, table, columns, condition in PLAIN:
        _index(name, table, columns, condition)
    op.add_column("mailings", sa.Column("counted_at", TIME, nullable=True))
    _index("ix_mailings_to_count", "mailings", ["id"], TO_COUNT)
    _make_sums()
    _make_uploads()
    _make_bulk_actions()


def _index(name, table, columns, condition):
    where = sa.text(condition) if condition else None
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _make_sums():
    op.create_table(
        "growth_counts",
        sa.Column("newsletter_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("joined", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletters.id"], name="fk_growth_counts_newsletter_id_newsletters", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("newsletter_id", "day", name="pk_growth_counts"),
    )
    op.create_table(
        "standing_counts",
        sa.Column("newsletter_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("how_many", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["newsletter_id"],
            ["newsletters.id"],
            name="fk_standing_counts_newsletter_id_newsletters",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("newsletter_id", "status", name="pk_standing_counts"),
    )
    op.create_table(
        "growth_marks",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counted_id", BIG, nullable=False),
        sa.Column("seen_id", BIG, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_growth_marks"),
    )
    op.create_table(
        "delivery_counts",
        sa.Column("mailing_id", BIG, autoincrement=False, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("domain", sa.String(254), nullable=False),
        sa.Column("how_many", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailings.id"], name="fk_delivery_counts_mailing_id_mailings", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mailing_id", "status", "domain", name="pk_delivery_counts"),
    )


def _make_uploads():
    op.create_table(
        "uploads",
        sa.Column("id", BIG, nullable=False),
        sa.Column("newsletter_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("provenance", sa.String(500), nullable=False),
        sa.Column("consent_note", sa.String(500), nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("preview", sa.JSON(), nullable=True),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("import_id", BIG, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletters.id"], name="fk_uploads_newsletter_id_newsletters", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
        sqlite_autoincrement=True,
    )


def _make_bulk_actions():
    op.create_table(
        "bulk_actions",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("because", sa.String(300), nullable=False),
        sa.Column("up_to", BIG, nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("reached", BIG, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_actions"),
    )


def downgrade():
    for table in ("bulk_actions", "uploads", "delivery_counts", "growth_marks", "standing_counts", "growth_counts"):
        op.drop_table(table)
    op.drop_index("ix_mailings_to_count", "mailings")
    op.drop_column("mailings", "counted_at")
    for name, table, _columns, _condition in reversed(PLAIN):
        op.drop_index(name, table)
    for column in ("domain", "lowered"):
        op.drop_column("subscribers", column)
