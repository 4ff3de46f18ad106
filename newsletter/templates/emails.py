"""The parts that operators wrote, rendered for one edition."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from newsletter.mail.languages import date_in_words
from newsletter.mail.message import cleaned, plain
from newsletter.mail.render import Ready, link
from newsletter.mail.sandbox import render
from newsletter.mail.sandbox.cleaning import safe_html


def written(sources: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
    """By part, the text to print as it is; only of the parts whose source is not empty.

    `values` have the shape of `policy.samples`. Raises TemplateRefused and, as `sandbox.render` says, TakenApart.
    """
    wanted = {part: source for part, source in sources.items() if source.strip()}
    if not wanted:
        return {}
    return {part: _finished(part, text) for part, text in render(wanted, values).items()}


def _finished(part: str, text: str) -> str:
    if part.endswith(".html"):
        return Markup(safe_html(text))  # noqa: S704 - it has just been made safe.
    return Ready(" ".join(text.split())) if part == "subject" else Ready(text)


def data_of(values: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """The values of an edition for an operator's template: text, numbers, lists and stand-ins, nothing else.

    They have the shape of `policy.samples`; dates are in `zone`.
    """
    of, edition = values["newsletter"], values["edition"]
    facts = ("name", "description", "sender_name", "postal_address", "url", "language")
    return {
        "newsletter": {name: cleaned(str(getattr(of, name))) for name in facts},
        "edition": {
            "subject": plain(edition.subject),
            "preheader": plain(edition.preheader),
            "number": edition.number,
            "dateline": edition.dateline,
            "note": cleaned(edition.notes.get("", "")),
        },
        "articles": [_article_data(each, zone, of.language) for each in values["articles"]],
        "left_out": values["left_out"],
        "subscriber": {"name": values["subscriber"].name},
        "web_url": values["web_url"],
        "unsubscribe_url": values["unsubscribe_url"],
        "preferences_url": values["preferences_url"],
    }


def _article_data(article: Any, zone: ZoneInfo, language: str) -> dict[str, Any]:  # noqa: ANN401 - as the template sees it.
    return {
        "title": plain(article.title),
        "url": str(link(article.url)),
        "summary": plain(article.summary),
        "author": plain(article.author),
        "credit": plain(article.credit),
        "site": plain(article.site),
        "image_url": str(link(article.image_url)) if article.image_url else "",
        "image_alt": plain(article.image_alt),
        "topics": [plain(each) for each in article.topics],
        "date": date_in_words(article.published_at.astimezone(zone), language),
        "section": plain(article.section),
    }
