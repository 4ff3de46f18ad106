"""Reads a caught message for people to look at; never raises, whatever somebody sent."""

import re
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message

_FOLD = re.compile(r"\r?\n(?=[ \t])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_START = re.compile(r"\s*(?:<!doctype[^>]*>)?", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"<\s*(https?://[^>\s]+)\s*>", re.IGNORECASE)

_WHAT_THE_PARSER_RAISES = (RecursionError, LookupError, ValueError, TypeError, AttributeError)


@dataclass(frozen=True)
class Mail:
    """A message's headers, decoded and each on one line, and its two texts; None where it has none."""

    headers: tuple[tuple[str, str], ...]
    text: str | None
    html: str | None

    def header(self, name: str) -> str:
        """The first header of that name, or ""."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def subject(self) -> str:
        return self.header("Subject")

    @property
    def one_click(self) -> str | None:
        """Where a mail provider would post to unsubscribe (RFC 8058 §3.1), or None if it could not."""
        if self.header("List-Unsubscribe-Post").replace(" ", "") != "List-Unsubscribe=One-Click":
            return None
        found = _WEB_ADDRESS.search(self.header("List-Unsubscribe"))
        return found[1] if found else None


def read(raw: bytes) -> Mail:
    """The mail in these bytes; a message without a body or with a broken one has no texts."""
    try:
        message = message_from_bytes(raw)
        parts = [part for part in message.walk() if not part.is_multipart()]
    except _WHAT_THE_PARSER_RAISES:
        return Mail(headers=(), text=None, html=None)
    headers = tuple((name, _one_line(value)) for name, value in message.raw_items())
    return Mail(headers, text=_first(parts, "text/plain"), html=_first(parts, "text/html"))


def for_frame(html: str) -> str:
    """The HTML with its links made to open in a new tab, since a frame must not become another site."""
    start = _START.match(html)
    place = start.end() if start else 0
    return f'{html[:place]}<base target="_blank">{html[place:]}'


def _one_line(value: object) -> str:
    # The parser keeps bytes that are not ASCII as surrogates; SMTPUTF8 says that they are UTF-8.
    text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    text = _FOLD.sub("", text)
    with suppress(HeaderParseError, LookupError, ValueError):
        text = str(make_header(decode_header(text)))
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text).strip()


def _first(parts: list[Message], content_type: str) -> str | None:
    for part in parts:
        try:
            if part.get_content_type() == content_type and part.get_content_disposition() != "attachment":
                return _text(part)
        except _WHAT_THE_PARSER_RAISES:
            continue
    return None


def _text(part: Message) -> str:
    data = part.get_payload(decode=True)
    raw = data if isinstance(data, bytes) else b""
    try:
        return raw.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")
