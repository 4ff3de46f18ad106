"""Newsletters have a theme, fonts, a logo, a head and a foot; pictures of articles may be ours.

Revision ID: 5e0c9a7d31f8
Revises: b7e2d41c90fa
Create Date: 2026-11-26 20:40:00
"""

import sqlalchemy as sa
from alembic import op

revision = "5e0c9a7d31f8"
down_revision = "b7e2d41c90fa"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

LOOK = {
    "theme": (sa.String(20), "magazine"),
    "fonts": (sa.String(20), "classic"),
    "pictures": (sa.String(10), "link"),
    "logo": (sa.String(80), ""),
    "logo_width": (sa.Integer(), "0"),
    "header": (sa.String(200), ""),
    "footer": (sa.Text(), ""),
}


def upgrade():
    with op.batch_alter_table("newsletters") as table:
        for name, (kind, default) in LOOK.items():
            table.add_column(sa.Column(name, kind, nullable=False, server_default=default))
    op.create_table(
        "article_pictures",
        sa.Column("article_id", BIG, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("small_name", sa.String(80), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(300), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_article_pictures_article_id_articles", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name="pk_article_pictures"),
    )


def downgrade():
    op.drop_table("article_pictures")
    with op.batch_alter_table("newsletters") as table:
        for name in reversed(LOOK):
            table.drop_column(name)
