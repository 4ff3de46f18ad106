"""Plain values of settings: each reader takes the name, for an error, and the text. Raises SettingsError."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from newsletter.core.addresses import parse
from newsletter.core.errors import InvalidAddress, SettingsError


def boolean(name: str, text: str) -> bool:
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if text.lower() not in words:
        raise SettingsError(name, f"'{text}' is neither yes nor no; expected yes or no")
    return words[text.lower()]


def number(least: int, most: int) -> Callable[[str, str], int]:
    def read(name: str, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise SettingsError(name, f"'{text}' is not expected; expected a whole number from {least} to {most}")
        return int(text)

    return read


def hours(least: int, most: int) -> Callable[[str, str], timedelta]:
    whole = number(least, most)
    return lambda name, text: timedelta(hours=whole(name, text))


def days(least: int, most: int) -> Callable[[str, str], timedelta]:
    whole = number(least, most)
    return lambda name, text: timedelta(days=whole(name, text))


def days_or_off(least: int, most: int) -> Callable[[str, str], timedelta | None]:
    of_days = days(least, most)
    return lambda name, text: None if text == "off" else of_days(name, text)


def seconds(least: int, most: int) -> Callable[[str, str], timedelta]:
    whole = number(least, most)
    return lambda name, text: timedelta(seconds=whole(name, text))


def one_of(*words: str) -> Callable[[str, str], str]:
    def read(name: str, text: str) -> str:
        if text not in words:
            raise SettingsError(name, f"'{text}' is not expected; expected {', '.join(words[:-1])} or {words[-1]}")
        return text

    return read


def path(_name: str, text: str) -> Path:
    return Path(text)


def path_or_off(_name: str, text: str) -> Path | None:
    return None if text == "off" else Path(text)


def address(name: str, text: str) -> str:
    try:
        return str(parse(text))
    except InvalidAddress as error:
        raise SettingsError(name, "is no e-mail address; expected one, such as desk@example.org") from error


def as_it_is(_name: str, text: str) -> str:
    return text
