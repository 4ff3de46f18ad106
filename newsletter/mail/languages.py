"""The fixed words of mails in the language of a newsletter, and dates, hours and enumerations as it writes them.

The words stand in `templates/languages/<area>/*.po` and are compiled when a language is first needed. English
stands in the templates themselves. The areas are those of who reads: `mails`, `pages` of readers, the `console`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from jinja2 import pass_context
from jinja2.runtime import Context, LoopContext
from markupsafe import Markup, escape

LANGUAGES = ("en", "de", "fr", "es", "ar")
"""Those whose fixed words are written; the first one is what the templates say."""

FOLDER = Path(__file__).parents[2] / "templates" / "languages"

Filled = Callable[..., object]


def spoken(language: str) -> str:
    """The one of LANGUAGES that serves this tag: `de` for `de-CH`, English where there are no words for it."""
    primary = language.partition("-")[0].lower()
    return primary if primary in LANGUAGES else LANGUAGES[0]


def direction(language: str) -> str:
    """`rtl` or `ltr`."""
    from babel import Locale  # noqa: PLC0415 - a worker that only sends needs no languages.

    return "rtl" if Locale(spoken(language)).character_order == "right-to-left" else "ltr"


def date_in_words(moment: datetime, language: str = "en") -> str:
    """`Monday 23 November 2026`, in the zone of the moment itself."""
    chosen = spoken(language)
    if chosen == LANGUAGES[0]:
        return f"{moment:%A} {day_in_words(moment)}"
    from babel.dates import format_date  # noqa: PLC0415 - as below.

    return format_date(moment, "full", locale=chosen)


def day_in_words(day: date, language: str = "en") -> str:
    """`24 December 2026`."""
    chosen = spoken(language)
    if chosen == LANGUAGES[0]:
        return f"{day.day} {day:%B %Y}"
    # Four megabytes of all the world's languages, which who queues an English edition does without.
    from babel.dates import format_date  # noqa: PLC0415

    return format_date(day, "long", locale=chosen)


def hours_in_words(hours: int, language: str = "en") -> str:
    """`3 days`, `1 hour`, `36 hours`."""
    from babel.units import format_unit  # noqa: PLC0415

    number, unit = (hours // 24, "duration-day") if hours % 24 == 0 else (hours, "duration-hour")
    return format_unit(number, unit, "long", locale=spoken(language))


def between(loop: LoopContext, language: str = "en") -> str:
    """What stands after this item of an enumeration: `one`, `one and two`, `one, two and three`."""
    if loop.last:
        return ""
    return _pattern("2" if loop.length == 2 else "end" if loop.revindex == 2 else "middle", language)  # noqa: PLR2004 - the last but one.


def commas(loop: LoopContext, language: str = "en") -> str:
    """What stands after this item of a mere list: `one, two, three`."""
    return "" if loop.last else _pattern("middle", language)


def enumerated(items: Sequence[str], language: str = "en") -> str:
    """`one`, `one and two`, `one, two and three`."""
    *others, last = items
    if not others:
        return last
    return _pattern("middle", language).join(others) + _pattern("end" if others[1:] else "2", language) + last


def _pattern(place: str, language: str) -> str:
    from babel import Locale  # noqa: PLC0415

    # American English has a comma before "and"; the words of the templates are British.
    locale = Locale.parse("en_GB" if spoken(language) == "en" else spoken(language))
    return str(locale.list_patterns["standard"][place])[len("{0}") : -len("{1}")]


@cache
def written(area: str) -> tuple[str, ...]:
    """Those of LANGUAGES in which somebody has written the words of an area, English first."""
    return (LANGUAGES[0], *(code for code in LANGUAGES if (FOLDER / area / f"{code}.po").exists()))


@cache
def catalogue(language: str, area: str = "mails") -> NullTranslations:
    """The words of one of LANGUAGES for one area, none where nobody has written them.

    What the console does not say itself it may have from below, where what readers are told is written, too.
    """
    path = FOLDER / area / f"{language}.po"
    if language == LANGUAGES[0] or not path.exists():
        return NullTranslations()
    from babel.messages.mofile import write_mo  # noqa: PLC0415
    from babel.messages.pofile import read_po  # noqa: PLC0415
    from babel.support import Translations  # noqa: PLC0415

    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, abort_invalid=True))
    compiled.seek(0)
    words = Translations(compiled)
    if area == "console":
        words.add_fallback(catalogue(language, "pages"))
    return words


def functions(language: str, written: Callable[[object], object], ready: type[str]) -> Mapping[str, Filled]:
    """What `{% trans %}` calls. `written` makes a value fit to be printed, `ready` marks text that is so already.

    Values go into the sentence as they go into a template: a hole stays one, and what people write is escaped.
    """
    words = catalogue(spoken(language))

    def fill(context: Context, sentence: str, values: Mapping[str, object]) -> str:
        printed = {name: written(value) for name, value in values.items()}
        if context.eval_ctx.autoescape:
            escaped = {name: escape(value) for name, value in printed.items()}
            return Markup(sentence) % escaped  # noqa: S704 - the sentence is ours, the values have just been escaped.
        return ready(sentence % printed)

    @pass_context
    def gettext(context: Context, sentence: str, /, **values: object) -> str:
        return fill(context, words.gettext(sentence), values)

    @pass_context
    def ngettext(context: Context, one: str, many: str, num: int, /, **values: object) -> str:
        return fill(context, words.ngettext(one, many, num), {"num": num, **values})

    return {"gettext": gettext, "ngettext": ngettext}
