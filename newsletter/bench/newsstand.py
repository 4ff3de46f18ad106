"""`python -m newsletter.bench.newsstand ENTRIES`: serves `/N.xml`, a feed of its own for each number N.

Each entry has a headline, a summary, an author, a topic, an id, a date of the last day and two kilobytes of text.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from newsletter.bench.listening import serve
from newsletter.core.clock import now

TOPICS = ("harbour", "council", "schools", "weather", "sport", "trade", "culture", "transport", "courts", "mail")
_WORDS = (
    *("ferry", "quay", "council", "budget", "storm", "school", "bridge", "market", "museum", "tram", "river"),
    *("permit", "court", "choir", "election", "dam", "lighthouse", "strike", "harvest", "rail", "library"),
)


def document(number: int, entries: int, at: datetime) -> str:
    """The feed of this number, as RSS 2.0."""
    items = "".join(_item(number, entry, at) for entry in range(entries))
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>Desk {number}</title><link>https://desk{number}.example/</link>{items}</channel></rss>"
    )


def _item(number: int, entry: int, at: datetime) -> str:
    seed = number * 7919 + entry * 104729
    words = [_WORDS[(seed // (step + 1) + step * 31) % len(_WORDS)] for step in range(300)]
    said = " ".join(words[:8]).capitalize()
    moment = at - timedelta(minutes=(seed % 1380) + 1)
    body = "".join(f"<p>{' '.join(words[start : start + 60])}.</p>" for start in range(0, 300, 60))
    return (
        f"<item><title>{said} {number} {entry}</title><link>https://desk{number}.example/{entry}</link>"
        f"<guid>desk-{number}-{entry}</guid><pubDate>{format_datetime(moment)}</pubDate>"
        f"<author>desk{number}@desk{number}.example (Desk {number})</author>"
        f"<category>{TOPICS[seed % len(TOPICS)]}</category>"
        f"<description><![CDATA[<p>{' '.join(words[8:40])}.</p>{body}]]></description></item>"
    )


class Newsstand(asyncio.Protocol):
    """Answers each request with one feed, and closes."""

    entries = 40
    at = datetime(2026, 1, 1, tzinfo=UTC)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a TCP server.
        self._out, self._asked = transport, b""

    def data_received(self, data: bytes) -> None:
        self._asked += data
        if b"\r\n\r\n" not in self._asked:
            return
        path = self._asked.split(b" ", 2)[1].decode("ascii", "replace")
        body = document(int(path.strip("/").removesuffix(".xml")), self.entries, self.at).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: {len(body)}\r\n"
        self._out.write(head.encode() + b"Connection: close\r\n\r\n" + body)
        self._out.close()


if __name__ == "__main__":
    Newsstand.entries, Newsstand.at = int(sys.argv[1]), now()
    serve(Newsstand)
