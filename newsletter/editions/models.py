"""What is sent."""

from datetime import datetime

from sqlalchemy import DDL, JSON, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import ExecutableDDLElement

from newsletter.core.db import BigId, UtcDateTime, db
from newsletter.editions.policy import EVERYBODY, ClickKind, EditionStatus, Readers
from newsletter.editions.policy.splitting import Arm, DecidedBy
from newsletter.subscriptions.policy import Cadence


class Edition(db.Model):  # type: ignore[name-defined, misc]
    """`slot` is the moment it is for, as UTC text, so that no newsletter has two for one moment and cadence.

    It goes to readers of this `cadence`, and of the `riders` (commas between them) for whom it is the same.
    `local_hour` is when readers get it who have said their time zone and no hour; None: at once. `once_in_house`:
    whoever got an article of it from another newsletter does not get that again.

    It carries the articles that became available in [window_start, window_end). `notes`: see `policy.Layout`.
    `sends_at` is when it leaves by itself, or was meant to; `problem` says why it is held. With fewer readers than
    `least_audience` it does not leave by itself. `corrects` is the article of earlier editions that it corrects.
    """

    __tablename__ = "editions"
    __table_args__ = (
        UniqueConstraint("newsletter_id", "slot"),
        UniqueConstraint("newsletter_id", "number"),
        Index("ix_editions_newsletter_id", "newsletter_id", "id"),
        Index("ix_editions_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    slot: Mapped[str] = mapped_column(String(30))
    cadence: Mapped[Cadence] = mapped_column(String(8), default=Cadence.EACH)
    riders: Mapped[str] = mapped_column(String(30), default=EVERYBODY.riders_text)
    local_hour: Mapped[int | None] = mapped_column()
    once_in_house: Mapped[bool] = mapped_column(default=False)
    number: Mapped[int]
    status: Mapped[EditionStatus] = mapped_column(String(10), default=EditionStatus.DRAFT, index=True)
    subject: Mapped[str] = mapped_column(String(200))
    preheader: Mapped[str] = mapped_column(String(200), default="")
    notes: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    window_start: Mapped[datetime] = mapped_column(UtcDateTime)
    window_end: Mapped[datetime] = mapped_column(UtcDateTime)
    mailing_id: Mapped[int | None] = mapped_column(ForeignKey("mailings.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[str] = mapped_column(String(500), default="")
    least_audience: Mapped[int] = mapped_column(default=0)
    corrects: Mapped[int | None] = mapped_column(ForeignKey("articles.id"), index=True)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def readers(self) -> Readers:
        """Whom it is for."""
        riders = tuple(Cadence(each) for each in self.riders.split(",") if each)
        return Readers(Cadence(self.cadence), riders, self.local_hour, once_in_house=self.once_in_house)


class EditionArticle(db.Model):  # type: ignore[name-defined, misc]
    """An article in an edition, at its place; positions count from 1. `section` is a title, "" for none."""

    __tablename__ = "edition_articles"

    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), primary_key=True, index=True)
    position: Mapped[int]
    section: Mapped[str] = mapped_column(String(100), default="")


class EditionText(db.Model):  # type: ignore[name-defined, misc]
    """The words of an edition that is on the web (`policy.words`), so that a search finds it.

    Each database has its own index of the words: on PostgreSQL a GIN index of `lexemes`, a column that it keeps
    itself, on SQLite the full-text table `edition_words`, which triggers keep in step.
    """

    __tablename__ = "edition_texts"

    edition_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    words: Mapped[str] = mapped_column(Text)


# On PostgreSQL the words as they are, without a parser that would take them apart once more. They are stored,
# because a search for what many editions have looks at them row by row.
_LEXEMES = "lexemes tsvector GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED"

_ADD = "INSERT INTO edition_words(rowid, words) VALUES (new.edition_id, new.words);"
_FORGET = "INSERT INTO edition_words(edition_words, rowid, words) VALUES ('delete', old.edition_id, old.words);"
_KEPT = "content='edition_texts', content_rowid='edition_id'"
_CUT = "tokenize='unicode61 remove_diacritics 0', prefix='2 3'"
_INDEXES = {
    "sqlite": (
        f"CREATE VIRTUAL TABLE edition_words USING fts5(words, {_KEPT}, {_CUT})",
        f"CREATE TRIGGER edition_texts_added AFTER INSERT ON edition_texts BEGIN {_ADD} END",
        f"CREATE TRIGGER edition_texts_deleted AFTER DELETE ON edition_texts BEGIN {_FORGET} END",
        f"CREATE TRIGGER edition_texts_changed AFTER UPDATE ON edition_texts BEGIN {_FORGET} {_ADD} END",
    ),
    "postgresql": (
        f"ALTER TABLE edition_texts ADD COLUMN {_LEXEMES}",
        "CREATE INDEX ix_edition_texts_lexemes ON edition_texts USING gin (lexemes)",
    ),
}
for _dialect, _statements in _INDEXES.items():
    for _statement in _statements:
        _made: ExecutableDDLElement = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(EditionText.__table__, "after_create", _made.execute_if(dialect=_dialect))


class CheckedLink(db.Model):  # type: ignore[name-defined, misc]
    """What a link answered when it was last asked, by SHA-256 of its URL; `status` 0 when nothing came back.

    `words` say why nothing came back.
    """

    __tablename__ = "checked_links"

    url_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    status: Mapped[int]
    words: Mapped[str] = mapped_column(String(200), default="")
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class EditionPart(db.Model):  # type: ignore[name-defined, misc]
    """What readers of the mailing's variant of this number get: some of the articles, or all of them at an hour.

    `articles` are ids in the order of the edition, `due_at` when it leaves for them; None: with the edition.
    """

    __tablename__ = "edition_parts"

    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    articles: Mapped[list[int]] = mapped_column(JSON)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Split(db.Model):  # type: ignore[name-defined, misc]
    """A second subject of an edition, tried on `share` of its readers for so many minutes (`policy.splitting`).

    `wordings` has for each variant of the rest those of which it gets one: its number, and the numbers with the
    edition's own and with the other subject. The counts are those by which it was decided, 0 before.
    """

    __tablename__ = "edition_splits"

    edition_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    subject: Mapped[str] = mapped_column(String(200))
    share: Mapped[float]
    wait_minutes: Mapped[int]
    wordings: Mapped[list[list[int]]] = mapped_column(JSON, default=list)
    winner: Mapped[Arm | None] = mapped_column(String(8))
    decided_by: Mapped[DecidedBy | None] = mapped_column(String(8))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    own_subject: Mapped[str] = mapped_column(String(200), default="")
    own_sent: Mapped[int] = mapped_column(default=0)
    own_clicks: Mapped[int] = mapped_column(default=0)
    other_sent: Mapped[int] = mapped_column(default=0)
    other_clicks: Mapped[int] = mapped_column(default=0)


class EditionClick(db.Model):  # type: ignore[name-defined, misc]
    """How often an article of an edition was opened from it, by `policy.ClickKind`; nothing says by whom.

    `hour` is when the hour began, or the day for what comes late (`policy.counted_at`). `arm` is the number of the
    subject it had (`policy.splitting.Arm`), 0 where there was one for all.
    """

    __tablename__ = "edition_clicks"

    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True)
    article_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    kind: Mapped[ClickKind] = mapped_column(String(10), primary_key=True)
    arm: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, default=0)
    count: Mapped[int]
