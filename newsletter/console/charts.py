"""Charts as geometry: boxes in a frame of 1000 by 300, which a template draws as SVG. Pure.

Labels stand outside as text of the page, so that they are never smaller than the rest and wrap on a phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.console.naming import in_words
from newsletter.core.words import said

WIDTH, HEIGHT = 1000, 300
_GAP = 0.22
"""The part of a column's place that is left empty."""


@dataclass(frozen=True)
class Box:
    """`kind` is a class of the style sheet; `words` is what the browser tells of it."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True)
class Chart:
    """`axis` is where zero is, from the top; `most` and `least` are the values at the top and the bottom."""

    boxes: Sequence[Box]
    axis: float
    most: int
    least: int


@dataclass(frozen=True)
class Column:
    """What stands above each other at one place, from zero up; `below` hangs under zero. Kinds and numbers."""

    name: str
    above: Sequence[tuple[str, int]]
    below: Sequence[tuple[str, int]] = ()


def columns(of: Sequence[Column]) -> Chart:
    """One place for each, all as high as the greatest sum allows."""
    most = max((_sum(each.above) for each in of), default=0)
    least = max((_sum(each.below) for each in of), default=0)
    scale = HEIGHT / max(most + least, 1)
    axis, place = most * scale, WIDTH / max(len(of), 1)
    boxes: list[Box] = []
    for number, each in enumerate(of):
        x, width = number * place + place * _GAP / 2, place * (1 - _GAP)
        top = bottom = axis
        for kind, value in each.above:
            top -= value * scale
            boxes.append(_box(kind, (x, top, width, value * scale), _words(each.name, kind, value)))
        for kind, value in each.below:
            boxes.append(_box(kind, (x, bottom, width, value * scale), _words(each.name, kind, value)))
            bottom += value * scale
    return Chart([box for box in boxes if box.height], round(axis, 2), most, least)


def _sum(parts: Sequence[tuple[str, int]]) -> int:
    return sum(value for _, value in parts)


def _words(name: str, kind: str, value: int) -> str:
    return said("%(name)s: %(value)s %(kind)s", name=name, value=value, kind=in_words(kind))


def _box(kind: str, place: tuple[float, float, float, float], words: str) -> Box:
    x, y, width, height = (round(each, 2) for each in place)
    return Box(kind, x, y, width, height, words)
