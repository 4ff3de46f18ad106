"""Pages in the language of whoever reads them: `{% trans %}` in templates, and what was `said` below them."""

from collections.abc import Callable, Mapping
from gettext import NullTranslations

from babel.numbers import format_decimal
from flask import Flask, Response, after_this_request, current_app, g, has_request_context, request
from jinja2 import pass_context
from jinja2.runtime import Context, LoopContext
from markupsafe import Markup, escape

from newsletter.core.words import Figure, Said
from newsletter.mail.languages import (
    LANGUAGES,
    between,
    catalogue,
    commas,
    date_in_words,
    day_in_words,
    direction,
    hours_in_words,
    spoken,
)
from newsletter.mail.schedules import schedule_in_words

_SPOKEN, _CATALOGUES = "newsletter_spoken", "newsletter_catalogues"

Catalogues = Callable[[str, str], NullTranslations]
"""The words of a language for an area."""


def register(app: Flask, catalogues: Catalogues = catalogue) -> None:
    """Let every page template translate; English stands in the templates themselves."""
    app.extensions[_CATALOGUES] = catalogues
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.newstyle_gettext = True  # type: ignore[attr-defined]  # Of the extension.
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.globals.update(gettext=_gettext, ngettext=_ngettext, language=language, direction=direction)
    app.jinja_env.filters.update({each.__name__: _in_this_language(each) for each in _IN_WORDS})
    app.jinja_env.filters.update(between=_between, commas=_commas)
    # What a page prints may have been said by a form, a service or an error: each printed value comes by here.
    app.jinja_env.finalize = translated


def speak(wanted: str, area: str) -> None:
    """Answer this request in the language of a tag like `de-CH`, with the words of `pages` or `console`."""
    chosen = spoken(wanted)
    catalogues: Catalogues = current_app.extensions[_CATALOGUES]
    setattr(g, _SPOKEN, (chosen, catalogues(chosen, area)))


def speak_by_browser(area: str) -> None:
    """Answer this request in the language that the browser asks for; a cache keeps one answer for each."""
    speak(wanted_by_browser(), area)

    @after_this_request
    def vary(answer: Response) -> Response:
        answer.vary.add("Accept-Language")
        return answer


def has_spoken() -> bool:
    """Whether somebody has chosen a language for this request."""
    return _SPOKEN in g


def language() -> str:
    """The one of LANGUAGES that this request is answered in; English before anybody chose."""
    return _spoken()[0]


def wanted_by_browser(offered: tuple[str, ...] = LANGUAGES) -> str:
    """The best of those offered for this visitor; the answer then varies by `Accept-Language`."""
    # Werkzeug's own match takes whole tags first: `de-CH, en;q=0.1` would be English.
    wanted = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality)
    return next((code for code in wanted if code in offered), offered[0])


def translated(value: object) -> object:
    """The value in the language of this request if somebody `said` it or it is a figure, and as it is if not."""
    if isinstance(value, Figure):
        return str(value) if language() == "en" else format_decimal(int(value), locale=language())
    if not isinstance(value, Said):
        return value
    _, words = _spoken()
    values = {name: translated(each) for name, each in value.values.items()}
    if value.many:
        return words.ngettext(value.sentence, value.many, value.values["num"]) % values
    return words.gettext(value.sentence) % values


def marked(told: Said) -> Markup:
    """As `translated`, for a sentence with markup of ours: what it is filled with is escaped."""
    _, words = _spoken()
    values = {name: escape(translated(each)) for name, each in told.values.items()}
    return Markup(words.gettext(told.sentence)) % values  # noqa: S704 - the sentence is ours.


def _spoken() -> tuple[str, NullTranslations]:
    if has_request_context() and _SPOKEN in g:
        spoken_now: tuple[str, NullTranslations] = getattr(g, _SPOKEN)
        return spoken_now
    return LANGUAGES[0], NullTranslations()


@pass_context
def _gettext(context: Context, sentence: str, /, **values: object) -> str:
    return _filled(context, _spoken()[1].gettext(sentence), values)


@pass_context
def _ngettext(context: Context, one: str, many: str, num: int, /, **values: object) -> str:
    return _filled(context, _spoken()[1].ngettext(one, many, num), {"num": num, **values})


def _filled(context: Context, sentence: str, values: Mapping[str, object]) -> str:
    printed = {name: translated(value) for name, value in values.items()}
    if context.eval_ctx.autoescape:
        escaped = {name: escape(value) for name, value in printed.items()}
        return Markup(sentence) % escaped  # noqa: S704 - the sentence is ours, the values have just been escaped.
    return sentence % printed


_IN_WORDS: tuple[Callable[..., str], ...] = (date_in_words, day_in_words, hours_in_words, schedule_in_words)


def _in_this_language(in_words: Callable[..., str]) -> Callable[[object], str]:
    return lambda value: in_words(value, language())


def _between(loop: LoopContext) -> str:
    return between(loop, language())


def _commas(loop: LoopContext) -> str:
    return commas(loop, language())
