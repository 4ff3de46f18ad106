"""Which articles a digest takes, and where they stand: the rule as an editor writes it, in TOML.

least = 1                  # with fewer new articles they wait for the next slot
most = 20                  # more than these are left out
order = "newest"           # or "oldest"
max_age_hours = 48         # older ones are left out; 0: whatever their age
include = ["harbour"]      # only what has one of these words; empty: all
exclude = ["sponsored"]    # never what has one of these
alike = 85                 # per cent from which two sources tell the same story; 0: never
once = "house"             # a reader has an article once, by whichever newsletter; "newsletter": once by each
rest = "first"             # what is in no section: "first", "last" or "none"

[[section]]
title = "Sport"
topics = ["sport"]         # or sources = [1, 2], or authors = ["Ada Berg"]
most = 5                   # 0: no quota
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from newsletter.core.errors import InvalidInput
from newsletter.core.words import said

MOST_AT_ALL = 100
MOST_SECTIONS = 20
LONGEST_TITLE = 100
LONGEST_DOCUMENT = 20_000
DEFAULT_ALIKE = 85


class Order(StrEnum):
    """Which article comes first."""

    NEWEST = "newest"
    OLDEST = "oldest"


class Once(StrEnum):
    """Among whose editions a reader gets an article once."""

    NEWSLETTER = "newsletter"
    HOUSE = "house"


class Rest(StrEnum):
    """Where articles stand that are in no section; NONE leaves them out."""

    FIRST = "first"
    LAST = "last"
    NONE = "none"


@dataclass(frozen=True)
class Section:
    """An article is in the first section one of whose lists names it. `most` 0: no quota."""

    title: str
    topics: tuple[str, ...] = ()
    sources: tuple[int, ...] = ()
    authors: tuple[str, ...] = ()
    most: int = 0


@dataclass(frozen=True)
class Selection:
    """The rule, checked. Words are compared whole and without regard to case."""

    least: int = 1
    most: int = 20
    order: Order = Order.NEWEST
    max_age_hours: int = 0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    alike: int = DEFAULT_ALIKE
    once: Once = Once.HOUSE
    rest: Rest = Rest.FIRST
    sections: tuple[Section, ...] = field(default=())

    def __post_init__(self) -> None:
        """Raises InvalidInput."""
        if not 1 <= self.least <= self.most <= MOST_AT_ALL:
            problem = said(
                "Expected 1 <= least <= most <= %(most)s articles, not %(this)s and %(that)s.",
                most=MOST_AT_ALL,
                this=self.least,
                that=self.most,
            )
            raise InvalidInput(problem, field="least")
        for number, longest, name in ((self.max_age_hours, 24 * 366, "max_age_hours"), (self.alike, 100, "alike")):
            if not 0 <= number <= longest:
                problem = said(
                    "%(name)s is %(value)s; expected a number from 0 to %(most)s.",
                    name=name,
                    value=number,
                    most=longest,
                )
                raise InvalidInput(problem, field=name)
        titles = [section.title.casefold() for section in self.sections]
        if len(set(titles)) < len(titles):
            problem = said("Two sections have the same title; give each one of its own.")
            raise InvalidInput(problem, field="section")


PLAIN_SELECTION = Selection()
"""What is new, up to twenty."""


def stored(selection: Selection) -> dict[str, Any]:
    """As plain values, for a column."""
    return asdict(selection)


def restored(values: Mapping[str, Any]) -> Selection:
    """What `stored` made; what is missing has its default."""
    sections = [Section(**_as_tuples(each)) for each in values.get("sections", ())]
    kept = {name: value for name, value in _as_tuples(values).items() if name != "sections"}
    for name, kind in _CHOICES.items():
        if name in kept:
            kept[name] = kind(kept[name])
    return Selection(**kept, sections=tuple(sections))


def parsed(document: str) -> Selection:
    """The rule that a TOML document says. Raises InvalidInput, with what was expected."""
    if len(document) > LONGEST_DOCUMENT:
        problem = said(
            "The rule has %(number)s characters; %(most)s are enough for any.",
            number=len(document),
            most=LONGEST_DOCUMENT,
        )
        raise InvalidInput(problem, field="rule")
    try:
        values = tomllib.loads(document)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problem = said("The rule is no TOML: %(words)s.", words=error)
        raise InvalidInput(problem, field="rule") from error
    sections = values.pop("section", [])
    if not isinstance(sections, list) or len(sections) > MOST_SECTIONS:
        problem = said("Expected at most %(most)s parts that begin with [[section]].", most=MOST_SECTIONS)
        raise InvalidInput(problem, field="section")
    known = {each.name for each in fields(Selection)} - {"sections"}
    return Selection(
        **{name: _checked(name, value, known) for name, value in values.items()},
        sections=tuple(_section(each) for each in sections),
    )


def document(selection: Selection) -> str:
    """The rule as TOML that `parsed` reads back; a comment says what each line does."""
    lines = [f"{name} = {_toml(getattr(selection, name))}  # {why}" for name, why in _WHY.items()]
    for section in selection.sections:
        told = {name: value for name, value in asdict(section).items() if value or name == "title"}
        lines += ["", "[[section]]", *(f"{name} = {_toml(value)}" for name, value in told.items())]
    return "\n".join(lines) + "\n"


_WHY = {
    "least": "with fewer new articles they wait for the next slot",
    "most": f"more than these are left out; {MOST_AT_ALL} at most",
    "order": 'or "oldest"',
    "max_age_hours": "older ones are left out; 0: whatever their age",
    "include": "only what has one of these words in title, summary or topics; empty: all",
    "exclude": "never what has one of these words",
    "alike": "per cent from which two sources tell the same story; 0: never",
    "once": 'a reader has an article once, by whichever newsletter; "newsletter": once by each',
    "rest": 'what is in no section: "first", "last" or "none"',
}
_CHOICES: dict[str, type[Order | Once | Rest]] = {"order": Order, "once": Once, "rest": Rest}
_WORDS, _NUMBERS = {"include", "exclude", "topics", "authors"}, {"sources"}
_COUNTS = {"least", "most", "max_age_hours", "alike"}
_IN_SECTION = {each.name for each in fields(Section)}


def _toml(value: object) -> str:
    # A basic string of TOML is one of JSON, as long as no control character stands in it bare.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _section(values: object) -> Section:
    if not isinstance(values, dict):
        problem = said("Expected parts that begin with [[section]].")
        raise InvalidInput(problem, field="section")
    told = {name: _checked(name, value, _IN_SECTION) for name, value in values.items()}
    title = " ".join(str(told.get("title", "")).split())
    if not 0 < len(title) <= LONGEST_TITLE:
        problem = said("A section needs a title of 1 to %(most)s characters.", most=LONGEST_TITLE)
        raise InvalidInput(problem, field="section")
    if not any(told.get(name) for name in ("topics", "sources", "authors")):
        problem = said(
            'The section "%(title)s" needs topics, sources or authors, or nothing would be in it.', title=title
        )
        raise InvalidInput(problem, field="section")
    if told.get("most", 0) < 0:
        problem = said('The section "%(title)s" has a negative quota.', title=title)
        raise InvalidInput(problem, field="section")
    return Section(**{**told, "title": title})


def _checked(name: str, value: object, known: set[str]) -> Any:  # noqa: ANN401 - a value of any field.
    if name not in known:
        problem = said(
            "There is no '%(name)s' in a rule; expected %(those)s.", name=name, those=", ".join(sorted(known))
        )
        raise InvalidInput(problem, field="rule")
    if name in _CHOICES:
        return _choice(_CHOICES[name], name, value)
    if name in _COUNTS:
        return _of_kind(value, int, name, said("a whole number"))
    if name == "title":
        return _of_kind(value, str, name, said("text"))
    wanted, words = (
        (int, said("a list of source ids")) if name in _NUMBERS else (str, said("a list of words in quotes"))
    )
    items = _of_kind(value, list, name, words)
    return tuple(_of_kind(item, wanted, name, words) for item in items if item != "")


def _choice(kind: type[Order | Once | Rest], name: str, value: object) -> Order | Once | Rest:
    if value not in list(kind):
        some, last = ", ".join(json.dumps(each) for each in list(kind)[:-1]), json.dumps(list(kind)[-1])
        words = said("%(some)s or %(last)s", some=some, last=last)
        problem = said("%(name)s is %(value)s; expected %(words)s.", name=name, value=repr(value), words=words)
        raise InvalidInput(problem, field=name)
    return kind(str(value))


def _of_kind(value: object, kind: type, name: str, words: str) -> Any:  # noqa: ANN401 - of the kind that is asked.
    # True is a whole number to Python, and nobody means that.
    if not isinstance(value, kind) or isinstance(value, bool):
        problem = said("%(name)s is %(value)s; expected %(words)s.", name=name, value=repr(value), words=words)
        raise InvalidInput(problem, field=name)
    return value


def _as_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
        for name, value in values.items()
    }
