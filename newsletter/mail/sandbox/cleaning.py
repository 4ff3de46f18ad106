"""HTML of operators with what mail programs show, and nothing that runs, loads or covers the page."""

import re

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
_STYLES = {
    *("background-color", "border", "border-bottom", "border-collapse", "border-left", "border-radius"),
    *("border-right", "border-spacing", "border-top", "color", "direction", "display", "font-family", "font-size"),
    *("font-style", "font-weight", "height", "letter-spacing", "line-height", "margin", "margin-bottom"),
    *("margin-left", "margin-right", "margin-top", "max-width", "min-width", "padding", "padding-bottom"),
    *("padding-left", "padding-right", "padding-top", "text-align", "text-decoration", "text-transform"),
    *("vertical-align", "white-space", "width", "word-break"),
}
"""None of them takes an address, places something over the page or hides what the law wants to be seen."""

_ADDRESS = re.compile(r"(?i)url\s*\(|expression\s*\(|@import")


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
        filter_style_properties=_STYLES,
    )


def _seen(_tag: str, attribute: str, value: str) -> str | None:
    return None if attribute == "style" and _ADDRESS.search(value) else value
