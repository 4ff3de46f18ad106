"""What the formats have in common: raw drafts on the way in, finished entries on the way out.

Most entries of most documents are known already, so a draft is finished only when it is new: that is nine
tenths of the work.
"""

from dataclasses import dataclass, field
from datetime import datetime

from newsletter.articles.policy import SourceKind

MAX_ENTRIES = 500
"""Of one document; the ones after these are not looked at."""


@dataclass(frozen=True)
class Picture:
    """As a feed names it: the URL may be relative, the width is in pixels, 0 if nothing says."""

    url: str
    alt: str = ""
    width: int = 0


@dataclass
class Draft:
    """An entry as its format has it, nothing trusted: `summary` and `content` are HTML, the rest any text.

    Lists are in order of preference; `base` is the URL that relative ones start from, and `site_url` where
    to lead readers if there is no link.
    """

    base: str
    site_url: str
    guid: str = ""
    links: list[str] = field(default_factory=list)
    title: str = ""
    summary: str = ""
    content: str = ""
    authors: list[str] = field(default_factory=list)
    credits: list[str] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Entry:
    """An entry made safe: HTML is sanitised, URLs are absolute http or https, the rest is plain on one line.

    Each text may be "" but `title`; `published_at` is None where the feed has no date that can be read.
    """

    url: str
    title: str
    summary_html: str
    summary_text: str
    body_html: str
    author: str
    credit: str
    image_url: str
    image_alt: str
    topics: tuple[str, ...]
    published_at: datetime | None


@dataclass(frozen=True)
class ParsedFeed:
    """One document. `etag`, `last_modified` and `permanent_url` are of the answer it came in."""

    title: str
    site_url: str
    kind: SourceKind
    drafts: tuple[Draft, ...]
    etag: str = ""
    last_modified: str = ""
    permanent_url: str = ""
