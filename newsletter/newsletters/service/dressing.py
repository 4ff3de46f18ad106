"""How a newsletter looks: theme, colours, fonts, logo, what stands at the head and the foot, and its language."""

from dataclasses import asdict, dataclass
from enum import StrEnum

from newsletter.core.db import transaction
from newsletter.core.errors import InvalidInput
from newsletter.core.words import Figure, said
from newsletter.mail.images import Images
from newsletter.mail.languages import LANGUAGES, direction
from newsletter.mail.message import cleaned, plain
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.policy import DARK_PAPER, LIGHT_PAPER, Fonts, Pictures, Theme, colour_problem
from newsletter.newsletters.queries import newsletter

LONGEST_HEADER, LONGEST_FOOTER = 200, 2_000
LOGO_WIDTH = 240
"""Pixels of the widest logo in a mail; twice as many are kept, for screens that show them."""


@dataclass(frozen=True)
class Style:
    """What is to be changed; None leaves it as it is.

    `theme`, `fonts` and `pictures` as in `policy`; colours as `#rrggbb`; `language` a tag such as `de` or `de-CH`;
    `header` one line and `footer` Markdown, "" for none.
    """

    theme: str | None = None
    fonts: str | None = None
    pictures: str | None = None
    accent: str | None = None
    accent_dark: str | None = None
    header: str | None = None
    footer: str | None = None
    language: str | None = None


def dress(slug: str, style: Style) -> Newsletter:
    """Every mail that is rendered from now on looks like this. Raises NotFound, or InvalidInput with its field."""
    with transaction():
        chosen = newsletter(slug)
        wear(chosen, style)
        return chosen


def wear(chosen: Newsletter, style: Style) -> None:
    """As `dress`, within the caller's transaction."""
    changes = {name: value.strip() for name, value in asdict(style).items() if value is not None}
    _check(changes)
    if "header" in changes:
        changes["header"] = plain(changes["header"])
    if "footer" in changes:
        changes["footer"] = cleaned(changes["footer"])
    for name, value in changes.items():
        setattr(chosen, name, value)
    if "language" in changes:
        chosen.direction = direction(changes["language"])


def show_logo(slug: str, data: bytes, images: Images) -> Newsletter:
    """Show this picture in place of the name. Raises NotFound or InvalidInput."""
    newsletter(slug)
    # Decoding takes a while, and nobody waits for it.
    kept = images.keep(data, 2 * LOGO_WIDTH)
    with transaction():
        chosen = newsletter(slug)
        chosen.logo, chosen.logo_width = kept.name, min(LOGO_WIDTH, kept.width)
        return chosen


def hide_logo(slug: str) -> Newsletter:
    """Show the name again. Raises NotFound."""
    with transaction():
        chosen = newsletter(slug)
        chosen.logo, chosen.logo_width = "", 0
        return chosen


_NAMES = {
    "theme": said("theme"),
    "fonts": said("fonts"),
    "pictures": said("pictures"),
    "header": said("header"),
    "footer": said("footer"),
}


def _check(changes: dict[str, str]) -> None:
    kinds: dict[str, type[StrEnum]] = {"theme": Theme, "fonts": Fonts, "pictures": Pictures}
    for name, kind in kinds.items():
        if name in changes and changes[name] not in set(kind):
            problem = said(
                "There is no %(name)s '%(chosen)s'; choose %(those)s.",
                name=_NAMES[name],
                chosen=changes[name][:40],
                those=_either(list(kind)),
            )
            raise InvalidInput(problem, field=name)
    for name, paper in (("accent", LIGHT_PAPER), ("accent_dark", DARK_PAPER)):
        if name in changes and (unreadable := colour_problem(changes[name], paper)):
            raise InvalidInput(unreadable, field=name)
    language = changes.get("language", LANGUAGES[0])
    if language.partition("-")[0].lower() not in LANGUAGES or len(language) > 16:  # noqa: PLR2004 - the column.
        problem = said(
            "The mails do not speak '%(language)s' yet; choose %(those)s.",
            language=language[:40],
            those=_either(LANGUAGES),
        )
        raise InvalidInput(problem, field="language")
    for name, longest in (("header", LONGEST_HEADER), ("footer", LONGEST_FOOTER)):
        if len(changes.get(name, "")) > longest:
            problem = said(
                "The %(name)s has %(number)s characters; at most %(most)s will do.",
                name=_NAMES[name],
                number=Figure(len(changes[name])),
                most=Figure(longest),
            )
            raise InvalidInput(problem, field=name)


def _either(words: "list[StrEnum] | tuple[str, ...]") -> str:
    return said("%(some)s or %(last)s", some=", ".join(words[:-1]), last=words[-1])
