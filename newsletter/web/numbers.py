"""Numbers in addresses: what is none leads to no page."""

from newsletter.core.errors import NotFound

MOST_DIGITS = 18
"""Fits the number of any row."""


def whole_number(text: str, most_digits: int = 9) -> int:
    """Raises NotFound for what is no number, is too long, or is written in another way than we write it."""
    found = find_number(text, most_digits)
    if found is None:
        raise NotFound(kind="page", name=text[:MOST_DIGITS])
    return found


def find_number(text: str, most_digits: int = 9) -> int | None:
    """None where `whole_number` raises."""
    if len(text) > most_digits or not (text.isascii() and text.isdecimal()) or str(int(text)) != text:
        return None
    return int(text)
