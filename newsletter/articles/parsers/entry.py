"""Turns a draft of any format into an entry that is safe to keep and to show."""

from newsletter.articles.parsers import markup, text
from newsletter.articles.parsers.dates import first_date
from newsletter.articles.parsers.parsed import Draft, Entry, Picture
from newsletter.articles.parsers.urls import web_url
from newsletter.articles.policy import Identity, canonical_url

_LEAST_WIDTH = 60
_TITLE_FROM_TEXT = 90
_BLOCKS = ("<p>", "<div>", "<ul>", "<ol>", "<blockquote>")


def has_something(draft: Draft) -> bool:
    """Whether there is anything to show: a title, a text or a link of its own."""
    return any(part.strip() for part in (draft.title, draft.summary, draft.content, *draft.links))


def identity(draft: Draft) -> Identity:
    """What the entry is recognised by; much cheaper than finishing it."""
    beginning = text.line(draft.summary or draft.content, text.EXCERPT)
    return Identity(
        guid=draft.guid.strip(),
        url=canonical_url(_own_url(draft)),
        text=f"{text.headline(draft.title)}\n{beginning}",
        dated=next(iter(draft.dates), ""),
    )


def finish(draft: Draft) -> Entry:
    """The entry as it is kept and shown."""
    url = _own_url(draft)
    base = draft.base or url
    content = markup.read(draft.content, tags=markup.BODY_TAGS, base=base, article_url=url)
    summary = markup.read(draft.summary, tags=markup.SUMMARY_TAGS, base=base, article_url=url)
    if len(summary.text) > 2 * text.EXCERPT and not content.html:
        # Many feeds put the whole article where the summary belongs.
        content = markup.read(draft.summary, tags=markup.BODY_TAGS, base=base, article_url=url)
    short = text.excerpt(summary.text or content.text)
    picture = _lead_picture([*draft.pictures, *content.pictures, *summary.pictures], base)
    return Entry(
        url=url or draft.site_url,
        title=text.headline(draft.title) or text.cut(short, _TITLE_FROM_TEXT) or "Untitled",
        summary_html=_summary_html(summary, short),
        summary_text=short,
        body_html=content.html,
        author=text.author(draft.authors),
        credit=text.credit(draft.credits),
        image_url=picture.url,
        image_alt=text.line(picture.alt, text.MAX_TITLE),
        topics=text.topics(draft.topics),
        published_at=first_date(draft.dates),
    )


def _own_url(draft: Draft) -> str:
    return next(filter(None, (web_url(link, draft.base) for link in draft.links)), "")


def _lead_picture(pictures: list[Picture], base: str) -> Picture:
    """The first that is large enough to lead, as far as its width is known."""
    for picture in pictures:
        url = web_url(picture.url, base)
        is_icon = 0 < picture.width < _LEAST_WIDTH or "gravatar.com/avatar/" in url
        if url and not is_icon:
            return Picture(url, picture.alt, picture.width)
    return Picture("")


def _summary_html(summary: markup.Fragment, short: str) -> str:
    """The feed's own markup where it is short and orderly, else the short text as a paragraph."""
    if summary.text != short or not summary.text:
        return markup.paragraph(short)
    if summary.html.startswith(_BLOCKS):
        return summary.html
    has_blocks = any(block in summary.html for block in _BLOCKS)
    return markup.paragraph(short) if has_blocks else f"<p>{summary.html}</p>"
