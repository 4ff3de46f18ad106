"""The mail catcher: an SMTP server that delivers to nobody, and an inbox for all addresses on the web."""

from pathlib import Path
from types import TracebackType
from typing import Self

from newsletter.demo.inbox import make_app
from newsletter.demo.mailstore import Caught, MailStore
from newsletter.demo.receiver import Receiver
from newsletter.demo.serving import LoopbackServer


class Catcher:
    """Keeps its mail in `folder`; ports of 0 are chosen at the start and then said by the two properties."""

    def __init__(self, folder: Path, smtp_port: int, web_port: int) -> None:
        self._store = MailStore(folder)
        self._receiver = Receiver(self._store, smtp_port)
        self._inbox = LoopbackServer(make_app(self._store), web_port)

    @property
    def smtp_port(self) -> int:
        return self._receiver.port

    @property
    def url(self) -> str:
        """Where the inbox is, without a slash at the end."""
        return self._inbox.url

    def start(self) -> None:
        """Take mail and show it; raises OSError if a port is taken."""
        self._receiver.start()
        try:
            self._inbox.start()
        except OSError:
            self._receiver.stop()
            raise

    def stop(self) -> None:
        """End both servers; what was caught stays in the folder. A stopped catcher starts no more."""
        self._receiver.stop()
        self._inbox.stop()
        self._store.close()

    def count(self) -> int:
        """How many messages were caught, each recipient counted."""
        return self._store.count()

    def count_distinct(self) -> int:
        """How many different Message-IDs are among them."""
        return self._store.count_distinct()

    def messages(self, recipient: str | None = None) -> list[Caught]:
        """What was caught, oldest first; with an address, only what came for exactly that one."""
        return self._store.messages(recipient)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
