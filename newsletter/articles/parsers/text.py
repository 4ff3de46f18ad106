"""Plain text from what feeds call text: titles, names, topics and dates are full of surprises."""

import html
import re

from newsletter.mail.message import plain

MAX_TITLE = 300
MAX_NAME = 120
MAX_TOPIC = 60
MAX_TOPICS = 10
MAX_AUTHORS = 5
EXCERPT = 400
"""Characters of a summary, about; a sentence that ends a little earlier is preferred."""

_LOOKED_AT = 5_000
_TAG = re.compile(
    r"</?(?:a|abbr|acronym|b|big|bdi|bdo|blockquote|br|cite|code|del|dfn|div|em|font|h[1-6]|hr|i|iframe|img|ins|kbd|li"
    r"|mark|object|ol|p|pre|q|s|samp|script|small|span|strike|strong|style|sub|sup|svg|table|td|th|tr|tt|u|ul"
    r"|var|wbr)(?:\s[^<>]{0,500})?/?>|<!--[^<>]{0,500}-->",
    re.IGNORECASE,
)
_BREAK = re.compile(r"</?(?:br|div|h[1-6]|hr|li|p|td|th|tr)\b", re.IGNORECASE)
_MAIL_AND_NAME = re.compile(r"\S{1,100}@\S{1,100} ?\(([^()]+)\)")
_MAIL = re.compile(r"(?:mailto:)?<?[^\s<>()@]{1,64}@[^\s<>()@]{1,190}>?")
# These are the quotation marks and full stops of several scripts, and meant.
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*(?=\s)|[。！？][」』”’）]*")  # noqa: RUF001
_ELLIPSIS = re.compile(r"\s{0,9}\[\s{0,9}(?:…|\.\.\.)\s{0,9}\]")
_NO_TOPIC = frozenset({"uncategorized", "uncategorised"})


def headline(text: str) -> str:
    """A title without markup, however often the feed escaped it: `AT&amp;amp;T`, `&lt;em&gt;`, `<b>`.

    Only what HTML knows as a tag is taken out, so that `a < b` and `vector<int>` stay.
    """
    text = text[:_LOOKED_AT]
    for _ in range(3):
        text = _TAG.sub(lambda tag: " " if _BREAK.match(tag.group()) else "", text)
        unescaped = html.unescape(text)
        if unescaped == text:
            break
        text = unescaped
    return cut(plain(text), MAX_TITLE)


def line(text: str, limit: int) -> str:
    """One line of plain text without markup, at most `limit` characters."""
    return cut(headline(text), limit)


def author(names: list[str]) -> str:
    """The names of the people, without their e-mail addresses, which are nobody's business."""
    found = dict.fromkeys(filter(None, map(_person, names)))
    return ", ".join(list(found)[:MAX_AUTHORS])


def credit(candidates: list[str]) -> str:
    """The first candidate that is a name and no URL."""
    for candidate in candidates:
        name = _person(candidate)
        if name and "://" not in name and not name.startswith("www."):
            return name
    return ""


def topics(terms: list[str]) -> tuple[str, ...]:
    """Each topic once, in the order of the feed."""
    found: dict[str, str] = {}
    for term in terms[: 10 * MAX_TOPICS]:
        topic = line(term, MAX_TOPIC)
        if topic and "://" not in topic and topic.lower() not in _NO_TOPIC:
            found.setdefault(topic.casefold(), topic)
    return tuple(found.values())[:MAX_TOPICS]


def excerpt(text: str, limit: int = EXCERPT) -> str:
    """The beginning: whole sentences if one ends in the second half of `limit`, else whole words and `…`."""
    text = _ELLIPSIS.sub("…", text)
    if len(text) <= limit:
        return text
    ends = [end.end() for end in _SENTENCE_END.finditer(text, 0, limit + 1) if end.end() <= limit]
    if ends and ends[-1] >= limit // 2:
        return text[: ends[-1]]
    return cut(text, limit)


def cut(text: str, limit: int) -> str:
    """Whole words, with `…` in place of the rest; in the middle of one only if there is no space near."""
    if len(text) <= limit:
        return text
    kept, space, _ = text[:limit].rpartition(" ")
    if not space or len(kept) < limit // 2:
        kept = text[: limit - 1]
    return kept.rstrip(" ,;:–—-") + "…"  # noqa: RUF001 - both dashes.


def _person(name: str) -> str:
    name = line(name, MAX_NAME)
    with_name = _MAIL_AND_NAME.fullmatch(name)
    name = with_name.group(1) if with_name else _MAIL.sub("", name)
    name = name.strip(" \"'<>()[],;:")
    return name[3:].lstrip() if name.lower().startswith("by ") else name
