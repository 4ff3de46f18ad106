"""The language in which the console speaks to each operator.

Revision ID: 9c4b27e1fa58
Revises: d3570af1b68e
Create Date: 2026-11-27 16:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "9c4b27e1fa58"
down_revision = "d3570af1b68e"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("operators") as table:
        table.add_column(sa.Column("language", sa.String(8), nullable=False, server_default=""))


def downgrade():
    with op.batch_alter_table("operators") as table:
        table.drop_column("language")
