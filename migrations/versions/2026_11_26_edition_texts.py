"""The words of each edition on the web, with an index that each database has of its own.

A job fills it, so that a long archive keeps nobody waiting here.

Revision ID: b7d90c2fe518
Revises: 8c41e7d0b236
Create Date: 2026-11-26 20:45:00
"""

import sqlalchemy as sa
from alembic import op

revision = "b7d90c2fe518"
down_revision = "8c41e7d0b236"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FORGET = "INSERT INTO edition_words(edition_words, rowid, words) VALUES ('delete', old.edition_id, old.words);"
ADD = "INSERT INTO edition_words(rowid, words) VALUES (new.edition_id, new.words);"
ON_SQLITE = (
    "CREATE VIRTUAL TABLE edition_words USING fts5(words, content='edition_texts', content_rowid='edition_id', "
    "tokenize='unicode61 remove_diacritics 0', prefix='2 3')",
    f"CREATE TRIGGER edition_texts_added AFTER INSERT ON edition_texts BEGIN {ADD} END",
    f"CREATE TRIGGER edition_texts_deleted AFTER DELETE ON edition_texts BEGIN {FORGET} END",
    f"CREATE TRIGGER edition_texts_changed AFTER UPDATE ON edition_texts BEGIN {FORGET} {ADD} END",
)
ON_POSTGRESQL = (
    "ALTER TABLE edition_texts ADD COLUMN lexemes tsvector "
    "GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED",
    "CREATE INDEX ix_edition_texts_lexemes ON edition_texts USING gin (lexemes)",
)


def upgrade():
    op.create_table(
        "edition_texts",
        sa.Column("edition_id", BIG, autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name="fk_edition_texts_edition_id_editions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", name="pk_edition_texts"),
    )
    for statement in ON_SQLITE if op.get_context().dialect.name == "sqlite" else ON_POSTGRESQL:
        op.execute(statement)


def downgrade():
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TABLE edition_words")
    op.drop_table("edition_texts")
