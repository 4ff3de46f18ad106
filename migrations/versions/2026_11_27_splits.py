"""A second subject of an edition that is tried on some first; clicks are counted by the subject they came from.

Revision ID: a6d13f80e7c2
Revises: c4e19b7d50fa
Create Date: 2026-11-27 11:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = "a6d13f80e7c2"
down_revision = "c4e19b7d50fa"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = ["edition_id", "article_id", "hour", "kind"]


def upgrade():
    op.create_table(
        "edition_splits",
        sa.Column("edition_id", BIG, autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("wait_minutes", sa.Integer(), nullable=False),
        sa.Column("wordings", sa.JSON(), nullable=False),
        sa.Column("winner", sa.String(8)),
        sa.Column("decided_by", sa.String(8)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("own_subject", sa.String(200), nullable=False),
        sa.Column("own_sent", sa.Integer(), nullable=False),
        sa.Column("own_clicks", sa.Integer(), nullable=False),
        sa.Column("other_sent", sa.Integer(), nullable=False),
        sa.Column("other_clicks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name="fk_edition_splits_edition_id_editions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", name="pk_edition_splits"),
    )
    with op.batch_alter_table("edition_clicks") as table:
        table.add_column(sa.Column("arm", sa.SmallInteger(), nullable=False, server_default="0"))
        table.drop_constraint("pk_edition_clicks", type_="primary")
        table.create_primary_key("pk_edition_clicks", [*KEY, "arm"])


def downgrade():
    # What was counted by subject becomes one count again.
    op.execute(
        "CREATE TEMPORARY TABLE clicks_of_all AS SELECT edition_id, article_id, hour, kind, SUM(count) AS count "
        "FROM edition_clicks GROUP BY edition_id, article_id, hour, kind"
    )
    op.execute("DELETE FROM edition_clicks")
    with op.batch_alter_table("edition_clicks") as table:
        table.drop_constraint("pk_edition_clicks", type_="primary")
        table.create_primary_key("pk_edition_clicks", KEY)
        table.drop_column("arm")
    op.execute(
        "INSERT INTO edition_clicks (edition_id, article_id, hour, kind, count) "
        "SELECT edition_id, article_id, hour, kind, count FROM clicks_of_all"
    )
    op.execute("DROP TABLE clicks_of_all")
    op.drop_table("edition_splits")
