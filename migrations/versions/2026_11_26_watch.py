"""What a digest's watchdog looks at, how many readers an edition must have, corrections, longer names of alarms.

Revision ID: 8c41e7d0b236
Revises: 36d7c2e95b04
Create Date: 2026-11-26 20:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = "8c41e7d0b236"
down_revision = "36d7c2e95b04"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ARTICLE = "fk_editions_corrects_articles"


def upgrade():
    with op.batch_alter_table("alarms") as table:
        table.alter_column("cause", type_=sa.String(80), existing_type=sa.String(20), existing_nullable=False)
    with op.batch_alter_table("digests") as table:
        table.add_column(sa.Column("watch", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("digests") as table:
        table.alter_column("watch", server_default=None)
    with op.batch_alter_table("editions") as table:
        table.add_column(sa.Column("least_audience", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("corrects", BIG, nullable=True))
        table.create_foreign_key(ARTICLE, "articles", ["corrects"], ["id"])
    with op.batch_alter_table("editions") as table:
        table.alter_column("least_audience", server_default=None)
    op.create_index("ix_editions_corrects", "editions", ["corrects"])


def downgrade():
    op.drop_index("ix_editions_corrects", "editions")
    with op.batch_alter_table("editions") as table:
        table.drop_constraint(ARTICLE, type_="foreignkey")
        table.drop_column("corrects")
        table.drop_column("least_audience")
    with op.batch_alter_table("digests") as table:
        table.drop_column("watch")
    # The watchdog's are longer than the column was, and mean nothing to what ran before.
    op.execute("DELETE FROM alarms WHERE length(cause) > 20 OR cause LIKE '% %'")
    with op.batch_alter_table("alarms") as table:
        table.alter_column("cause", type_=sa.String(20), existing_type=sa.String(80), existing_nullable=False)
