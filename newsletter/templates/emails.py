"""The parts that operators wrote, rendered for one edition; and what they may begin with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from newsletter.mail.colours import clearest
from newsletter.mail.house import TEMPLATES
from newsletter.mail.languages import date_in_words
from newsletter.mail.message import cleaned, plain
from newsletter.mail.render import Ready, link
from newsletter.mail.sandbox import render
from newsletter.mail.sandbox.cleaning import safe_html
from newsletter.mail.sandbox.styles import compiled
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.policy import Theme
from newsletter.templates.policy import STYLE


@dataclass(frozen=True)
class Style:
    """CSS of an operator, to print as it is: what goes into the elements, and what stays in the head."""

    inlined: Markup
    kept: Markup


def written(sources: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str | Style]:
    """By part, the text to print as it is, and a Style; only of the parts whose source is not empty.

    `values` have the shape of `policy.samples`. Raises TemplateRefused and, as `sandbox.render` says, TakenApart.
    """
    wanted = {part: source for part, source in sources.items() if source.strip()}
    found: dict[str, str | Style] = {}
    if style := wanted.pop(STYLE, ""):
        found[STYLE] = _style(style)
    if wanted:
        found |= {part: _finished(part, text) for part, text in render(wanted, values).items()}
    return found


def _style(source: str) -> Style:
    sheet = compiled(source, STYLE)
    # It is made of words, numbers and names that were each looked at; no sign in it could end its element.
    return Style(Markup(sheet.inlined), Markup(sheet.kept))  # noqa: S704 - as said above.


def _finished(part: str, text: str) -> str:
    if part.endswith(".html"):
        return Markup(safe_html(text))  # noqa: S704 - it has just been made safe.
    return Ready(" ".join(text.split())) if part == "subject" else Ready(text)


def start_of(theme: Theme, of: Newsletter) -> dict[str, str]:
    """By part, a theme as an operator of this newsletter would have written it, to go on from."""
    folder = TEMPLATES / "starts" / theme
    colours = {
        "{accent}": of.accent,
        "{accent_dark}": of.accent_dark,
        "{on_accent}": clearest(("#ffffff", "#000000"), of.accent),
    }
    found = {path.name: path.read_text(encoding="utf-8").strip() for path in sorted(folder.iterdir())}
    for place, colour in colours.items():
        found[STYLE] = found[STYLE].replace(place, colour)
    return found


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
        "articles": _articles_data(values["articles"], edition.notes, zone, of.language),
        "left_out": values["left_out"],
        "subscriber": {"name": values["subscriber"].name},
        "web_url": values["web_url"],
        "unsubscribe_url": values["unsubscribe_url"],
        "preferences_url": values["preferences_url"],
    }


def _articles_data(
    articles: Sequence[Any], notes: Mapping[str, str], zone: ZoneInfo, language: str
) -> list[dict[str, Any]]:
    """`opens` says that an article is the first of its section, which has a note then."""
    made, before = [], ""
    for each in articles:
        opens = each.section != before
        note = cleaned(notes.get(each.section, "")) if opens and each.section else ""
        made.append({**_article_data(each, zone, language), "opens": opens, "note": note})
        before = each.section
    return made


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
