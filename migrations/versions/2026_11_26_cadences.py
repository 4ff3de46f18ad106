"""Editions know whom they are for, digests have runs by cadence, and what readers had before a change is kept.

Revision ID: b7e2d41c90fa
Revises: c80e5a1f92d4
Create Date: 2026-11-26 20:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = "b7e2d41c90fa"
down_revision = "c80e5a1f92d4"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
RARE = sa.text("cadence <> 'each'")
HAS_HOUR = sa.text("local_hour IS NOT NULL")


def upgrade():
    op.create_table(
        "stints",
        sa.Column("subscription_id", BIG, nullable=False),
        sa.Column("cadence", sa.String(8), nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name="fk_stints_subscription_id_subscriptions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", "cadence", name="pk_stints"),
    )
    op.create_index(
        "ix_subscriptions_rare", "subscriptions", ["newsletter_id"], sqlite_where=RARE, postgresql_where=RARE
    )
    op.create_index(
        "ix_subscribers_hour", "subscribers", ["id"], sqlite_where=HAS_HOUR, postgresql_where=HAS_HOUR
    )
    with op.batch_alter_table("editions") as table:
        table.alter_column("slot", type_=sa.String(30), existing_type=sa.String(20), existing_nullable=False)
        table.add_column(sa.Column("cadence", sa.String(8), nullable=False, server_default="each"))
        # What was made before went to everybody.
        table.add_column(sa.Column("riders", sa.String(30), nullable=False, server_default="daily,weekly,monthly"))
        table.add_column(sa.Column("local_hour", sa.Integer(), nullable=True))
        table.add_column(sa.Column("once_in_house", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("editions") as table:
        table.alter_column("cadence", server_default=None)
        table.alter_column("riders", server_default=None)
        table.alter_column("once_in_house", server_default=None)
    op.create_table(
        "edition_parts",
        sa.Column("edition_id", BIG, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("articles", sa.JSON(), nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name="fk_edition_parts_edition_id_editions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", "number", name="pk_edition_parts"),
    )
    with op.batch_alter_table("digests") as table:
        table.add_column(sa.Column("weekly_on", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("monthly_on", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("local_hour", sa.Integer(), nullable=True))
    with op.batch_alter_table("digests") as table:
        table.alter_column("weekly_on", server_default=None)
        table.alter_column("monthly_on", server_default=None)
    with op.batch_alter_table("digest_runs") as table:
        table.add_column(sa.Column("cadence", sa.String(8), nullable=False, server_default="each"))
        table.drop_constraint("uq_digest_runs_digest_id_due_at", type_="unique")
        table.create_unique_constraint("uq_digest_runs_digest_id_due_at_cadence", ["digest_id", "due_at", "cadence"])
    with op.batch_alter_table("digest_runs") as table:
        table.alter_column("cadence", server_default=None)
    # Each cadence begins with its next period; in this one everybody had every edition.
    for cadence in ("daily", "weekly", "monthly"):
        op.execute(
            "INSERT INTO digest_runs (digest_id, due_at, ran_at, outcome, reason, cadence)"
            " SELECT id, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 'nobody', 'cadences begin after this moment',"
            f" '{cadence}' FROM digests"
        )


def downgrade():
    op.execute("DELETE FROM digest_runs WHERE cadence <> 'each'")
    with op.batch_alter_table("digest_runs") as table:
        table.drop_constraint("uq_digest_runs_digest_id_due_at_cadence", type_="unique")
        table.create_unique_constraint("uq_digest_runs_digest_id_due_at", ["digest_id", "due_at"])
        table.drop_column("cadence")
    with op.batch_alter_table("digests") as table:
        table.drop_column("local_hour")
        table.drop_column("monthly_on")
        table.drop_column("weekly_on")
    op.drop_table("edition_parts")
    with op.batch_alter_table("editions") as table:
        table.drop_column("once_in_house")
        table.drop_column("local_hour")
        table.drop_column("riders")
        table.drop_column("cadence")
    # "2026-11-23T06:30:00Z weekly" becomes "26-11-23T06:30:00 w" within the twenty characters, one of its kind.
    op.execute("UPDATE editions SET slot = substr(slot, 3, 17) || substr(slot, 21, 2) WHERE length(slot) > 20")
    with op.batch_alter_table("editions") as table:
        table.alter_column("slot", type_=sa.String(20), existing_type=sa.String(30), existing_nullable=False)
    op.drop_index("ix_subscribers_hour", "subscribers")
    op.drop_index("ix_subscriptions_rare", "subscriptions")
    op.drop_table("stints")
