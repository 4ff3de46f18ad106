"""Words that an editor wrote in Markdown, as HTML for a mail."""

import re

from markupsafe import Markup

from newsletter.mail.message import cleaned

_LINK = re.compile(r"\[([^\[\]]*)\]\(([^()\s]+)\)")

TAGS = {"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "strong", "ul"}
_LINKS = {"http", "https", "mailto"}


def markdown(text: str, ink: str = "ink") -> Markup:
    """CommonMark without pictures, headings and raw HTML: a note stands between headlines and is none itself.

    `ink` is the class of its paragraphs and links.
    """
    # A worker that only sends needs no parser.
    import nh3  # noqa: PLC0415
    from markdown_it import MarkdownIt  # noqa: PLC0415

    parser = MarkdownIt("commonmark", {"html": False}).disable(["image", "heading", "lheading", "code", "fence"])
    html = nh3.clean(
        parser.render(cleaned(text)),
        tags=TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes=_LINKS,
        link_rel=None,
        set_tag_attribute_values={"a": {"class": ink}, "p": {"class": ink}},
    )
    return Markup(html)  # noqa: S704 - nh3 has just made it safe.


def link_texts(text: str) -> str:
    """The same words for the text part: `[us](https://…)` becomes `us <https://…>`, and other signs stay."""
    return _LINK.sub(r"\1 <\2>", text)
