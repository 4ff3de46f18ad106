"""What can be followed of each newsletter.

Revision ID: 36f0a1c84b21
Revises: f3b1a6c09d27
Create Date: 2026-11-26 20:40:00
"""

import sqlalchemy as sa
from alembic import op

revision = "36f0a1c84b21"
down_revision = "c8e21f40a9d3"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "followables",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("newsletter_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("value", sa.String(100), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletters.id"], name="fk_followables_newsletter_id_newsletters"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_followables"),
        sa.UniqueConstraint("newsletter_id", "kind", "value", name="uq_followables_newsletter_id_kind_value"),
        sqlite_autoincrement=True,
    )


def downgrade():
    op.drop_table("followables")
