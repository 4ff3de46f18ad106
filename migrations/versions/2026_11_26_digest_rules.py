"""The rule of a digest as one value, marks and notes of editors, sections of editions.

Revision ID: 4d2f7c9be105
Revises: 6b90d4e2a7f1
Create Date: 2026-11-26 15:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "4d2f7c9be105"
down_revision = "6b90d4e2a7f1"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
DIGESTS = sa.table(
    "digests",
    sa.column("id", sa.Integer),
    sa.column("least", sa.Integer),
    sa.column("most", sa.Integer),
    sa.column("selection", sa.JSON),
)


def upgrade():
    with op.batch_alter_table("digests") as table:
        table.add_column(sa.Column("selection", sa.JSON(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("notes", sa.JSON(), nullable=False, server_default="{}"))
    link = op.get_bind()
    for row in link.execute(sa.select(DIGESTS.c.id, DIGESTS.c.least, DIGESTS.c.most)).all():
        rule = {"least": row.least, "most": row.most}
        link.execute(DIGESTS.update().where(DIGESTS.c.id == row.id).values(selection=rule))
    with op.batch_alter_table("digests") as table:
        table.drop_column("least")
        table.drop_column("most")
        table.alter_column("selection", server_default=None)
        table.alter_column("notes", server_default=None)
    with op.batch_alter_table("editions") as table:
        table.add_column(sa.Column("notes", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("editions") as table:
        table.alter_column("notes", server_default=None)
    with op.batch_alter_table("edition_articles") as table:
        table.add_column(sa.Column("section", sa.String(100), nullable=False, server_default=""))
    with op.batch_alter_table("edition_articles") as table:
        table.alter_column("section", server_default=None)
    op.create_table(
        "digest_marks",
        sa.Column("digest_id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("until", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["digest_id"], ["digests.id"], name="fk_digest_marks_digest_id_digests", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_digest_marks_article_id_articles", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest_id", "article_id", name="pk_digest_marks"),
    )
    op.create_index("ix_digest_marks_article_id", "digest_marks", ["article_id"])


def downgrade():
    op.drop_table("digest_marks")
    with op.batch_alter_table("edition_articles") as table:
        table.drop_column("section")
    with op.batch_alter_table("editions") as table:
        table.drop_column("notes")
    with op.batch_alter_table("digests") as table:
        table.add_column(sa.Column("least", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("most", sa.Integer(), nullable=False, server_default="20"))
    link = op.get_bind()
    for row in link.execute(sa.select(DIGESTS.c.id, DIGESTS.c.selection)).all():
        rule = {"least": row.selection.get("least", 1), "most": row.selection.get("most", 20)}
        link.execute(DIGESTS.update().where(DIGESTS.c.id == row.id).values(**rule))
    with op.batch_alter_table("digests") as table:
        table.drop_column("selection")
        table.drop_column("notes")
        table.alter_column("least", server_default=None)
        table.alter_column("most", server_default=None)
