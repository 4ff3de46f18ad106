"""What every backend must do; a new one joins by a case of its own."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from itertools import count
from pathlib import Path

import pytest

from newsletter.mail.backends.base import Backend, Connection
from newsletter.mail.backends.console import ConsoleBackend
from newsletter.mail.backends.maildir import MaildirBackend
from newsletter.mail.backends.memory import MemoryBackend
from newsletter.mail.backends.smtp import Server, SmtpBackend
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Result
from tests.fakes import Close, RecordingJournal, SmtpServer

pytestmark = pytest.mark.loopback

HEADERS = b"From: post@courier.example\r\nSubject: Tide\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
HARD = HEADERS + b"".join(
    line + b"\r\n"
    for line in (
        b".",
        b"..",
        b".dot first",
        b"",
        b"x" * 998,
        b" white space at both ends \t",
        b"From the quay",
        "ärger am Kai".encode(),
        b"\x7f\xa0\xff",
        b".",
    )
)


@dataclass(frozen=True)
class Bench:
    """A backend, what it has kept so far as (recipient, data), and a way to break the line under it."""

    backend: Backend
    kept: Callable[[], list[tuple[str, bytes]]]
    snap: Callable[[], None] | None = None


@contextmanager
def _smtp(_folder: Path) -> Iterator[Bench]:
    with SmtpServer() as server:
        broken: dict[str, list[Close]] = {}
        server.script = broken
        backend = SmtpBackend(Server("127.0.0.1", server.port, "none"), connections=1, takes_international=True)
        yield Bench(
            backend,
            lambda: [(each.recipient, each.data) for each in server.received],
            lambda: broken.update(mail=[Close()]),
        )


@contextmanager
def _maildir(folder: Path) -> Iterator[Bench]:
    def kept() -> list[tuple[str, bytes]]:
        found = []
        for path in sorted((folder / "box" / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns):
            _, recipient, rest = path.read_bytes().split(b"\n", 2)
            found.append((recipient.removeprefix(b"Delivered-To: ").decode(), rest.replace(b"\n", b"\r\n")))
        return found

    yield Bench(MaildirBackend(folder / "box"), kept, lambda: shutil.rmtree(folder / "box" / "tmp"))


@contextmanager
def _memory(_folder: Path) -> Iterator[Bench]:
    backend = MemoryBackend()
    yield Bench(backend, lambda: [(each.recipient, each.data) for each in backend.outbox])


class _Terminal(StringIO):
    is_gone = False

    def write(self, text: str) -> int:
        if self.is_gone:
            raise BrokenPipeError
        return super().write(text)


@contextmanager
def _console(_folder: Path) -> Iterator[Bench]:
    out = _Terminal()

    def kept() -> list[tuple[str, bytes]]:
        lines = out.getvalue().splitlines()
        return [(line.removeprefix("To: "), b"") for line in lines if line.startswith("To: ")]

    def snap() -> None:
        out.is_gone = True

    yield Bench(ConsoleBackend(out), kept, snap)


CASES = {"smtp": _smtp, "maildir": _maildir, "memory": _memory, "console": _console}


@pytest.fixture(params=CASES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with CASES[request.param](tmp_path) as made:
        yield made


@pytest.fixture
def line(bench: Bench) -> Iterator[Connection]:
    connection = bench.backend.connect()
    yield connection
    connection.close()


def envelope(key: int, recipient: str = "", data: bytes = HEADERS + b"The tide is out.\r\n") -> Envelope:
    return Envelope(key, "bounces@courier.example", recipient or f"reader{key}@example.org", data)


def test_each_envelope_gets_one_outcome_in_order(line: Connection) -> None:
    outcomes = list(line.send([envelope(key) for key in (7, 3, 9)], RecordingJournal()))

    assert [outcome.key for outcome in outcomes] == [7, 3, 9]
    assert {outcome.result for outcome in outcomes} == {Result.ACCEPTED}


def test_what_was_accepted_was_kept_for_its_recipient_in_order(bench: Bench, line: Connection) -> None:
    list(line.send([envelope(key) for key in (7, 3, 9)], RecordingJournal()))

    assert [recipient for recipient, _ in bench.kept()] == [f"reader{key}@example.org" for key in (7, 3, 9)]


def test_nothing_to_send_is_no_trouble(bench: Bench, line: Connection) -> None:
    assert list(line.send([], RecordingJournal())) == []
    assert line.is_usable
    assert bench.kept() == []


def test_a_connection_can_be_used_again(bench: Bench, line: Connection) -> None:
    list(line.send([envelope(1)], RecordingJournal()))
    list(line.send([envelope(2)], RecordingJournal()))

    assert len(bench.kept()) == 2


def test_the_journal_hears_of_each_message_before_and_after(line: Connection) -> None:
    journal = RecordingJournal()

    outcomes = list(line.send([envelope(1), envelope(2)], journal))

    for key in (1, 2):
        assert journal.entries.index(("dotting", key)) < journal.entries.index(("answered", key))
    assert journal.answers == outcomes


def test_a_message_the_journal_cannot_note_does_not_leave(bench: Bench, line: Connection) -> None:
    with pytest.raises(OSError, match="No space"):
        list(line.send([envelope(1)], RecordingJournal(is_full=True)))
    line.close()

    assert bench.kept() == []


def test_envelopes_are_taken_as_there_is_room_for_them(bench: Bench, line: Connection) -> None:
    taken: list[str] = []

    def endless() -> Iterator[Envelope]:
        for key in count(1):
            each = envelope(key)
            taken.append(each.recipient)
            yield each

    outcomes = line.send(endless(), RecordingJournal())
    keys = [next(outcomes).key for _ in range(3)]

    assert keys == [1, 2, 3]
    assert {recipient for recipient, _ in bench.kept()} <= set(taken)
    assert len(taken) < 100


@pytest.mark.parametrize("bench", ["smtp", "maildir", "console"], indirect=True)
def test_a_broken_line_ends_the_sending_and_every_taken_envelope_is_answered_for(
    bench: Bench, line: Connection
) -> None:
    taken: list[int] = []

    def envelopes() -> Iterator[Envelope]:
        for key in range(1, 50):
            if key == 3:
                assert bench.snap
                bench.snap()
            taken.append(key)
            yield envelope(key)

    outcomes = list(line.send(envelopes(), RecordingJournal()))

    accepted = [outcome for outcome in outcomes if outcome.result is Result.ACCEPTED]
    assert [outcome.key for outcome in outcomes] == taken
    assert outcomes[len(accepted)].result is Result.UNSENT
    assert 1 <= len(bench.kept()) == len(accepted) <= 2
    assert not line.is_usable


def test_closing_never_raises_and_ends_its_use(bench: Bench, line: Connection) -> None:
    if bench.snap:
        bench.snap()
    line.close()
    line.close()

    assert not line.is_usable


@pytest.mark.parametrize("bench", ["smtp", "maildir", "memory"], indirect=True)
def test_data_arrives_byte_for_byte(bench: Bench, line: Connection) -> None:
    list(line.send([envelope(1, data=HARD), envelope(2, data=HEADERS)], RecordingJournal()))

    assert [data for _, data in bench.kept()] == [HARD, HEADERS]


def test_an_international_recipient_is_kept_where_one_is_taken(bench: Bench, line: Connection) -> None:
    assert bench.backend.takes_international
    list(line.send([envelope(1, "jørgen@xn--strae-oqa.example")], RecordingJournal()))

    assert [recipient for recipient, _ in bench.kept()] == ["jørgen@xn--strae-oqa.example"]


def test_each_connection_stands_for_itself(bench: Bench, line: Connection) -> None:
    other = bench.backend.connect()
    other.close()

    assert [outcome.result for outcome in line.send([envelope(1)], RecordingJournal())] == [Result.ACCEPTED]
