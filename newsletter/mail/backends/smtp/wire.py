"""Replies as they come off the wire, in bounded memory whatever the server sends."""

import re

LONGEST_LINE = 4096
"""Octets; RFC 5321 §4.5.3.1.5 allows 512, and servers that explain themselves send more."""

MOST_LINES = 200

_LINE = re.compile(rb"(\d{3})([ -]?)([^\n]*)\n")
_ONE_LINERS = re.compile(rb"(?:\d{3} [^\r\n]{0,1000}\r\n)+").fullmatch
_ONE_LINER = re.compile(rb"(\d{3}) ([^\r\n]*)\r\n").findall


class Nonsense(ValueError):
    """What came is no SMTP; the connection cannot be used any more, because nobody knows what answers what."""


RawReply = tuple[int, bytes]
"""The code, and the text of all lines with line feeds between them."""


class Replies:
    """Cuts a stream of bytes into replies: code, and the text of all lines."""

    def __init__(self) -> None:
        self._buffer = b""
        self._lines: list[bytes] = []

    def feed(self, data: bytes) -> list[RawReply]:
        """The replies that these bytes complete, in order; raises Nonsense."""
        if not self._buffer and not self._lines and _ONE_LINERS(data):
            # Nearly all that a server says while mail goes out, and several times as fast.
            return [(int(code), text) for code, text in _ONE_LINER(data)]
        buffer = self._buffer + data
        found: list[RawReply] = []
        position = 0
        while line := _LINE.match(buffer, position):
            position = line.end()
            code, mark, text = line.groups()
            self._lines.append(text.rstrip(b"\r"))
            if len(text) > LONGEST_LINE or len(self._lines) > MOST_LINES:
                problem = "a reply without end"
                raise Nonsense(problem)
            if mark == b"-":
                continue
            found.append((int(code), b"\n".join(self._lines)))
            self._lines = []
        self._buffer = buffer[position:]
        self._check_rest()
        return found

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left over: no half line, no half reply."""
        return not self._buffer and not self._lines

    def _check_rest(self) -> None:
        if b"\n" in self._buffer:
            problem = "a line that is no SMTP reply"
            raise Nonsense(problem)
        if len(self._buffer) > LONGEST_LINE:
            problem = "a reply without end"
            raise Nonsense(problem)
