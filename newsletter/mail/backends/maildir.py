"""Into a Maildir on this machine: for trying things out, for archives, for another program to send."""

import mailbox
from pathlib import Path

from newsletter.core.errors import BackendUnavailable
from newsletter.mail.backends.base import Connection
from newsletter.mail.backends.storing import StoringConnection
from newsletter.mail.backends.url import BackendUrl
from newsletter.mail.message import Envelope


class MaildirBackend:
    """Each message is one file in `new`, on the disk before it counts as accepted."""

    takes_international = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = f"maildir://{folder}"

    def connect(self) -> Connection:
        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            box = mailbox.Maildir(self._folder, create=True)
        except OSError as error:
            problem = f"The Maildir {self._folder} cannot be opened: {error}"
            raise BackendUnavailable(problem) from error

        def store(envelope: Envelope) -> None:
            # The envelope is not part of a message; these two headers are the customary place for it.
            head = f"Return-Path: <{envelope.sender}>\r\nDelivered-To: {envelope.recipient}\r\n"
            # The standard library writes the file, waits for the disk, and only then moves it to `new`.
            box.add((head.encode() + envelope.data).replace(b"\r\n", b"\n"))

        return StoringConnection(store)


def from_url(url: BackendUrl) -> MaildirBackend:
    """`maildir:///absolute/path` or `maildir:relative/path`; raises ValueError when there is no path."""
    url.refuse_options_but()
    if url.host or not url.path.strip("/"):
        problem = "has no folder; expected maildir:///PATH"
        raise ValueError(problem)
    return MaildirBackend(Path(url.path))
