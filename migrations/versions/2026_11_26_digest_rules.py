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
    sa.column("next_due_at", TIME),
    sa.column("drafts_at", TIME),
)


def upgrade():
    with op.batch_alter_table("digests") as table:
        table.add_column(sa.Column("selection", sa.JSON(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("notes", sa.JSON(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("drafts_at", TIME, nullable=True))
        table.add_column(sa.Column("lead_minutes", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("needs_approval", sa.Boolean(), nullable=False, server_default=sa.false()))
    link = op.get_bind()
    for row in link.execute(sa.select(DIGESTS.c.id, DIGESTS.c.least, DIGESTS.c.most)).all():
        rule = {"least": row.least, "most": row.most}
        link.execute(DIGESTS.update().where(DIGESTS.c.id == row.id).values(selection=rule))
    link.execute(DIGESTS.update().values(drafts_at=DIGESTS.c.next_due_at))
    op.drop_index("ix_digests_next_due_at", "digests")
    with op.batch_alter_table("digests") as table:
        table.drop_column("least")
        table.drop_column("most")
        table.drop_column("window_start")
        table.alter_column("selection", server_default=None)
        table.alter_column("notes", server_default=None)
        table.alter_column("drafts_at", nullable=False)
        table.alter_column("lead_minutes", server_default=None)
        table.alter_column("needs_approval", server_default=None)
    op.create_index("ix_digests_drafts_at", "digests", ["drafts_at"])
    with op.batch_alter_table("editions") as table:
        table.add_column(sa.Column("notes", sa.JSON(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("sends_at", TIME, nullable=True))
        table.add_column(sa.Column("problem", sa.String(500), nullable=False, server_default=""))
    with op.batch_alter_table("editions") as table:
        table.alter_column("notes", server_default=None)
        table.alter_column("problem", server_default=None)
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
    # What waited for its time or for somebody is a draft again, which nothing sends by itself.
    op.execute("UPDATE editions SET status = 'draft' WHERE status IN ('scheduled', 'held')")
    with op.batch_alter_table("editions") as table:
        table.drop_column("notes")
        table.drop_column("sends_at")
        table.drop_column("problem")
    op.drop_index("ix_digests_drafts_at", "digests")
    with op.batch_alter_table("digests") as table:
        table.add_column(sa.Column("window_start", TIME, nullable=True))
        table.add_column(sa.Column("least", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("most", sa.Integer(), nullable=False, server_default="20"))
    link = op.get_bind()
    for row in link.execute(sa.select(DIGESTS.c.id, DIGESTS.c.selection)).all():
        rule = {"least": row.selection.get("least", 1), "most": row.selection.get("most", 20)}
        link.execute(DIGESTS.update().where(DIGESTS.c.id == row.id).values(**rule))
    last = "SELECT max(e.window_end) FROM editions e JOIN digest_runs r ON r.edition_id = e.id WHERE r.digest_id = digests.id"
    op.execute(f"UPDATE digests SET window_start = coalesce(({last}), created_at)")
    op.create_index("ix_digests_next_due_at", "digests", ["next_due_at"])
    with op.batch_alter_table("digests") as table:
        table.drop_column("selection")
        table.drop_column("notes")
        table.drop_column("drafts_at")
        table.drop_column("lead_minutes")
        table.drop_column("needs_approval")
        table.alter_column("window_start", nullable=False)
        table.alter_column("least", server_default=None)
        table.alter_column("most", server_default=None)
