"""HTML of strangers: sanitised, freed of what feeds add to it, and read for its text and its pictures.

nh3 decides what stays, after the tidying, so that nothing which the tidying overlooked can come through.
"""

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.articles.parsers.parsed import Picture
from newsletter.articles.parsers.urls import link_url, web_url
from newsletter.articles.policy import canonical_url
from newsletter.mail.message import plain

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MAX_HTML = 200_000
"""Characters; what an article has after them is left out."""

MAX_NESTING = 100

_INLINE = {"a", "b", "br", "cite", "code", "em", "i", "q", "s", "small", "strong", "sub", "sup"}
_BLOCKS = {"blockquote", "div", "li", "ol", "p", "ul"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_TABLES = {"caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
SUMMARY_TAGS = _INLINE | _BLOCKS
BODY_TAGS = (
    SUMMARY_TAGS
    | _HEADINGS
    | _TABLES
    | {"abbr", "dd", "del", "dl", "dt", "figcaption", "figure", "hr", "img", "ins", "kbd", "mark", "pre", "u"}
)
_ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt", "width", "height"}}
_GONE_WITH_CONTENT = {
    "applet", "audio", "button", "canvas", "embed", "form", "frameset", "iframe", "math", "noembed",
    "noframes", "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "title", "video",
}  # fmt: skip
_SEPARATE = _BLOCKS | _HEADINGS | _TABLES | {"dd", "dt", "figcaption", "figure", "hr", "pre"}

# Elements that do not close each other: only these can make a tree deep.
_NESTING = re.compile(r"<(/?)(?!(?:p|li|br|img|hr|td|tr|th|dd|dt|option|wbr|input|source)\b)[a-z]", re.IGNORECASE)
_LONG_TAG = re.compile(r"<[^<>]{6000}")
_ANY_TAG = re.compile(r"<[^<>]*>?")
_INLINE_DATA = re.compile(r"data:[^\s\"'<>&]{100,}")
_TRACKERS = ("feeds.feedburner.com/~", "pixel.wp.com/", "stats.wordpress.com/", "/feedsportal.com/", "/~4/")
_MORE = "a.more-link, a.read-more, a.readmore, a.moretag, .link-more"
_SMALLEST = 3
_LONGEST_LABEL = 60
_BOUNDARY = "\x1e"
_FIRST_CJK = 0x2E80
_EMPTY = re.compile(r"<(p|div|a)(?: [^<>]*)?>(?:\s|&nbsp;|<br>)*</\1>")
# Controls, direction overrides, and the markers of `mail.message`, which nobody but us may write.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ue000\ue001\ufeff]")
_ELLIPSIS = re.compile(r"\s{0,9}\[\s{0,9}(?:…|\.\.\.)\s{0,9}\]")


@dataclass(frozen=True)
class Fragment:
    """A piece of HTML: sanitised, its text on one line, and its pictures in order."""

    html: str
    text: str
    pictures: tuple[Picture, ...]


EMPTY = Fragment("", "", ())


def read(raw: str, *, tags: set[str], base: str, article_url: str) -> Fragment:
    """What may be shown of `raw`; relative URLs start from `base`.

    A last paragraph that only says where the article first appeared, as WordPress adds, is left out.
    """
    import nh3  # noqa: PLC0415 - senders need no parser.
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - senders need no parser.

    if not raw.strip():
        return EMPTY
    raw = _INLINE_DATA.sub("", raw)[:MAX_HTML]
    if _costs_too_much(raw):
        text = plain(html.unescape(_ANY_TAG.sub(" ", raw)))
        return Fragment(paragraph(text), text, ())
    body = LexborHTMLParser(raw).body
    if body is None:
        return EMPTY
    _tidy(body, base, article_url)
    pictures = tuple(_pictures(body, base))
    clean = nh3.clean(
        _ELLIPSIS.sub("…", body.inner_html or ""),
        tags=tags,
        attributes=_ATTRIBUTES,
        clean_content_tags=_GONE_WITH_CONTENT,
        attribute_filter=lambda tag, name, value: _attribute(tag, name, value, base),
        link_rel="noopener",
        url_schemes={"http", "https", "mailto"},
    )
    return Fragment(_INVISIBLE.sub("", _EMPTY.sub("", clean)).strip(), _ELLIPSIS.sub("…", _text(body)), pictures)


def paragraph(text: str) -> str:
    """Plain text as one paragraph; "" stays ""."""
    return f"<p>{html.escape(text, quote=False)}</p>" if text else ""


def paragraphs(text: str) -> str:
    """Plain text with blank lines between its paragraphs, as HTML."""
    parts = (html.escape(part.strip(), quote=False) for part in re.split(r"\n\s*\n", text))
    return "".join(f"<p>{part.replace(chr(10), '<br>')}</p>" for part in parts if part)


def _attribute(tag: str, name: str, value: str, base: str) -> str | None:
    """The value that may stay; called by nh3, which does not look at it again."""
    if name == "href":
        return link_url(value, base) or None
    if name == "src":
        return web_url(value, base) or None
    if name in {"width", "height"}:
        return value if value.isdecimal() and value.isascii() else None
    return plain(value) if tag == "img" or name == "rel" else None


def _costs_too_much(raw: str) -> bool:
    """Parsers need quadratic time for deep trees and for tags of many attributes; an article has neither."""
    depth = 0
    for found in _NESTING.finditer(raw):
        depth = max(depth - 1, 0) if found.group(1) else depth + 1
        if depth > MAX_NESTING:
            return True
    return _LONG_TAG.search(raw) is not None


def _tidy(body: "LexborNode", base: str, article_url: str) -> None:
    for node in body.css(f"{','.join(_GONE_WITH_CONTENT)}, {_MORE}"):
        node.decompose()
    for image in body.css("img"):
        if "smiley" in (image.attributes.get("class") or ""):
            image.replace_with(image.attributes.get("alt") or "")
        elif _is_tracker(image, base):
            image.decompose()
    _drop_appeared_first(body, base, article_url)
    _drop_link_to_itself(body, base, article_url)


def _is_tracker(image: "LexborNode", base: str) -> bool:
    url = web_url(image.attributes.get("src") or "", base)
    sizes = (image.attributes.get("width") or "", image.attributes.get("height") or "")
    is_dot = any(size.isdecimal() and int(size[:6]) < _SMALLEST for size in sizes)
    return not url or is_dot or any(tracker in url for tracker in _TRACKERS)


def _drop_appeared_first(body: "LexborNode", base: str, article_url: str) -> None:
    """`The post X appeared first on Y`, in any language: two links, of which the first leads to the article."""
    last = body.last_child
    while last is not None and last.tag != "p":
        if last.is_element_node or (last.text_content or "").strip():
            return
        last = last.prev
    links = last.css("a") if last is not None else []
    if last is None or len(links) != 2:  # noqa: PLR2004 - see above.
        return
    target = web_url(links[0].attributes.get("href") or "", base)
    if target and canonical_url(target) == canonical_url(article_url):
        last.decompose()


def _pictures(body: "LexborNode", base: str) -> list[Picture]:
    found = []
    for image in body.css("img"):
        width = image.attributes.get("width") or ""
        found.append(
            Picture(
                url=web_url(image.attributes.get("src") or "", base),
                alt=image.attributes.get("alt") or "",
                width=int(width[:6]) if width.isdecimal() else 0,
            )
        )
    return found


def _drop_link_to_itself(body: "LexborNode", base: str, article_url: str) -> None:
    """`Continue reading…`, in any language: a short link to the article with nothing after it."""
    links = body.css("a")
    label = links[-1].text().strip() if links else ""
    around = body.text().strip()
    if not label or len(label) > _LONGEST_LABEL or label == around or not around.endswith(label):
        return
    target = web_url(links[-1].attributes.get("href") or "", base)
    if target and canonical_url(target) == canonical_url(article_url):
        links[-1].decompose()


def _text(body: "LexborNode") -> str:
    """One line. Blocks are told apart: a full stop ends the ones that do not end by themselves."""
    pieces: list[str] = []
    for node in body.traverse(include_text=True):
        if node.is_text_node:
            before = node.prev
            if before is not None and before.tag in _SEPARATE:
                pieces.append(_BOUNDARY)
            pieces.append((node.text_content or "").replace(_BOUNDARY, " "))
        elif node.tag == "br":
            pieces.append(" ")
        elif node.tag in _SEPARATE:
            pieces.append(_BOUNDARY)
    blocks = [block for block in map(plain, "".join(pieces).split(_BOUNDARY)) if block]
    return "".join(block + (". " if _ends_open(block) else " ") for block in blocks[:-1]) + "".join(blocks[-1:])


def _ends_open(block: str) -> bool:
    return block[-1].isalnum() and ord(block[-1]) < _FIRST_CJK
