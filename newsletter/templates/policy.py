"""Which parts of an edition can be written by operators, and what a part is tried with before it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

from newsletter.core.errors import InvalidInput
from newsletter.core.words import said
from newsletter.mail.fields import Field
from newsletter.mail.message import Hole


@dataclass(frozen=True)
class Part:
    """`name` ends as its kind does: values are escaped in `.html` alone."""

    name: str
    words: str


STYLE = "style.css"

PARTS = (
    Part("subject", said("The subject of the mail, one line")),
    Part("header.html", said("What stands at the head, instead of name and date")),
    Part("body.html", said("The articles and all between head and foot")),
    Part("footer.html", said("What stands at the foot, above the reason, postal address and unsubscribe link")),
    Part("body.txt", said("The articles in the plain text part")),
    Part(STYLE, said("How header, body and footer look: colours, fonts, room")),
)


ORDINARY = said("an ordinary edition")


def part(name: str) -> Part:
    """Raises InvalidInput, which says what there is."""
    for each in PARTS:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in PARTS)
    raise InvalidInput(
        said("There is no part '%(name)s'; there are %(known)s.", name=name[:40], known=known), field="part"
    )


def difference(before: str, after: str) -> str:
    """Lines taken out begin with a minus, lines put in with a plus (unified diff); "" when they are the same."""
    lines = unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm="", n=2)
    return "\n".join(lines)


def samples() -> Mapping[str, Mapping[str, Any]]:
    """By name, values of the shape that an edition has: what is ordinary, and what breaks mails."""
    return {
        ORDINARY: _edition([_ARTICLE, {**_ARTICLE, "author": "", "image_url": "", "topics": []}], "Ada"),
        said("a reader without a name and one article"): _edition([_ARTICLE], ""),
        said("no article"): _edition([], "Ada"),
        said("a word of 300 characters"): _edition([{**_ARTICLE, "title": "W" * 300}], "N" * 100),
        said("signs of every kind"): _edition([{**_ARTICLE, "title": _SIGNS, "summary": _SIGNS}], _SIGNS),
        said("a hundred articles"): _edition([_ARTICLE] * 100, "Ada"),
    }


_SIGNS = "<script>alert(1)</script> \"'& {{ x }} 🦜👩‍👩‍👧 שלום العربية"

_ARTICLE: Mapping[str, Any] = {
    "title": "The ferry returns on Monday",
    "url": "https://news.example.org/ferry",
    "summary": "After four weeks in dock the boat is back, with a new engine and the old crew.",
    "author": "A. Writer",
    "credit": "Example Agency",
    "site": "The Harbour Light",
    "image_url": "https://news.example.org/ferry.jpg",
    "image_alt": "The ferry at the pier",
    "topics": ["Harbour"],
    "date": "Monday 23 November 2026",
    "section": "",
    "opens": False,
    "note": "",
}


def _edition(articles: list[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    return {
        "newsletter": {
            "name": "The Harbour Light",
            "description": "News of the harbour",
            "sender_name": "The Harbour Light",
            "postal_address": "1 Quay, Example Town",
            "url": "https://news.example.org/harbour",
            "language": "en",
        },
        "edition": {
            "subject": "The ferry returns",
            "preheader": "After four weeks in dock",
            "number": 12,
            "dateline": "Monday 23 November 2026",
            "note": "",
        },
        "articles": articles,
        "left_out": 0,
        "subscriber": {"name": Field("name", name)},
        "web_url": "https://news.example.org/harbour/archive/12",
        "unsubscribe_url": Hole("unsubscribe_url"),
        "preferences_url": Hole("preferences_url"),
    }
