"""The invented paper as it is written down in `paper/`: its staff, pictures, desks and articles."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

FOLDER = Path(__file__).parent / "paper"

_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Desk:
    """A department of the paper; `format` names the kind of feed it publishes."""

    key: str
    name: str
    format: str


@dataclass(frozen=True)
class Author:
    """A member of staff; `about` is the one sentence under an article."""

    key: str
    name: str
    about: str


@dataclass(frozen=True)
class Picture:
    """A drawing of ours, 1200 by 630 pixels, stored as `pictures/KEY.png`."""

    key: str
    alt: str

    @property
    def file(self) -> Path:
        return FOLDER / "pictures" / f"{self.key}.png"


@dataclass(frozen=True)
class Article:
    """One article; it is public from `published_at` (UTC) on."""

    desk: Desk
    slug: str
    headline: str
    summary: str
    paragraphs: tuple[str, ...]
    author: Author
    source: str
    topics: tuple[str, ...]
    picture: Picture | None
    published_at: datetime


@dataclass(frozen=True)
class Paper:
    """Everything in `paper/` but the live desk; articles are in no order."""

    name: str
    place: str
    domain: str
    zone: ZoneInfo
    founded: int
    motto: str
    address: str
    desks: dict[str, Desk]
    staff: dict[str, Author]
    pictures: dict[str, Picture]
    articles: tuple[Article, ...]


def read_paper(started_at: datetime) -> Paper:
    """The paper whose articles are as old as their data says at the moment `started_at`."""
    data = read_data("paper.toml")
    desks = {key: Desk(key, **values) for key, values in data.pop("desks").items()}
    staff = {key: Author(key, **values) for key, values in data.pop("staff").items()}
    pictures = {key: Picture(key, **values) for key, values in data.pop("pictures").items()}
    data["zone"] = ZoneInfo(data["zone"])
    bare = Paper(desks=desks, staff=staff, pictures=pictures, articles=(), **data)
    articles = tuple(
        make_article(bare, desk, entry, started_at - timedelta(hours=entry["hours"]))
        for desk in desks.values()
        if desk.format != "live"
        for entry in read_data(f"desks/{desk.key}.toml")["articles"]
    )
    return Paper(desks=desks, staff=staff, pictures=pictures, articles=articles, **data)


def make_article(paper: Paper, desk: Desk, entry: dict[str, Any], published_at: datetime) -> Article:
    """An article from one entry of the data; without a `source` the paper itself is credited."""
    return Article(
        desk=desk,
        slug=slugify(entry["headline"]),
        headline=entry["headline"],
        summary=entry["summary"],
        paragraphs=tuple(part.strip() for part in entry["body"].split("\n\n")),
        author=paper.staff[entry["author"]],
        source=entry.get("source", paper.name),
        topics=tuple(entry["topics"]),
        picture=paper.pictures[entry["picture"]] if "picture" in entry else None,
        published_at=published_at.replace(microsecond=0),
    )


def read_data(name: str) -> dict[str, Any]:
    """One TOML file of the folder `paper/`."""
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def slugify(headline: str) -> str:
    """The headline in lower-case ASCII letters and digits, joined by hyphens."""
    plain = unicodedata.normalize("NFKD", headline.replace("\u2019", "")).encode("ascii", "ignore").decode()
    return _NOT_IN_SLUG.sub("-", plain.lower()).strip("-")
