"""Sources, the articles read from them, and the keys that articles are recognised by."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.articles.policy import SourceKind
from newsletter.core.db import BigId, UtcDateTime, db


class Source(db.Model):  # type: ignore[name-defined, misc]
    """A feed we read. `credit` stands under its articles where the feed itself names nobody.

    `title` is "" until it was read for the first time. `failing_since`, `problem` and `failures` tell of the
    polls since the last one that went well. While `paused_at` is set it is not polled; nor from
    `removed_at` on, when no digest takes from it either, and its articles stay for the editions that carried them.
    """

    __tablename__ = "sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(String(2000), unique=True)
    title: Mapped[str] = mapped_column(Text)
    site_url: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(String(10), default=SourceKind.RSS)
    credit: Mapped[str] = mapped_column(Text, default="")
    etag: Mapped[str] = mapped_column(Text, default="")
    last_modified: Mapped[str] = mapped_column(Text, default="")
    polled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[str] = mapped_column(Text, default="")
    failures: Mapped[int] = mapped_column(default=0)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def is_read(self) -> bool:
        """Whether it is polled."""
        return self.paused_at is None and self.removed_at is None

    def forget_trouble(self) -> None:
        """As after a poll that went well."""
        self.failing_since, self.problem, self.failures = None, "", 0


class Article(db.Model):  # type: ignore[name-defined, misc]
    """One piece of content. Its HTML is sanitised, all else is plain text on one line.

    `published_at` is a guess (the moment we first saw it) where `date_is_guess`. From `available_at`, the
    later of seen and published, a digest may take it.
    """

    __tablename__ = "articles"
    __table_args__ = (Index(None, "source_id", "available_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    summary_html: Mapped[str] = mapped_column(Text)
    summary_text: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    credit: Mapped[str] = mapped_column(Text)
    image_url: Mapped[str] = mapped_column(Text)
    image_alt: Mapped[str] = mapped_column(Text)
    topics: Mapped[list[str]] = mapped_column(JSON)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    date_is_guess: Mapped[bool]
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    available_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ArticlePicture(db.Model):  # type: ignore[name-defined, misc]
    """The picture of an article as it was fetched: wide for the first place, small for the others.

    The names are those of `mail.images`, "" while `problem` says why there is none.
    """

    __tablename__ = "article_pictures"

    article_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    name: Mapped[str] = mapped_column(String(80), default="")
    small_name: Mapped[str] = mapped_column(String(80), default="")
    width: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(String(300), default="")
    tries: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ArticleKey(db.Model):  # type: ignore[name-defined, misc]
    """Something an article is recognised by when the source is read again (see `policy.identity_keys`)."""

    __tablename__ = "article_keys"
    __table_args__ = (UniqueConstraint("source_id", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(70))


class Author(db.Model):  # type: ignore[name-defined, misc]
    """What readers may know of somebody who writes; `key` is the name as `policy.name_key` compares names."""

    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(360), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    about: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text, default="")
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
