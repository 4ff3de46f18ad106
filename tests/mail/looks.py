"""The same edition in each theme and each language, as an invented paper of that country would send it."""

from dataclasses import replace
from types import MappingProxyType

from newsletter.mail.languages import LANGUAGES, date_in_words, direction
from newsletter.newsletters.policy import Theme
from tests.mail import samples

NAMES = {
    "en": "The Harbour Post",
    "de": "Die Hafenpost",
    "fr": "Le Courrier du port",
    "es": "El Correo del puerto",
    "ar": "بريد الميناء",
}
FOOTER = "Written on the quay. **Tips?** Tell [the desk](https://www.harbourpost.example/tips)."
SIX = tuple(samples.article(number) for number in range(6))
PALE = {"accent": "#ffe08a", "accent_dark": "#20242a"}
HUNDRED = tuple(samples.article(number) for number in range(100))
SECTIONED = tuple(replace(one, section="" if at < 2 else "Coast") for at, one in enumerate(SIX))
ARABIC = tuple(replace(one, title=samples.HARD[1].title, summary=samples.HARD[1].summary) for one in SIX[:4])


def paper(theme: str = "briefing", language: str = "en", **facts: object) -> samples.Newsletter:
    look = {"theme": theme, "language": language, "name": NAMES[language], "direction": direction(language)}
    return samples.Newsletter(**{**look, **facts})  # type: ignore[arg-type]


def edition(of: samples.Newsletter, articles: tuple[samples.Article, ...] = SIX) -> dict[str, object]:
    dated = replace(samples.Edition(), dateline=date_in_words(samples.MORNING, of.language))
    return {**samples.digest(articles, of), "edition": dated}


def mail(name: str, of: samples.Newsletter) -> dict[str, object]:
    """One of the other mails, from this paper."""
    values = {**samples.MAILS[name], "newsletter": of}
    if "names" in values:
        values["names"] = [of.name]
    if name == "welcome" and of.language != "en":
        values["schedule_words"] = None
    return values


LOOKS = MappingProxyType(
    {theme.value: ("digest", edition(paper(theme, header="Since 1893", footer=FOOTER))) for theme in Theme}
    | {
        f"briefing-{code}": ("digest", edition(paper("briefing", code), ARABIC if code == "ar" else SIX))
        for code in LANGUAGES
        if code != "en"
    }
)
"""What is kept as golden mails and shown in the gallery."""

ASKED = MappingProxyType(
    {f"{name}-{code}": (name, mail(name, paper("letter", code))) for code in LANGUAGES for name in samples.MAILS}
    | {f"{theme}: confirmation": ("confirmation", mail("confirmation", paper(theme))) for theme in Theme}
)
"""The other mails, linted and not kept."""

HARD = MappingProxyType(
    {f"{theme}: a hundred": ("digest", edition(paper(theme), HUNDRED)) for theme in Theme}
    | {f"{theme}: hard titles": ("digest", edition(paper(theme, "ar"), samples.HARD)) for theme in Theme}
    | {f"{theme}: sections": ("digest", edition(paper(theme), SECTIONED)) for theme in Theme}
    | {f"{theme}: logo": ("digest", edition(paper(theme, logo=samples.Logo()))) for theme in Theme}
    | {f"{theme}: pale": ("digest", edition(paper(theme, **PALE))) for theme in Theme}
    | {f"{theme}: Arabic": ("digest", edition(paper(theme, "ar"), ARABIC)) for theme in Theme}
    | {f"sans: {theme}": ("digest", edition(paper(theme, fonts="sans", footer=FOOTER))) for theme in Theme}
)
"""Linted as well."""
