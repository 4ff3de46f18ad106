"""Deliveries know a name and a variant where a mailing says something about it; newsletters may greet.

Revision ID: 8d2e60b7f914
Revises: 4f1c7a9be320
Create Date: 2026-11-26 10:20:00
"""

import sqlalchemy as sa
from alembic import op

revision = "8d2e60b7f914"
down_revision = "4f1c7a9be320"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "mailing_variants",
        sa.Column("mailing_id", BIG, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("template", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailings.id"], name="fk_mailing_variants_mailing_id_mailings", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mailing_id", "number", name="pk_mailing_variants"),
    )
    with op.batch_alter_table("deliveries") as table:
        table.add_column(sa.Column("name", sa.String(100), nullable=True))
        table.add_column(sa.Column("variant", sa.SmallInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("newsletters") as table:
        table.add_column(sa.Column("greets", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade():
    with op.batch_alter_table("newsletters") as table:
        table.drop_column("greets")
    with op.batch_alter_table("deliveries") as table:
        table.drop_column("variant")
        table.drop_column("name")
    op.drop_table("mailing_variants")
