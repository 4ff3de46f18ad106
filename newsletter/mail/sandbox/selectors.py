"""Selectors of an operator's style sheet, bound to their own part of the page.

Only elements, classes, "within" and "directly within" can be written, and each selector is made to begin at or
within an element that has OWN. So whatever it matches lies there: without `+`, `~` and `:has()` nothing looks
sideways.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.core.words import said
from newsletter.mail.sandbox.cleaning import TAGS
from newsletter.mail.sandbox.declarations import Unfit

OWN = "own"
"""The class of what operators may style: header and body of the mail, and their footer."""

ROOTS = frozenset({"header", "body", "footer"})
"""What these are called, as classes of the elements that have OWN, too."""

PAGE = ".page"
"""What lies behind everything."""

DEEPEST, MOST_CLASSES = 4, 4
"""Elements within each other, and conditions on one of them, in one selector."""

_CLASS = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_PSEUDO = frozenset({"first-child", "last-child"})
_WHAT = said(
    "has a selector with more than elements and classes, such as `.story h2` or `.story > a`; "
    "give what you mean a class"
)


@dataclass(frozen=True)
class Step:
    """One element of a selector: its tag, "" for any; what else holds; how it is `joined` to the one before."""

    joined: str
    tag: str
    conditions: Sequence[str] = ()

    @property
    def text(self) -> str:
        return self.tag + "".join(self.conditions)


def chains(tokens: Sequence[Any], line: int) -> list[list[Step]]:
    """Each of the selectors that stand between commas. Raises Unfit."""
    found: list[list[Any]] = [[]]
    for each in tokens:
        if each.type == "literal" and each.value == ",":
            found.append([])
        elif each.type != "comment":
            found[-1].append(each)
    return [_chain(each, line) for each in found]


def bound(chain: Sequence[Step]) -> Iterator[str]:
    """The selector within the operator's part, and at the element that is called as it begins."""
    rest = "".join(f"{each.joined}{each.text}" for each in chain[1:])
    first = chain[0]
    yield f".{OWN} {first.text}{rest}"
    if {f".{each}" for each in ROOTS} & set(first.conditions):
        yield f"{first.tag}.{OWN}{''.join(first.conditions)}{rest}"


def is_page(chain: Sequence[Step]) -> bool:
    return [each.text for each in chain] == [PAGE]


def _chain(tokens: Sequence[Any], line: int) -> list[Step]:
    groups: list[tuple[str, list[Any]]] = []
    joined = ""
    for token in tokens:
        if token.type == "whitespace":
            joined = joined or " "
        elif token.type == "literal" and token.value == ">":
            joined = " > "
        elif joined or not groups:
            groups.append((joined, [token]))
            joined = ""
        else:
            groups[-1][1].append(token)
    if not groups or groups[0][0] == " > " or joined == " > ":
        raise Unfit(_WHAT, line)
    if len(groups) > DEEPEST:
        problem = said(
            "names more than %(most)s elements within each other in one selector; use a class", most=DEEPEST
        )
        raise Unfit(problem, line)
    steps = [_step(joined, each, line) for joined, each in groups]
    if len(steps) > 1 and any(PAGE in each.conditions for each in steps):
        problem = said("looks for something within '.page'; leave that away, all rules are about your part of it")
        raise Unfit(problem, line)
    return steps


def _step(joined: str, tokens: list[Any], line: int) -> Step:
    tag, rest = "", list(tokens)
    if rest[0].type == "ident" and rest[0].lower_value in TAGS:
        tag = rest.pop(0).lower_value
    elif rest[0].type == "literal" and rest[0].value == "*":
        tag = rest.pop(0).value
    if len(rest) > MOST_CLASSES * 2:
        raise Unfit(_WHAT, line)
    marks, names = rest[::2], rest[1::2]
    if len(marks) != len(names):
        raise Unfit(_WHAT, line)
    return Step(joined, tag, [_condition(*each, line) for each in zip(marks, names, strict=True)])


def _condition(mark: Any, name: Any, line: int) -> str:  # noqa: ANN401 - whatever the parser knows.
    if mark.type == "literal" and name.type == "ident":
        if mark.value == "." and _CLASS.fullmatch(name.value):
            return f".{name.value}"
        if mark.value == ":" and name.lower_value in _PSEUDO:
            return f":{name.lower_value}"
    raise Unfit(_WHAT, line)
