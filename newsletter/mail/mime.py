"""From content to the bytes on the wire: compiled once for a mailing, filled for each recipient.

The body is multipart/alternative, text first (RFC 2046 §5.1.4), both parts quoted-printable: pure ASCII and
short lines whatever the content, so that no server on the way has a reason to change it. A hole in a body gets
lines of its own between soft breaks, so that a value of any length keeps the lines short.
"""

import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from email import message_from_bytes, policy
from email.parser import BytesHeaderParser
from functools import lru_cache

from markupsafe import escape

from newsletter.core.errors import UnsafeMessage
from newsletter.core.words import said
from newsletter.mail.headers import Headers, Letterhead, headers_of
from newsletter.mail.message import MARKER, Content

LONGEST_LINE = 998
"""Octets without CRLF (RFC 5322 §2.1.1)."""

# NUL cannot occur in a message that is headers and quoted-printable, so it can enclose the names of the holes.
_HOLE = re.compile(rb"\0([a-z]):([a-zA-Z_]+)\0")
_HEADER, _TEXT, _HTML = b"h", b"t", b"x"
_SAFE_IN_HEADER = re.compile(r"(?:(?!=\?[^?]+\?[bBqQ]\?)[^\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff])+")
_LONGEST_VALUE = 900
_ASKS = re.compile(r" |=\?")  # A space, or what may be the beginning of an encoded word.
# The standard library lets a line's last character end three columns late; a hole's line needs one for its break.
_DOTTED = re.compile(rb"^(\.+)(.*)$", re.MULTILINE)
_AS_IT_IS = re.compile(r"[\w/][\w./:@+~-]*", re.ASCII).fullmatch
_WIDTH, _LONGEST_AS_IT_IS = 75, 600
_LATE = re.compile(rb"^(?=.{76})(.{73,75}?)(=[0-9A-F]{2}|[^=\n])$", re.MULTILINE)


class Template:
    """A finished message but for its holes; `stored` is how the database keeps it.

    `literals` stand before, between and after the holes: the even places of each message's `pieces`.
    """

    def __init__(self, stored: bytes) -> None:
        self.stored = stored
        pieces = _HOLE.split(stored)
        self.literals = pieces[0::3]
        self._places: dict[str, dict[bytes, list[int]]] = {}
        for number, (context, name) in enumerate(zip(pieces[1::3], pieces[2::3], strict=True)):
            self._places.setdefault(name.decode(), {}).setdefault(context, []).append(2 * number + 1)
        self._blank = [piece for literal in self.literals for piece in (literal, b"")][:-1]

    @property
    def holes(self) -> frozenset[str]:
        """The names that `fill` must be given values for."""
        return frozenset(self._places)

    def pieces(self, values: Mapping[str, str]) -> list[bytes]:
        """The message of one recipient in pieces: literals at even places, encoded values at odd ones.

        Values are as people would read them, escaping is done here. No line of the message begins with a dot.
        Raises UnsafeMessage when a value for a header holds white space, a control or an encoded word.
        """
        pieces = self._blank.copy()
        for name, contexts in self._places.items():
            value = values[name]
            plain = len(value) <= _LONGEST_AS_IT_IS and _AS_IT_IS(value) and value.encode()
            folded = _folded(plain) if plain else b""
            for context, places in contexts.items():
                encoded = (plain if context == _HEADER else folded) if plain else _ENCODERS[context](value)
                for place in places:
                    pieces[place] = encoded
        return pieces

    def fill(self, values: Mapping[str, str]) -> bytes:
        """As `pieces`, in one."""
        return b"".join(self.pieces(values))


def compile_message(letterhead: Letterhead, content: Content) -> Template:
    """The template of a mailing.

    Raises UnsafeMessage unless the bytes, parsed again, carry exactly the headers that were meant.
    """
    intended = headers_of(letterhead, content.subject)
    boundary = _boundary(content)
    intended += [
        ("MIME-Version", "1.0"),
        # `=_` cannot occur in quoted-printable, so no body can hold the boundary (RFC 2045 §6.7).
        ("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
    ]
    head = _header_block(intended)
    _verify_head(head, intended)
    return Template(head + _body(boundary, content.text, content.html))


def _header_block(headers: Headers) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return _mark(lines, _HEADER) + b"\r\n"


# The welcome mail, and with it all that is the same for each reader, is queued for each alone; and what is said to
# readers of many hours differs in its date alone.
@lru_cache(maxsize=16)
def _body(boundary: str, text: str, html: str) -> bytes:
    body = (
        _part(boundary, "plain", text, _TEXT)
        + _part(boundary, "html", html, _HTML)
        + f"--{boundary}--\r\n".encode()
    )
    head = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
    sample = _sample(head.encode() + body)
    if message_from_bytes(sample, policy=policy.compat32).defects:
        problem = said("The message would not be taken apart as it was put together.")
        raise UnsafeMessage(problem)
    _verify_lines(sample)
    return body


def _part(boundary: str, subtype: str, body: str, context: bytes) -> bytes:
    head = (
        f"--{boundary}\r\n"
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return head.encode() + _quoted_printable(body.rstrip() + "\n", context) + b"\r\n"


def _mark(text: str, context: bytes) -> bytes:
    return MARKER.sub(lambda hole: f"\0{context.decode()}:{hole.group(1)}\0", text).encode()


def _quoted_printable(body: str, context: bytes) -> bytes:
    encoded = bytearray()
    for index, piece in enumerate(MARKER.split(body)):
        if index % 2 == 0:
            encoded += _quoted(piece)
            continue
        if encoded and not encoded.endswith(b"\n"):
            encoded += b"=\r\n"
        encoded += b"\0%b:%b\0=\r\n" % (context, piece.encode())
    return bytes(encoded)


def _quoted(text: str) -> bytes:
    lines = "\n".join(text.split("\r\n")).replace("\r", "\n").replace("\0", "")
    encoded = binascii.b2a_qp(lines.encode(errors="replace"), istext=True)
    short = _LATE.sub(rb"\1=\n\2", encoded)
    # With the dot encoded, no line has to be looked at again on its way out (RFC 5321 §4.5.2).
    return _DOTTED.sub(_undotted, short).replace(b"\n", b"\r\n")


def _undotted(line: re.Match[bytes]) -> bytes:
    dots, rest = line.groups()
    encoded = b"=2E" * len(dots) + rest
    return encoded if len(encoded) < _WIDTH else b"=2E=\n" * len(dots) + rest


def _folded(plain: bytes) -> bytes:
    """Letters, digits and the signs of links, which need no escape, in lines that leave room for a dot's."""
    if len(plain) <= _WIDTH:
        return plain
    width = _WIDTH - len(b"=2E") + 1
    lines = [plain[start : start + width] for start in range(0, len(plain), width)]
    return b"=\r\n".join(lines).replace(b"\n.", b"\n=2E")


def _header_value(value: str) -> bytes:
    if value.isascii() and value.isprintable() and 0 < len(value) <= _LONGEST_VALUE and not _ASKS.search(value):
        return value.encode()
    if len(value.encode(errors="replace")) > _LONGEST_VALUE or not _SAFE_IN_HEADER.fullmatch(value):
        problem = said(
            "A value for a header is empty, too long, or holds white space, a control or an encoded word."
        )
        raise UnsafeMessage(problem)
    return value.encode()


_ENCODERS: dict[bytes, Callable[[str], bytes]] = {
    _HEADER: _header_value,
    _TEXT: _quoted,
    # As Jinja escapes what it prints, so that a filled page is the page that would have been rendered.
    _HTML: lambda value: _quoted(str(escape(value))),
}


def _boundary(content: Content) -> str:
    digest = hashlib.blake2b(f"{content.text}\0{content.html}".encode(errors="replace"), digest_size=12)
    return f"=_{digest.hexdigest()}"


def _verify_head(head: bytes, intended: Headers) -> None:
    sample = _sample(head)
    parsed = BytesHeaderParser(policy=policy.compat32).parsebytes(sample)
    if parsed.keys() != [name for name, _ in intended] or parsed.defects or parsed.get_payload():
        problem = said(
            "The message would carry the headers %(names)s; that is not what was meant.", names=parsed.keys()
        )
        raise UnsafeMessage(problem)
    _verify_lines(sample)


def _verify_lines(sample: bytes) -> None:
    if max(map(len, sample.split(b"\r\n"))) > LONGEST_LINE or re.search(rb"(?<!\r)\n|\r(?!\n)", sample):
        problem = said("The message has a line that is too long or ends wrongly (RFC 5322 §2.1.1).")
        raise UnsafeMessage(problem)


def _sample(stored: bytes) -> bytes:
    template = Template(stored)
    return template.fill(dict.fromkeys(template.holes, "sample@example.org"))
