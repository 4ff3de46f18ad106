"""Imports, and whom each of them brought.

Revision ID: e7a4b8126d35
Revises: c51f03d9a6e8
Create Date: 2026-11-26 10:45:00
"""

import sqlalchemy as sa
from alembic import op

revision = "e7a4b8126d35"
down_revision = "c51f03d9a6e8"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
TABLES = (("ix_subscribers_import", "subscribers"), ("ix_subscriptions_import", "subscriptions"))


def upgrade():
    op.create_table(
        "imports",
        sa.Column("id", BIG, nullable=False),
        sa.Column("newsletter_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("plan", sa.String(16), nullable=False),
        sa.Column("provenance", sa.String(500), nullable=False),
        sa.Column("consent_note", sa.String(500), nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["newsletter_id"], ["newsletters.id"], name="fk_imports_newsletter_id_newsletters"),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
    condition = sa.text("import_id IS NOT NULL")
    for index, table in TABLES:
        op.add_column(table, sa.Column("import_id", BIG, nullable=True))
        op.create_index(index, table, ["import_id"], sqlite_where=condition, postgresql_where=condition)


def downgrade():
    for index, table in TABLES:
        op.drop_index(index, table)
        # Not in a batch: to make the table anew would end the trigger of the consent ledger that names it.
        op.drop_column(table, "import_id")
    op.drop_table("imports")
