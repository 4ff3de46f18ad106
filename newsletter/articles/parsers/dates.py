"""Dates as feeds write them: RFC 822, RFC 3339, and what became of both."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST = 100
_MONTHS = {
    "jan": "gen ene janv januari", "feb": "fev févr fév", "mar": "mär mrz maa mrt mars", "apr": "abr avr",
    "may": "mai mei mag maj", "jun": "giu juin", "jul": "lug juil", "aug": "ago août aoû",
    "sep": "set sept", "oct": "out okt ott", "nov": "", "dec": "dez dic déc",
}  # fmt: skip
_MONTH_OF = {word: month for month, words in _MONTHS.items() for word in words.split()}
_NAMED = re.compile(r"(\d{1,2})\.?\s+(?:de\s+)?([^\W\d_]{3,10})\.?,?\s+(?:de\s+)?(\d{4})")
_NUMBERED = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")


def first_date(texts: list[str]) -> datetime | None:
    """The first of them that can be read, in UTC; a time without a zone is taken for UTC."""
    for text in texts:
        found = _date(" ".join(text[:_LONGEST].split()))
        if found is not None:
            return found
    return None


def _date(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime, _in_words, _in_numbers):
        try:
            found = read(text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _in_words(text: str) -> datetime:
    """`Seg, 24 Set 2018 19:38:00 -0300`: RFC 822 but for the language of its month."""
    named = _NAMED.search(text)
    if named is None:
        raise ValueError
    day, word, year = named.groups()
    month = _MONTH_OF.get(word.lower(), _MONTH_OF.get(word.lower()[:3], word[:3]))
    return parsedate_to_datetime(f"{day} {month} {year}{text[named.end() :] or ' 00:00:00'}")


def _in_numbers(text: str) -> datetime:
    """`2020/1/10 14:33:00`."""
    numbered = _NUMBERED.match(text)
    if numbered is None:
        raise ValueError
    return datetime(*(int(part or 0) for part in numbered.groups()), tzinfo=UTC)  # type: ignore[misc,arg-type]
