"""To standard output, the readable part only: for a first look without any mail server."""

import sys
from email import message_from_bytes, policy
from typing import TextIO

from newsletter.mail.backends.base import Connection
from newsletter.mail.backends.storing import StoringConnection
from newsletter.mail.backends.url import BackendUrl
from newsletter.mail.message import Envelope


class ConsoleBackend:
    """Prints each message's envelope, subject and plain text."""

    takes_international = True
    name = "console:"

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out

    def connect(self) -> Connection:
        return StoringConnection(self._print)

    def _print(self, envelope: Envelope) -> None:
        message = message_from_bytes(envelope.data, policy=policy.default)
        part = message.get_body(("plain",))
        text = part.get_content() if part else ""
        rule = "-" * 78
        page = f"{rule}\nTo: {envelope.recipient}\nSubject: {message['Subject']}\n\n{text}{rule}"
        out = self._out or sys.stdout
        # Neither may a feed steer the terminal, nor a letter that it cannot show stop the sender.
        shown = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in page)
        coding = out.encoding or "utf-8"
        print(shown.encode(coding, "replace").decode(coding), file=out, flush=True)


def from_url(url: BackendUrl) -> ConsoleBackend:
    """`console:`; raises ValueError for options, it has none."""
    url.refuse_options_but()
    return ConsoleBackend()
