"""Mailings know when they were queued again"""

import sqlalchemy as sa
from alembic import op

revision = '7a1d3c5be204'
down_revision = '42c5f0a90160'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('mailings', schema=None) as batch_op:
        batch_op.add_column(sa.Column('requeued_at', sa.DateTime(timezone=True), nullable=True))


def downgrade():
    with op.batch_alter_table('mailings', schema=None) as batch_op:
        batch_op.drop_column('requeued_at')
