"""What the tests of the SMTP backend share: messages, a backend with short time limits, and how to send."""

from collections.abc import Sequence

from newsletter.mail.backends.smtp import Server, SmtpBackend, Timeouts
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Outcome, Result
from tests.fakes import RecordingJournal, SmtpServer

DATA = b"From: post@courier.example\r\nSubject: Tide\r\n\r\nThe tide is out.\r\n"
BROKEN = {Result.UNSENT, Result.UNKNOWN}
OFFERS = {
    "ahead": ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 10000000"),
    "in lock-step": ("8BITMIME", "SMTPUTF8", "SIZE 10000000"),
}


def backend(server: SmtpServer, *, dot: float = 5.0, command: float = 5.0) -> SmtpBackend:
    timeouts = Timeouts(command=command, data=command, dot=dot)
    return SmtpBackend(Server("127.0.0.1", server.port, "none", timeouts=timeouts), connections=1)


def envelope(key: int, local: str = "reader", data: bytes = DATA) -> Envelope:
    return Envelope(key, "bounces@courier.example", f"{local}+{key}@example.org", data)


def send(way: SmtpBackend, *envelopes: Envelope) -> list[Outcome]:
    connection = way.connect()
    try:
        outcomes = list(connection.send(envelopes, RecordingJournal()))
    finally:
        connection.close()
    return outcomes


def told(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Those before the line broke; of the messages after it, which were made or announced ahead, nothing left."""
    broke = next((place for place, each in enumerate(outcomes) if each.result in BROKEN), len(outcomes))
    assert all(each.result is Result.UNSENT for each in outcomes[broke + 1 :])
    return list(outcomes[: broke + 1])
