"""JSON from strangers: as it is if it can be read, else up to the break."""

import json
import re
from typing import Any

from newsletter.core.errors import FeedUnreadable
from newsletter.core.words import said

MAX_DEPTH = 30

_CLOSING = {"{": "}", "[": "]"}
# A string that never ends runs to the end of the text, so that nothing is looked at twice.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}\[\],]', re.DOTALL)


def load(text: str) -> Any:  # noqa: ANN401 - whatever the text says.
    """The document; raises FeedUnreadable if there is none even after what broke was cut off."""
    try:
        return _without_halves(_loaded(text))
    except ValueError:
        pass
    try:
        return _without_halves(_loaded(_whole_part(text)))
    except ValueError as error:
        problem = said("The JSON is broken.")
        raise FeedUnreadable(problem) from error


def _loaded(text: str) -> Any:  # noqa: ANN401 - as above.
    try:
        # Line ends inside of strings are forbidden and common.
        return json.loads(text, strict=False)
    except RecursionError as error:
        raise ValueError from error


def _without_halves(document: Any) -> Any:  # noqa: ANN401 - as above.
    """JSON can spell halves of characters, which no database can keep; they become question marks."""
    text = json.dumps(document, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.loads(text.encode(errors="replace"))
    return document


def _whole_part(text: str) -> str:
    """Up to the last value that is whole, with what is open there closed."""
    closing: list[str] = []
    end, still_open = 0, ""
    for token in _TOKEN.finditer(text):
        sign = token.group()
        if sign in _CLOSING:
            closing.append(_CLOSING[sign])
        elif closing and sign == closing[-1]:
            closing.pop()
        elif sign != ",":
            continue
        if len(closing) > MAX_DEPTH:
            break
        end = token.start() if sign == "," else token.end()
        still_open = "".join(reversed(closing))
    return text[:end] + still_open
