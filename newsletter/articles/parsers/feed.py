"""RSS 0.9 to 2.0, RDF and Atom: one reader, because feeds mix their elements anyway."""

from collections.abc import Iterator

from newsletter.articles.parsers import markup
from newsletter.articles.parsers.entry import has_something
from newsletter.articles.parsers.parsed import MAX_ENTRIES, Draft, ParsedFeed, Picture
from newsletter.articles.parsers.text import headline
from newsletter.articles.parsers.urls import web_url
from newsletter.articles.parsers.xml_tree import Node, parse_xml
from newsletter.articles.policy import SourceKind
from newsletter.core.errors import FeedUnreadable
from newsletter.core.words import said

_KINDS = {
    "rss": SourceKind.RSS,
    "rdf:rdf": SourceKind.RSS,
    "atom:feed": SourceKind.ATOM,
    "feed": SourceKind.ATOM,
}
_DATES = (
    "pubdate", "atom:published", "published", "dc:date", "dcterms:issued", "dcterms:created", "atom:issued",
    "atom:created", "atom:updated", "updated", "atom:modified", "dcterms:modified", "date",
)  # fmt: skip
_IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".webp")


def read(text: str, base: str) -> ParsedFeed:
    """The feed in an XML text that came from the URL `base`; raises FeedUnreadable."""
    root = parse_xml(text, base)
    if root.name not in _KINDS:
        raise FeedUnreadable(_other(root.name))
    channel = root.child("channel") or root
    site_url = next(filter(None, _links(channel)), "")
    inherited = _people(channel, "atom:author", "author") if _KINDS[root.name] == SourceKind.ATOM else []
    drafts = [_draft(node, site_url or base, inherited) for node in _entries(root, channel)]
    return ParsedFeed(
        title=headline(_text(channel, "title", "atom:title", "dc:title")),
        site_url=site_url,
        kind=_KINDS[root.name],
        drafts=tuple(filter(has_something, drafts)),
    )


def _other(root: str) -> str:
    if root in {"html", "xhtml:html"}:
        return said("This is a web page, not a feed.")
    return said("This is XML, but no feed: its first element is '%(name)s'.", name=root[:40])


def _entries(root: Node, channel: Node) -> list[Node]:
    parents = [channel] if channel is root else [channel, root]
    found = [node for parent in parents for node in parent.children("item", "atom:entry", "entry")]
    return [node for node in found if node.is_whole or _is_worth_keeping(node)][:MAX_ENTRIES]


def _is_worth_keeping(node: Node) -> bool:
    """Of an entry that a break in the document cut off, the elements before it may be enough."""
    node.parts = [part for part in node.parts if isinstance(part, Node) and part.is_whole]
    return bool(_text(node, "title", "atom:title") and any(_links(node)))


def _draft(node: Node, site_url: str, inherited: list[str]) -> Draft:
    content_node = node.child("content:encoded", "atom:content", "content", "xhtml:body")
    summary_node = node.child("description", "atom:summary", "summary", "itunes:summary")
    base = next((part.base for part in (content_node, summary_node) if part is not None), node.base)
    return Draft(
        base=base,
        site_url=site_url,
        guid=_text(node, "guid", "atom:id", "id") or node.attrs.get("rdf:about", ""),
        links=[link for link in _links(node) if link],
        title=_text(node, "title", "atom:title", "dc:title", "media:title"),
        summary=_markup(summary_node),
        content=_markup(content_node),
        authors=_people(node, "dc:creator", "author", "atom:author", "itunes:author") or inherited,
        credits=list(_credits(node)),
        pictures=_pictures(node),
        topics=list(_topics(node)),
        dates=[found.text() for found in node.children(*_DATES)],
    )


def _text(node: Node, *names: str) -> str:
    return next((found for found in (child.text() for child in node.children(*names)) if found), "")


def _markup(node: Node | None) -> str:
    if node is None:
        return ""
    kind = node.attrs.get("type", "text" if node.name.startswith("atom:") else "html").lower()
    if node.has_elements():
        return node.inner_html()
    if kind in {"text", "text/plain"} and node.name.startswith("atom:"):
        return markup.paragraphs(node.text())
    if kind not in {"text", "html", "xhtml", "text/html", "application/xhtml+xml", "text/plain"}:
        return ""
    return node.text()


def _links(node: Node) -> Iterator[str]:
    """Best first: where the publisher says the original is, the link itself, an id that is a link."""
    for link in node.children("feedburner:origlink", "link", "atom:link"):
        if link.attrs.get("rel", "alternate") == "alternate":
            # Each has the base of its own element, which need not be the one of the content.
            yield web_url(link.attrs.get("href") or link.text(), link.base)
    for guid in node.children("guid"):
        if guid.attrs.get("isPermaLink", "true").lower() == "true" and "://" in guid.text():
            yield web_url(guid.text(), guid.base)


def _people(node: Node, *names: str) -> list[str]:
    """Of the first kind of element that names anybody."""
    for name in names:
        found = [_text(person, "atom:name", "name") or _own_text(person) for person in node.children(name)]
        if any(found):
            return found
    return []


def _own_text(node: Node) -> str:
    return "" if node.has_elements() else node.text()


def _credits(node: Node) -> Iterator[str]:
    source = node.child("source", "atom:source")
    if source is not None:
        yield _text(source, "atom:title", "title") or _own_text(source)
    for found in node.children("dc:source", "prism:publicationname", "dc:publisher"):
        yield found.text()


def _topics(node: Node) -> Iterator[str]:
    for topic in node.children("category", "atom:category", "dc:subject"):
        yield topic.attrs.get("label") or topic.attrs.get("term") or topic.text()


def _pictures(node: Node) -> list[Picture]:
    """The widest of Media RSS first, then thumbnails and enclosures."""
    groups = [node, *node.children("media:group")]
    media = [found for group in groups for found in group.children("media:content") if _is_image(found)]
    pictures = sorted(map(_picture, media), key=lambda picture: -picture.width)
    nested = [thumb for group in (*groups, *media) for thumb in group.children("media:thumbnail")]
    pictures += map(_picture, nested)
    for link in node.children("enclosure", "atom:link"):
        if link.name == "enclosure" or link.attrs.get("rel") == "enclosure":
            pictures += [_picture(link)] if _is_image(link) else []
    return pictures + [_picture(image) for image in node.children("itunes:image")]


def _is_image(node: Node) -> bool:
    medium = node.attrs.get("medium") or node.attrs.get("type", "").partition("/")[0]
    url = node.attrs.get("url", "").partition("?")[0].lower()
    return medium == "image" or (not medium and url.endswith(_IMAGE_ENDINGS))


def _picture(node: Node) -> Picture:
    width = node.attrs.get("width", "").removesuffix("px")
    url = node.attrs.get("url") or node.attrs.get("href", "")
    is_number = width.isdecimal() and len(width) < len("100000")
    # A media:title is the name of a file more often than not.
    return Picture(web_url(url, node.base), _text(node, "media:description"), int(width) if is_number else 0)
