"""Clicks on the articles of editions, counted by hour and kind; newsletters say whether.

Revision ID: 91e6f2b4d073
Revises: d47a90c2be16
Create Date: 2026-11-26 21:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "91e6f2b4d073"
down_revision = "d47a90c2be16"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "edition_clicks",
        sa.Column("edition_id", BIG, nullable=False),
        sa.Column("article_id", BIG, autoincrement=False, nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name="fk_edition_clicks_edition_id_editions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", "article_id", "hour", "kind", name="pk_edition_clicks"),
    )
    op.add_column(
        "newsletters", sa.Column("measures_clicks", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade():
    op.drop_column("newsletters", "measures_clicks")
    op.drop_table("edition_clicks")
