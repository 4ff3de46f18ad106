"""HTML of operators with what mail programs show, and nothing that runs, loads or covers the page."""

from newsletter.mail.sandbox.declarations import safe_style

TAGS = {
    *(
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "center",
        "code",
        "div",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
    ),
    *(
        "h4",
        "hr",
        "i",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
    ),
    *("td", "tfoot", "th", "thead", "tr", "u", "ul"),
}
_EVERYWHERE = {"align", "class", "dir", "lang", "role", "style", "title", "valign", "width", "height", "bgcolor"}
_ATTRIBUTES = {
    "*": _EVERYWHERE,
    "a": {"href"},
    "img": {"src", "alt"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}


def safe_html(html: str) -> str:
    """The same page, without tags, attributes and styles that are not in the lists; holes stay."""
    import nh3  # noqa: PLC0415 - senders need no parser.

    return nh3.clean(
        html,
        tags=TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_seen,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def _seen(_tag: str, attribute: str, value: str) -> str | None:
    return safe_style(value) or None if attribute == "style" else value
