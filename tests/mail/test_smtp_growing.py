"""A further line is opened while others wait for nothing: what they know is written, what they have is sent."""

import time
from pathlib import Path

import pytest

from newsletter.mail.backends.smtp.connection import MESSAGES_A_LINE, SmtpConnection
from newsletter.mail.backends.smtp.line import Line
from newsletter.mail.backends.smtp.session import Session
from newsletter.mail.journal import Estate, FileJournal, account_of
from newsletter.mail.outcomes import Result
from tests.fakes import SmtpServer
from tests.mail.smtp_bench import OFFERS, backend, envelope

pytestmark = pytest.mark.loopback


def test_nothing_is_announced_and_held_back_while_another_line_is_opened(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    accounts: list[tuple[Estate | None, int]] = []
    with SmtpServer(extensions=OFFERS["ahead"]) as server:
        target = backend(server).server

        def open_line() -> Line:
            time.sleep(0.3)
            accounts.append((account_of(tmp_path, journal.worker), len(server.received)))
            return Line(Session(target), target.timeouts)

        connection = SmtpConnection(open_line, 2)
        outcomes = list(connection.send(map(envelope, range(1, 2 * MESSAGES_A_LINE)), journal))
        connection.close()
    journal.close()

    assert [each.result for each in outcomes] == [Result.ACCEPTED] * (2 * MESSAGES_A_LINE - 1)
    [_, (told, received)] = accounts
    assert told
    assert len(told.answers) + len(told.dots) == received
