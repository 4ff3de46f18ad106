"""What operators write for the mails of a newsletter, in versions.

Revision ID: c8e21f40a9d3
Revises: f3b1a6c09d27
Create Date: 2026-11-26 20:50:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c8e21f40a9d3"
down_revision = "f3b1a6c09d27"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "template_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("newsletter_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.String(254), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["newsletter_id"],
            ["newsletters.id"],
            name="fk_template_versions_newsletter_id_newsletters",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_template_versions"),
        sa.UniqueConstraint("newsletter_id", "part", "number", name="uq_template_versions_newsletter_id_part_number"),
    )


def downgrade():
    op.drop_table("template_versions")
