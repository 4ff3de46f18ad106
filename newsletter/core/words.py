"""Sentences that whoever shows them may say in another language.

A `Said` is its English text, so services, logs, commands and JSON need not know that there are languages. It also
remembers the sentence it was made from, with its places still open, and what was put into them; by these a page
looks the translation up (`newsletter.web.words`).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Self


class Said(str):
    """English text that knows its `sentence`, its plural `many` where it counts something, and its `values`.

    What is made of it by `+`, `join` or an f-string is a plain `str` and stays English: give it to another
    sentence as a value instead.
    """

    __slots__ = ("many", "sentence", "values")

    sentence: str
    many: str
    values: Mapping[str, Any]

    def __new__(
        cls, text: str, sentence: str = "", many: str = "", values: Mapping[str, Any] | None = None
    ) -> Self:
        """For unpickling and the two functions below."""
        made = super().__new__(cls, text)
        made.sentence, made.many, made.values = sentence or text, many, values or {}
        return made

    def __str__(self) -> str:
        """Itself, so that `str(problem)` of an error can still be translated."""
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        return str.__str__(self), self.sentence, self.many, self.values


class Figure(int):
    """A number among the values of a sentence that is written as people write it: `5,000` in English."""

    __slots__ = ()

    def __str__(self) -> str:
        """In English."""
        return f"{int(self):,}"


def said(sentence: str, /, **values: object) -> Said:
    """`said("%(name)s is paused", name=name)`; a per cent sign of the sentence itself is written twice.

    The sentence is a literal, because translators find it by reading the source.
    """
    return Said(sentence % values, sentence, "", values)


def numbered(one: str, many: str, num: int, /, **values: object) -> Said:
    """`numbered("%(num)s article", "%(num)s articles", 3)`: `num` is among the values."""
    filled = {"num": num, **values}
    return Said((one if num == 1 else many) % filled, one, many, filled)


def series(words: Iterable[object], between: str = ", ") -> str:
    """Several sentences or names, one after the other, of which each can still be translated; "" for none."""
    values = {f"part{number}": each for number, each in enumerate(words)}
    places = between.replace("%", "%%").join(f"%({name})s" for name in values)
    return Said(places % values, places, "", values) if values else ""
