"""Templates and values in, the three texts of a mail out.

Each mail is a folder of `templates/emails/` with `subject.txt`, `body.txt` and `body.html`. The templates are
ours and trusted; the values are not. So every text is passed through `plain` and, in HTML, escaped on its way
out, without the template having to ask; a hole and a `link` go through as they are.
"""

import re
import textwrap
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlsplit

import idna
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from newsletter.core.errors import UnsafeMessage
from newsletter.core.words import said
from newsletter.mail.colours import clearest, is_colour
from newsletter.mail.languages import LANGUAGES, between, date_in_words, functions, hours_in_words, spoken
from newsletter.mail.message import Content, Hole, StandIn, plain
from newsletter.mail.notes import link_texts, markdown

if TYPE_CHECKING:
    from css_inline import CSSInliner

TEXT_WIDTH = 78
"""Columns of the text part (RFC 5322 §2.1.1); a longer word, such as a link, keeps its line for itself."""

HTML_LIMIT = 90_000
"""Bytes of HTML that every mail program shows whole; Gmail cuts what comes after 102 kB, footer included."""


class Ready(str):
    """Text that a filter has made safe already and that `plain` would damage, such as a URL with `=?` in it."""

    __slots__ = ()


class Renderer:
    """Renders the mails of one templates folder; may be shared by threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _inliner(self) -> "CSSInliner":
        from css_inline import CSSInliner  # noqa: PLC0415 - senders render nothing.

        # The `<style>` marked "keep" holds what cannot be inlined: the dark and the narrow rules.
        return CSSInliner(load_remote_stylesheets=False, minify_css=True)

    def render(self, name: str, values: Mapping[str, object]) -> Content:
        """The mail `name`, in the language of `newsletter`; a value may be a Hole where it is only printed.

        Raises UnsafeMessage for a link that is not http or https, or a colour that is none; jinja2's
        UndefinedError if a value is missing.
        """
        subject = " ".join(self._part(f"{name}/subject.txt", values).split())
        text = self._part(f"{name}/body.txt", values)
        html = self._part(f"{name}/body.html", {**values, "subject": Ready(subject)})
        return Content(subject=subject, text=_laid_out(text), html=_unindented(self._inliner.inline(html)))

    def _part(self, path: str, values: Mapping[str, object]) -> str:
        language = spoken(str(getattr(values.get("newsletter"), "language", LANGUAGES[0])))
        return _environment(self._folder, language).get_template(path).render(values)


@lru_cache(maxsize=32)
def _environment(folder: Path, language: str) -> Environment:
    """The templates as they speak in one language; each is read and compiled once in a process."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        finalize=_as_written,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    made.newstyle_gettext = True  # type: ignore[attr-defined]
    made.globals.update(functions(language, _as_written, Ready))
    made.filters.update(_FILTERS)
    for spoken_filter in (date_in_words, hours_in_words):
        made.filters[spoken_filter.__name__] = partial(spoken_filter, language=language)
    made.filters["between"] = lambda loop: Ready(between(loop, language))
    return made


def time_in_words(moment: datetime) -> str:
    """`14:05 CET`, in the zone of the moment itself."""
    return f"{moment:%H:%M} {moment.tzname()}"


def link(url: str | Hole) -> str | Hole:
    """A web address in one piece and in ASCII, for an attribute as for plain text; a hole is left alone.

    Raises UnsafeMessage for anything but http and https.
    """
    if isinstance(url, Hole):
        return url
    try:
        parts = urlsplit(url.strip())
        place = parts.netloc if parts.netloc.isascii() else _in_ascii(parts)
    except ValueError as error:
        raise UnsafeMessage(_no_link(url)) from error
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise UnsafeMessage(_no_link(url))
    return Ready(quote(parts._replace(netloc=place).geturl(), safe="%/:=&?~#+!$,;'@()*[]"))


def host(url: str) -> str:
    """The host of a web address, for people to read; empty if it has none."""
    return urlsplit(url).hostname or ""


def colour(text: str) -> str:
    """Raises UnsafeMessage for anything but `#rrggbb`, because CSS is the one place escaping does not reach."""
    if not is_colour(text):
        problem = said("'%(colour)s' is no colour; expected #rrggbb.", colour=plain(text)[:80])
        raise UnsafeMessage(problem)
    return text


def wrap(text: str) -> str:
    """Lines of at most TEXT_WIDTH; a wrapped line keeps its indent, and links and long words are not broken."""
    return "\n".join(_wrapped(line) for line in text.splitlines())


def _in_ascii(parts: SplitResult) -> str:
    name = idna.encode(parts.hostname or "", uts46=True).decode()
    return f"{name}:{parts.port}" if parts.port else name


def _no_link(url: str) -> str:
    return said("'%(url)s' is no web address; a mail links to http and https only.", url=plain(url)[:80])


def _wrapped(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(
        line.strip(),
        TEXT_WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _laid_out(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", wrap(text)).strip("\n") + "\n"


def _unindented(html: str) -> str:
    # No element of ours keeps white space, and indents would be a tenth of a long digest.
    return re.sub(r"\s*\n\s*", "\n", html).strip() + "\n"


def _as_written(value: object) -> object:
    if isinstance(value, StandIn):
        return Ready(value.marker)
    if isinstance(value, str) and not isinstance(value, Markup | Ready):
        return plain(value)
    return value


_FILTERS = {
    "clearest_on": lambda choices, background: clearest(tuple(choices), background),
    "colour": colour,
    "host": host,
    "link": link,
    "link_texts": link_texts,
    "markdown": markdown,
    "plain": plain,
    "time_in_words": time_in_words,
}
