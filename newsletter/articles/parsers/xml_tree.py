"""XML from strangers as a small tree, in time and memory that its length alone decides.

On expat itself: declarations of entities are refused before the first is expanded, nothing external is ever
loaded, and depth and number of elements have limits. Names that HTML knows (`&nbsp;`) are understood without
a document type; stray ampersands are mended; of a document that breaks, what came before the break is kept.
"""

import html
import re
import sys
from collections.abc import Iterator
from urllib.parse import urljoin
from xml.parsers import expat

from newsletter.articles.parsers.parsed import MAX_ENTRIES
from newsletter.core.errors import FeedUnreadable
from newsletter.core.fetcher import MAX_URL
from newsletter.core.words import said

MAX_DEPTH = 100
MAX_ELEMENTS = 200_000
MAX_NAMESPACES = 100

_NAMESPACES = {
    "http://www.w3.org/2005/atom": "atom",
    "http://purl.org/atom/ns#": "atom",
    "http://purl.org/rss/1.0": "",
    "http://my.netscape.com/rdf/simple/0.9": "",
    "http://channel.netscape.com/rdf/simple/0.9": "",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://purl.org/rss/1.0/modules/content": "content",
    "http://purl.org/dc/elements/1.1": "dc",
    "http://purl.org/dc/terms": "dcterms",
    "http://search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://www.w3.org/1999/xhtml": "xhtml",
}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_AMPERSAND = re.compile(r"&(?:#(\d{1,7});|#[xX]([0-9a-fA-F]{1,6});|[A-Za-z_][\w.-]{0,40};)?")
_ENTRIES = frozenset({"item", "entry", "atom:entry"})


class Node:
    """An element: `name` is lower case with a known prefix, as in `dc:creator`, `base` is its xml:base."""

    __slots__ = ("attrs", "base", "is_whole", "name", "parts")

    def __init__(self, name: str, attrs: dict[str, str], base: str) -> None:
        self.name = name
        self.attrs = attrs
        self.base = base
        self.parts: list[str | Node] = []
        self.is_whole = False

    def children(self, *names: str) -> Iterator["Node"]:
        """The child elements of these names, all of the first name first."""
        for name in names:
            for part in self.parts:
                if isinstance(part, Node) and part.name == name:
                    yield part

    def child(self, *names: str) -> "Node | None":
        return next(self.children(*names), None)

    def text(self) -> str:
        """All text inside, stripped."""
        return "".join(part if isinstance(part, str) else part.text() for part in self.parts).strip()

    def has_elements(self) -> bool:
        return any(isinstance(part, Node) for part in self.parts)

    def inner_html(self) -> str:
        """What stands inside as HTML; it is as little trusted as the feed."""
        return "".join(
            html.escape(part, quote=False) if isinstance(part, str) else part.outer_html() for part in self.parts
        )

    def outer_html(self) -> str:
        tag = self.name.rpartition(":")[2]
        attrs = "".join(f' {name}="{html.escape(value)}"' for name, value in self.attrs.items())
        return f"<{tag}{attrs}>{self.inner_html()}</{tag}>"


class _Enough(Exception):
    """As many entries as we look at are there."""


def parse_xml(text: str, base: str) -> Node:
    """The root; raises FeedUnreadable if there is no whole entry before the first mistake that stays."""
    text = _NOT_XML.sub("", text).lstrip()
    builder = _Builder(base)
    try:
        builder.feed(text)
    except expat.ExpatError:
        builder = _Builder(base)
        try:
            builder.feed(_mended(text))
        except expat.ExpatError as error:
            if builder.root is None or not builder.entries:
                problem = said(
                    "The XML is broken at line %(line)s: %(words)s.",
                    line=error.lineno,
                    words=expat.ErrorString(error.code),
                )
                raise FeedUnreadable(problem) from error
    if builder.root is None:
        problem = said("The XML holds no element.")
        raise FeedUnreadable(problem)
    return builder.root


class _Builder:
    def __init__(self, base: str) -> None:
        self.root: Node | None = None
        self.entries = 0
        self._elements = 0
        self._base = base
        self._open: list[Node] = []
        self._spaces: list[dict[str, str]] = [{"xml": "xml"}]

    def feed(self, text: str) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        # As if there were a document type elsewhere: an unknown entity is then skipped, not a mistake.
        parser.UseForeignDTD(True)  # noqa: FBT003 - expat's own signature.
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.SkippedEntityHandler = self._entity
        try:
            parser.Parse(text, True)  # noqa: FBT003 - as above: this is all there is.
        except _Enough:
            return

    def _doctype(self, _name: str, _system: str | None, _public: str | None, has_internal: int) -> None:
        if has_internal:
            problem = said("The document declares entities of its own, which no feed needs; it was not read.")
            raise FeedUnreadable(problem)

    def _start(self, tag: str, attrs: dict[str, str]) -> None:
        self._elements += 1
        if len(self._open) >= MAX_DEPTH or self._elements > MAX_ELEMENTS:
            problem = said("The XML is nested deeper, or has more elements, than any feed needs.")
            raise FeedUnreadable(problem)
        self._spaces.append(_declared(attrs, self._spaces[-1]))
        base = self._open[-1].base if self._open else self._base
        if "xml:base" in attrs:
            base = _joined(base, attrs["xml:base"])
        node = Node(self._name(tag), attrs, base)
        if self._open:
            self._open[-1].parts.append(node)
        else:
            self.root = node
        self._open.append(node)

    def _end(self, _tag: str) -> None:
        self._spaces.pop()
        node = self._open.pop()
        node.is_whole = True
        if node.name in _ENTRIES:
            self.entries += 1
            if self.entries >= MAX_ENTRIES:
                raise _Enough

    def _data(self, data: str) -> None:
        if self._open:
            self._open[-1].parts.append(data)

    def _entity(self, name: str, _is_parameter: bool) -> None:  # noqa: FBT001 - expat's own signature.
        self._data(html.unescape(f"&{name};"))

    def _name(self, tag: str) -> str:
        prefix, _, local = tag.rpartition(":")
        # A prefix that nobody declared is taken by its usual meaning; an unknown default namespace for none.
        space = self._spaces[-1].get(prefix, prefix)
        return f"{space}:{local}".lower() if space else local.lower()


def _declared(attrs: dict[str, str], outer: dict[str, str]) -> dict[str, str]:
    """The prefixes in force inside an element; the same mapping where it declares none."""
    found: dict[str, str] | None = None
    for name, uri in attrs.items():
        if name == "xmlns" or name.startswith("xmlns:"):
            prefix = name[6:]
            if found is None:
                found = dict(outer)
            if len(found) >= MAX_NAMESPACES:
                break
            found[prefix] = _NAMESPACES.get(uri.strip().lower().rstrip("/"), prefix)
    return found or outer


def _joined(base: str, url: str) -> str:
    try:
        joined = urljoin(base, url.strip())
    except ValueError:
        return base
    is_usable = joined.startswith(("http://", "https://")) and len(joined) <= MAX_URL
    return joined if is_usable else base


def _mended(text: str) -> str:
    """Ampersands that stand for themselves are escaped, and numbers of no XML character taken out.

    CDATA is left as it is. It is found by splitting, because an expression that looks for its end would look
    through the whole rest of the document for each beginning.
    """
    first, *sections = text.split("<![CDATA[")
    pieces = [_AMPERSAND.sub(_ampersand, first)]
    for section in sections:
        inside, end, outside = section.partition("]]>")
        pieces.append("<![CDATA[" + inside + end + _AMPERSAND.sub(_ampersand, outside))
    return "".join(pieces)


def _ampersand(found: re.Match[str]) -> str:
    decimal, hexadecimal = found.groups()
    if found.group() == "&":
        return "&amp;"
    if decimal or hexadecimal:
        number = int(decimal) if decimal else int(hexadecimal, 16)
        if number > sys.maxunicode or _NOT_XML.match(chr(number)):
            return ""
    return found.group()
