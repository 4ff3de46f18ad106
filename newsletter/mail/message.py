"""What a mail is before it is bytes: content with holes, who sends it, and the envelope around the bytes.

A hole stands for a value that differs by recipient. Templates are rendered once with holes in them; each
recipient then costs only the filling. The marker is made of private-use characters, which `plain` takes out
of every text that people write, so nobody can write a hole.
"""

import re
from dataclasses import dataclass
from typing import NoReturn

from markupsafe import Markup

from newsletter.core.errors import UnsafeMessage

_OPEN, _CLOSE = "\ue000", "\ue001"
MARKER = re.compile(f"{_OPEN}([a-zA-Z_]+){_CLOSE}")
"""Finds the holes in rendered text; group 1 is the name."""

UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ue000\ue001\ufeff]"
)
"""What no text has that people write: controls, direction marks, halves of characters, hole markers."""

_ENDS_A_PATH = re.compile(r"[\x00-\x20\x7f-\x9f<>\u2028\u2029\ud800-\udfff]")


class StandIn:
    """Stands for the value `name` of a recipient."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def marker(self) -> str:
        """What is in its place in rendered text."""
        return f"{_OPEN}{self.name}{_CLOSE}"


class Hole(StandIn):
    """Stands in for a recipient's value while a template is rendered.

    A template may print it, as it is; asking it anything (its truth, its length, whether it equals something)
    raises, because the answer would differ by recipient and the mail is rendered only once.
    """

    def __str__(self) -> str:
        return self.marker

    def __html__(self) -> str:
        # The value is escaped when the hole is filled.
        return Markup(self.marker)  # noqa: S704 - the marker holds no character that HTML knows.

    def _refuse(self, *_args: object) -> NoReturn:
        problem = f"A template asks about '{self.name}', which differs by recipient; it may only print it."
        raise TypeError(problem)

    __bool__ = __len__ = __iter__ = __getitem__ = __contains__ = __lt__ = __gt__ = _refuse
    __eq__ = __ne__ = _refuse
    __hash__ = None  # type: ignore[assignment]


def plain(text: str) -> str:
    """One line of text that people wrote, made safe for any place in a mail.

    Controls, line ends, invisible direction marks, halves of characters and hole markers become spaces, runs of
    white space become one, and `=?` is broken up so that no mail reader takes the text for an encoded word
    (RFC 2047).
    """
    return " ".join(UNWANTED.sub(" ", text).split()).replace("=?", "= ?")


def cleaned(text: str) -> str:
    """As `plain`, for text of several lines: lines and spaces stay."""
    return UNWANTED.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


@dataclass(frozen=True)
class Content:
    """A rendered mail, with holes: one line of subject, plain text, and HTML."""

    subject: str
    text: str
    html: str


def is_damaged(content: Content) -> bool:
    """Whether something that stood for a hole is one no more."""
    return any(
        _OPEN in rest or _CLOSE in rest
        for rest in (MARKER.sub("", text) for text in (content.subject, content.text, content.html))
    )


@dataclass(slots=True)
class Envelope:
    """One message ready to leave: `data` has CRLF line ends and is not dot-stuffed.

    `key` is the delivery it belongs to; outcomes and the journal call the message by it. `is_dotless` promises
    that no line begins with a dot. Raises UnsafeMessage for a sender or recipient that could end its own line or
    angle brackets in a conversation.
    """

    key: int
    sender: str
    recipient: str
    data: bytes
    is_dotless: bool = False

    def __post_init__(self) -> None:
        if _ENDS_A_PATH.search(self.sender + self.recipient):
            problem = "An address of the envelope holds white space, a control character or an angle bracket."
            raise UnsafeMessage(problem)

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only a server that offers SMTPUTF8 (RFC 6531) can take it."""
        return not (self.recipient.isascii() and self.sender.isascii())
