"""Into a list of this process: what tests look at. A worker of another process has a list of its own."""

from newsletter.mail.backends.base import Connection
from newsletter.mail.backends.storing import StoringConnection
from newsletter.mail.backends.url import BackendUrl
from newsletter.mail.message import Envelope


class MemoryBackend:
    """Keeps every envelope in `outbox`, oldest first."""

    takes_international = True
    name = "memory:"

    def __init__(self) -> None:
        self.outbox: list[Envelope] = []

    def connect(self) -> Connection:
        return StoringConnection(self.outbox.append)


def from_url(url: BackendUrl) -> MemoryBackend:
    """`memory:`; raises ValueError for options, it has none."""
    url.refuse_options_but()
    return MemoryBackend()
