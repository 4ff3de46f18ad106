"""Colours as `#rrggbb`, and whether one can be read on another (WCAG 2.2, success criterion 1.4.3)."""

import re
from collections.abc import Iterable

READABLE = 4.5
"""The least contrast between text and what it stands on; 21 is black on white, 1 is no difference."""

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def is_colour(text: str) -> bool:
    """Whether this is the one spelling we accept, which can be put into CSS as it is."""
    return _HEX.fullmatch(text) is not None


def as_hex(parts: Iterable[float]) -> str:
    """From red, green and blue, each from 0 to 1."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def contrast(one: str, other: str) -> float:
    """From 1 to 21, whichever comes first; both as `#rrggbb`."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def clearest(choices: tuple[str, ...], background: str) -> str:
    """The first of `choices` that can be read on the background, else the one that comes closest to it."""
    for choice in choices:
        if contrast(choice, background) >= READABLE:
            return choice
    return max(choices, key=lambda choice: contrast(choice, background))


def readable(colour: str, background: str) -> str:
    """The nearest shade of this colour that can be read: darker on a light background, lighter on a dark one."""
    goal = "#000000" if contrast("#000000", background) > contrast("#ffffff", background) else "#ffffff"
    mixes = (_mixed(colour, goal, part / 50) for part in range(51))
    return next(mix for mix in mixes if contrast(mix, background) >= READABLE or mix == goal)


def _mixed(colour: str, other: str, part: float) -> str:
    pairs = ((int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(one + (two - one) * part):02x}" for one, two in pairs)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


_DARKEST = 0.04045  # Below it sRGB is linear.


def _linear(part: float) -> float:
    return part / 12.92 if part <= _DARKEST else ((part + 0.055) / 1.055) ** 2.4
