"""What an operator may declare of how something looks: properties that mail programs know, in our own spelling.

Nothing typed is passed on. A value is read as the browser's own grammar has it (escapes and all), each of its
pieces has to be one that is allowed, and it is written anew from these.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from newsletter.core.words import Said, said
from newsletter.mail.colours import as_hex

if TYPE_CHECKING:
    from tinycss2.ast import Declaration

_SIDES = ("bottom", "left", "right", "top")
_BORDERS = frozenset({"border", *(f"border-{each}" for each in _SIDES)})
COLOURED = frozenset({"background-color", "color"} | _BORDERS | {f"{each}-color" for each in _BORDERS})
_FONTS = frozenset({"font", "font-family"})
PROPERTIES = frozenset(
    COLOURED
    | _FONTS
    | {f"{each}-{what}" for each in _BORDERS for what in ("style", "width")}
    | {f"{what}-{each}" for what in ("margin", "padding") for each in _SIDES}
    | {"border-collapse", "border-radius", "border-spacing", "direction"}
    | {"display", "font-size", "font-style", "font-weight", "height", "letter-spacing", "line-height", "margin"}
    | {"max-width", "min-width", "overflow-wrap", "padding", "text-align", "text-decoration", "text-transform"}
    | {"vertical-align", "white-space", "width", "word-break"}
)
"""None of them takes an address, places something over the page, or cuts something off."""

MOST_DECLARATIONS = 40
"""In one rule, and in one `style` attribute."""

_UNITS = {"": 1000.0, "px": 1000.0, "pt": 750.0, "%": 100.0, "em": 20.0, "rem": 20.0}
"""The largest number with each: nothing in a mail is wider, and what is longer pushes its foot out of sight."""

_MAY_BE_NEGATIVE = "letter-spacing"
_WORD = re.compile(r"-?[a-z][a-z-]{0,30}")
_FONT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{0,60}")

_INSTEAD = {
    "background": said("write background-color; pictures behind text are not shown by many mail programs"),
    "background-image": said("pictures behind text are not shown by many mail programs"),
    "content": said("write the words into the template"),
    "float": said("it breaks in mail programs; use a table, or display: inline-block"),
    "opacity": said("choose a lighter colour"),
    "position": said("nothing may lie over the page"),
}
_DISPLAYS = frozenset(
    {"block", "inline", "inline-block", "none", "table", "table-cell", "table-row", "inherit", "initial"}
)


class Unfit(Exception):
    """Why something of a style cannot be used, as it follows "it"; `line` counts from 1."""

    def __init__(self, problem: Said, line: int) -> None:
        super().__init__(problem)
        self.problem, self.line = problem, line


@dataclass(frozen=True)
class Declared:
    """A declaration as we spell it; `line` counts from 1. `colour` is `#rrggbb` where the value is one colour."""

    name: str
    value: str
    line: int

    @property
    def colour(self) -> str:
        return self.value if self.name in COLOURED and re.fullmatch(r"#[0-9a-f]{6}", self.value) else ""


@lru_cache(maxsize=2000)
def safe_style(text: str) -> str:
    """A `style` attribute with what is allowed of it; the rest is left out."""
    import tinycss2  # noqa: PLC0415 - senders need no parser.

    kept = []
    for node in tinycss2.parse_blocks_contents(text, skip_comments=True, skip_whitespace=True)[:MOST_DECLARATIONS]:
        if node.type == "declaration":
            try:
                kept.append(declared(node))
            except Unfit:
                continue
    return ";".join(f"{each.name}:{each.value}" for each in kept)


def declared(node: "Declaration") -> Declared:
    """Raises Unfit."""
    name = node.lower_name
    if name not in PROPERTIES:
        shown = re.sub(r"[^a-z-]", "?", name)[:40]
        problem = said("has the property '%(name)s'; %(instead)s", name=shown, instead=_instead(name))
        raise Unfit(problem, node.source_line)
    pieces = _pieces(name, node.value)
    if not "".join(pieces).strip():
        problem = said("says nothing of '%(name)s'; write a value behind the colon", name=name)
        raise Unfit(problem, node.source_line)
    return Declared(name, _joined(pieces), node.source_line)


def _instead(name: str) -> Said:
    if name in _INSTEAD:
        return _INSTEAD[name]
    if alike := get_close_matches(name, PROPERTIES, 3):
        return said("perhaps you mean one of these: %(names)s", names=", ".join(alike))
    return said("it is not one that mail programs know")


def _pieces(name: str, tokens: Sequence[Any]) -> list[str]:
    return [_piece(name, each) for each in tokens if each.type != "comment"]


def _joined(pieces: Sequence[str]) -> str:
    return re.sub(r" ?([,/]) ?", r"\1", " ".join("".join(pieces).split()))


def _piece(name: str, token: Any) -> str:  # noqa: ANN401 - whatever the parser knows.
    if token.type == "whitespace":
        return " "
    if name in COLOURED and (colour := _colour(name, token)):
        return colour
    match token.type:
        case "ident":
            return _word(name, token)
        case "number" | "percentage" | "dimension":
            return _number(name, token)
        case "string" if name in _FONTS and _FONT_NAME.fullmatch(token.value):
            return f"'{token.value}'"
        case "literal" if name in _FONTS and token.value in {",", "/"}:
            return str(token.value)
    problem = said(
        "says of '%(name)s' what has no place in a mail; write plain words, numbers and colours such as #1d1c1a",
        name=name,
    )
    raise Unfit(problem, token.source_line)


def _word(name: str, token: Any) -> str:  # noqa: ANN401 - as above.
    word, line = str(token.lower_value), token.source_line
    if name == "display" and word not in _DISPLAYS:
        known = ", ".join(sorted(_DISPLAYS))
        raise Unfit(said("says of 'display' what few mail programs know; there are %(known)s", known=known), line)
    if not _WORD.fullmatch(word):
        raise Unfit(said("says of '%(name)s' a word that mail programs do not know", name=name), line)
    return word


def _number(name: str, token: Any) -> str:  # noqa: ANN401 - as above.
    unit = "%" if token.type == "percentage" else str(getattr(token, "lower_unit", ""))
    most = _UNITS.get(unit)
    if most is None:
        problem = said(
            "measures '%(name)s' in a unit that mail programs do not know; use px, em, rem, pt or a percentage",
            name=name,
        )
        raise Unfit(problem, token.source_line)
    if not -most <= token.value <= most:
        problem = said(
            "has a number over %(most)s in '%(name)s', which pushes the foot of the mail out of sight",
            most=f"{most:g}{unit}",
            name=name,
        )
        raise Unfit(problem, token.source_line)
    if token.value < 0 and name != _MAY_BE_NEGATIVE:
        problem = said("has a number below 0 in '%(name)s', which would lay one thing over another", name=name)
        raise Unfit(problem, token.source_line)
    return f"{round(token.value, 4):g}{unit}"


def _colour(name: str, token: Any) -> str:  # noqa: ANN401 - as above.
    """As `#rrggbb`, or a word that is as good; "" for what is no colour."""
    from tinycss2.color3 import parse_color  # noqa: PLC0415 - senders need no parser.

    found = parse_color(token)
    if found is None:
        return ""
    if isinstance(found, str):
        return "currentcolor"  # The one colour without a number.
    if token.type == "ident" and token.lower_value == "transparent" and name != "color":
        return "transparent"
    if found.alpha < 1:
        problem = said(
            "has a see-through colour in '%(name)s', which not all mail programs know; write it as #rrggbb",
            name=name,
        )
        raise Unfit(problem, token.source_line)
    return as_hex(found[:3])
