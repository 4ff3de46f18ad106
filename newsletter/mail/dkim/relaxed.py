"""The canonical form "relaxed" of header fields and bodies (RFC 6376 §3.4.2, §3.4.4).

Holes may stand in both as NUL bytes, because what fills a header's hole has no white space, and the lines of a
body's hole begin and end where others do.
"""

import re

from newsletter.core.errors import UnsafeMessage

Fields = list[tuple[bytes, bytes]]
"""Names in lower case, each with its whole canonical line, in the order of the message."""

_FOLD = re.compile(rb"\r\n(?=[ \t])")
_SPACES = re.compile(rb"[ \t]+")
_SPACES_AT_THE_END = re.compile(rb"[ \t]+(?=\r\n)")
_DOMAIN = re.compile(rb"@([\w.-]+)>?\r\n\Z")


def field(text: bytes) -> bytes:
    """A header field, folds included but not its last CRLF, as one canonical line with CRLF."""
    name, _, value = _FOLD.sub(b"", text).partition(b":")
    return b"%b:%b\r\n" % (name.rstrip(b" \t").lower(), _SPACES.sub(b" ", value).strip(b" "))


def fields(head: bytes) -> Fields:
    """All fields of a header block, which ends before its blank line."""
    lines = [field(line) for line in _FOLD.sub(b"", head).split(b"\r\n")]
    return [(line.partition(b":")[0], line) for line in lines]


def body(text: bytes) -> bytes:
    """A piece of a body that begins a line; blank lines at the end of the body are the caller's concern."""
    if b" " in text or b"\t" in text:
        return _SPACES.sub(b" ", _SPACES_AT_THE_END.sub(b"", text))
    return text


def sender_domain(head: Fields) -> str:
    """The domain of the From address, in lower case.

    Raises UnsafeMessage unless there is exactly one From, the same for all recipients.
    """
    senders = [line for name, line in head if name == b"from"]
    domain = _DOMAIN.search(b"".join(senders))
    if len(senders) != 1 or not domain or b"\0" in senders[0]:
        problem = "The message has no one sender address that a DKIM signature could stand for."
        raise UnsafeMessage(problem)
    return domain.group(1).decode().lower()
