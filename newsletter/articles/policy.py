"""What makes two entries one article, and which dates can be believed."""

import hashlib
import html
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

from newsletter.mail.message import plain

EARLIEST = datetime(1994, 1, 1, tzinfo=UTC)
"""Before the first feeds; a date like 1970 is a missing one that went through a computer."""

LATEST = timedelta(days=1)
"""So far ahead a date may be: zones are confused, and an article may be meant for tomorrow morning."""

LONGEST_SLUG = 70
LONGEST_SEARCH, MOST_WORDS = 100, 5

_NO_LETTERS = re.compile(r"[^a-z0-9]+")
_HEADING = re.compile(r"<(?P<closing>/?)h(?P<rank>[1-6])>")
_TAG = re.compile(r"<[^<>]*>")
_ENOUGH_TO_TELL = 40
_TABLE_BOX = '<div class="box" role="region" aria-label="Table" tabindex="0">'
_NO_ALT = re.compile(r"""<img(?!(?:\s[a-z]+="[^"]*")*\salt=)""")
_DEFAULT_PORT = {"http": ":80", "https": ":443"}
_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hsenc|_hsmi|mkt_tok|cmp|ns_campaign)",
    re.IGNORECASE,
)


class SourceKind(StrEnum):
    """The format that a source was last read in; RSS stands for all its versions and RDF."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"
    WORDPRESS = "wordpress"


@dataclass(frozen=True)
class Identity:
    """What an entry of a feed can be recognised by; each part may be "". `url` is a canonical one."""

    guid: str
    url: str
    text: str
    dated: str


@dataclass(frozen=True)
class Keys:
    """`known_by`: an article that has one of these is this one. `remembered`: what a new article is given."""

    known_by: tuple[str, ...]
    remembered: tuple[str, ...]


def slug_of(title: str) -> str:
    """What the address of an article says of it: its title in small letters, digits and hyphens, never ""."""
    letters = unicodedata.normalize("NFKD", title.replace("ß", "ss")).encode("ascii", "ignore").decode()
    words = _NO_LETTERS.sub("-", letters.lower()).strip("-")
    if len(words) > LONGEST_SLUG:
        words = words[: LONGEST_SLUG + 1].rpartition("-")[0] or words[:LONGEST_SLUG]
    return words or "article"


def name_key(name: str) -> str:
    """One spelling for the ways in which a name is written."""
    return " ".join(name.split()).casefold()


def names_in(byline: str) -> tuple[str, ...]:
    """The people of a byline, in its order: each of `Ines Marlow, Tom Reed`, and the whole if it is one name."""
    return tuple(dict.fromkeys(name for part in (byline, *byline.split(",")) if (name := " ".join(part.split()))))


def people_in(byline: str) -> tuple[str, ...]:
    """The people of a byline, in its order: `Ines Marlow` and `Tom Reed` of `Ines Marlow, Tom Reed`."""
    return tuple(dict.fromkeys(name for part in byline.split(",") if (name := " ".join(part.split()))))


def under_headline(body_html: str) -> str:
    """A sanitised body as the part of a page that its title heads: headings from h2 on without a gap, each picture
    with an `alt`, empty where nobody wrote one, and each table in a box that can be scrolled, also by keyboard.
    """
    ranks: list[int] = []
    opened: list[int] = []

    def fitted(tag: re.Match[str]) -> str:
        if tag["closing"]:
            return f"</h{opened.pop() if opened else 2}>"
        rank = int(tag["rank"])
        while ranks and ranks[-1] >= rank:
            ranks.pop()
        ranks.append(rank)
        opened.append(min(len(ranks) + 1, 6))
        return f"<h{opened[-1]}>"

    boxed = body_html.replace("<table>", f"{_TABLE_BOX}<table>").replace("</table>", "</table></div>")
    return _NO_ALT.sub('<img alt=""', _HEADING.sub(fitted, boxed))


def begins_like(body_html: str, summary: str) -> bool:
    """Whether the body says what the summary says, so that one of them is enough."""
    text = " ".join(html.unescape(_TAG.sub("", body_html)).split())
    return " ".join(summary.split())[:_ENOUGH_TO_TELL].rstrip("…") in text


def canonical_url(url: str) -> str:
    """One spelling for the links that lead to one page; for comparing, never for asking.

    A site that moves to https keeps its articles, so the scheme is always https. "" stays "".
    """
    parts = urlsplit(url)
    host = parts.netloc.lower().removesuffix(_DEFAULT_PORT.get(parts.scheme, " "))
    query = "&".join(pair for pair in parts.query.split("&") if not _TRACKING.fullmatch(pair.partition("=")[0]))
    return urlunsplit(("https", host, parts.path or "/", query, "")) if host else ""


def identity_keys(document: Sequence[Identity], *, site_url: str) -> list[Keys]:
    """The keys of each entry of one document, in its order.

    An id or a link counts only if no other entry of the document has it, and the link of the whole site
    stands for no article. The text alone is asked when neither counts, so that feeds without ids add nothing
    twice, and two articles with one headline stay two when their ids say so.
    """
    distinct = set(document)
    guids = Counter(entry.guid for entry in distinct)
    urls = Counter(entry.url for entry in distinct)
    texts = Counter(entry.text for entry in distinct)
    site = canonical_url(site_url)
    keys = []
    for entry in document:
        strong = []
        if entry.guid and guids[entry.guid] == 1:
            strong.append(_key("guid", entry.guid))
        if entry.url and urls[entry.url] == 1 and entry.url != site:
            strong.append(_key("url", entry.url))
        weak = _key("text", entry.text if texts[entry.text] == 1 else f"{entry.text}\n{entry.dated}")
        keys.append(Keys(known_by=tuple(strong) or (weak,), remembered=(*strong, weak)))
    return keys


def published_or_guessed(published_at: datetime | None, *, recorded_at: datetime) -> tuple[datetime, bool]:
    """The date to show, and whether it is a guess: then it is the moment we first saw the article."""
    if published_at is None or not EARLIEST <= published_at <= recorded_at + LATEST:
        return recorded_at, True
    return published_at, False


def _key(kind: str, value: str) -> str:
    return f"{kind}:{hashlib.sha256(value.encode()).hexdigest()}"


def search_words(typed: str) -> tuple[str, ...]:
    """What to look for: each word once, the first five of what is within the first hundred characters."""
    return tuple(dict.fromkeys(plain(typed[:LONGEST_SEARCH]).split()))[:MOST_WORDS]


def spellings(word: str) -> tuple[str, ...]:
    """The ways to write a word in small and capital letters, for a database that only folds those of ASCII."""
    ways = (word,) if word.isascii() else (word, word.lower(), word.upper(), word.capitalize())
    return tuple(dict.fromkeys(ways))
