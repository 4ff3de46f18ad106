"""Signs the messages of one mailing: what all of them share is made canonical and hashed once.

Of the headers only those with a hole are hashed for each recipient, so they come last in `h=`. The body's hash
goes on from a state that has taken in everything before the first hole.
"""

import hashlib
import textwrap
from binascii import b2a_base64
from collections.abc import Sequence
from datetime import datetime

from newsletter.core.errors import UnsafeMessage
from newsletter.mail.dkim import SigningKey, relaxed
from newsletter.mail.dkim.keys import keys_for
from newsletter.mail.mime import Template

LOCKED = (
    *("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id"),
    *("mime-version", "content-type", "content-transfer-encoding"),
    *("list-id", "list-unsubscribe", "list-unsubscribe-post"),
)
"""Headers that nobody may add on the way, not even a second time: `h=` names each once more than there are."""

KEPT_OUT = (
    *("in-reply-to", "references", "list-help", "list-subscribe", "list-post", "list-owner", "list-archive"),
    *("feedback-id", "precedence", "auto-submitted"),
)
"""Headers that `h=` names even where the message has none, so that nobody may add them (RFC 6376 §5.4, §8.15)."""

_TEXT_WIDTH, _SIGNATURE_WIDTH = 60, 72


class Seal:
    """Made once for a mailing; `at` is the mailing's moment, so that each attempt has the same bytes.

    `keys` are those of the installation; the seal picks the ones that stand for the sender, and signs nothing
    without any. Raises UnsafeMessage for a template that cannot be signed piece by piece.
    """

    def __init__(self, keys: Sequence[SigningKey], template: Template, at: datetime) -> None:
        # No literal holds a NUL, so it can stand for the holes.
        head, _, body = b"\0".join(template.literals).partition(b"\r\n\r\n")
        fields = relaxed.fields(head)
        self.keys = keys_for(keys, relaxed.sender_domain(fields)) if keys else ()
        if not self.keys:
            return
        self._header_values = slice(1, 2 * head.count(b"\0"), 2)
        self._body_values = slice(2 * head.count(b"\0") + 1, None, 2)

        shared = [(name, line) for name, line in fields if b"\0" not in line]
        own = [(name, line) for name, line in fields if b"\0" in line]
        self._shared_headers = hashlib.sha256(_lines(shared))
        self._own_headers = _lines(own).replace(b"%", b"%%").replace(b"\0", b"%b")

        first, *self._after_holes = _canonical_body(body)
        self._before_holes = hashlib.sha256(first)

        names = _signed_names([*shared, *own])
        self._signatures = [_Signature(key, names, at) for key in self.keys]

    def sign(self, pieces: Sequence[bytes]) -> bytes:
        """The signatures of one message, to be put before its first byte; b"" when no key stands for the sender.

        `pieces` is what the template's `pieces` gave: what stands at even places is taken for known.
        """
        if not self.keys:
            return b""
        headers = self._shared_headers.copy()
        headers.update(self._own_headers % tuple(pieces[self._header_values]))
        body = self._before_holes.copy()
        for value, literal in zip(pieces[self._body_values], self._after_holes, strict=True):
            body.update(relaxed.body(value))
            body.update(literal)
        body_hash = _base64(body.digest())
        return b"".join(signature.header(headers.copy(), body_hash) for signature in self._signatures)


class _Signature:
    """One DKIM-Signature header but for its two last tags, `bh` and `b`."""

    def __init__(self, key: SigningKey, names: Sequence[str], at: datetime) -> None:
        self._key = key
        tags = (
            f"v=1; a={key.algorithm}; c=relaxed/relaxed; d={key.domain}; s={key.selector}; "
            f"t={int(at.timestamp())}; h={': '.join(names)};"
        )
        lines = textwrap.wrap(tags, _TEXT_WIDTH, break_long_words=False, break_on_hyphens=False)
        # Names are folded after a colon; within a line none has a space, which some verifiers would not expect.
        folded = "\r\n ".join(line.replace(": ", ":") for line in lines)
        self._text = f"DKIM-Signature: {folded}\r\n bh=".encode()
        self._canonical = relaxed.field(self._text).removesuffix(b"\r\n")

    def header(self, headers: "hashlib._Hash", body_hash: bytes) -> bytes:
        """The header as it stands on the wire; `headers` has hashed all others and is used up."""
        headers.update(b"%b%b; b=" % (self._canonical, body_hash))
        value = _base64(self._key.sign(headers.digest()))
        width = _SIGNATURE_WIDTH
        folded = b"\r\n ".join([value[start : start + width] for start in range(0, len(value), width)])
        return b"%b%b;\r\n b=%b\r\n" % (self._text, body_hash, folded)


def _signed_names(there: relaxed.Fields) -> list[str]:
    """The names for `h=`: what the message has, in the order it is hashed, then what must not be added."""
    names = [name.decode() for name, _ in there]
    if len(set(names)) < len(names):
        # Of two with the same name a signature covers the lower one first, so the order would matter.
        problem = "The message has the same header twice; it cannot be signed."
        raise UnsafeMessage(problem)
    return [*names, *LOCKED, *(name for name in KEPT_OUT if name not in names)]


def _lines(fields: relaxed.Fields) -> bytes:
    return b"".join(line for _, line in fields)


def _canonical_body(body: bytes) -> list[bytes]:
    """The literals of a body; each can be made canonical alone only if no blank and no line crosses a border."""
    literals = body.split(b"\0")
    whole_lines = all(not literal or literal.endswith(b"\r\n") for literal in literals[:-1])
    soft_breaks = all(literal.startswith(b"=") for literal in literals[1:])
    canonical = [relaxed.body(literal) for literal in literals]
    # Blank lines at the end do not count (RFC 6376 §3.4.4); a body of ours ends with its boundary.
    if not (whole_lines and soft_breaks and canonical[-1].endswith(b"\r\n")) or canonical[-1].endswith(b"\n\r\n"):
        problem = "The body of this mailing has a hole that is not on lines of its own; it cannot be signed."
        raise UnsafeMessage(problem)
    return canonical


def _base64(raw: bytes) -> bytes:
    return b2a_base64(raw, newline=False)
