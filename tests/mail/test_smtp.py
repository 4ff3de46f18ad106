"""The SMTP backend against a server that hangs up, lies, stalls and talks nonsense at each step."""

import time
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest

from newsletter.core.errors import BackendUnavailable, UnsafeMessage
from newsletter.mail.backends.smtp import SmtpBackend
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result
from tests.fakes import Action, Close, RecordingJournal, Reset, SmtpServer, Wait

pytestmark = pytest.mark.loopback

DATA = b"From: post@courier.example\r\nSubject: Tide\r\n\r\nThe tide is out.\r\n"


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


def backend(server: SmtpServer, *, dot: float = 5.0, command: float = 5.0) -> SmtpBackend:
    return SmtpBackend("127.0.0.1", server.port, "none", timeouts=(command, dot))


def envelope(key: int, local: str = "reader", data: bytes = DATA) -> Envelope:
    return Envelope(key, "bounces@courier.example", f"{local}+{key}@example.org", data)


def send(way: SmtpBackend, *envelopes: Envelope) -> list[Outcome]:
    connection = way.connect()
    try:
        return list(connection.send(envelopes, RecordingJournal()))
    finally:
        connection.close()


CLOSINGS: list[list[Action]] = [[Close()], [Reset()], [b"", Close()], [b"25", Close()]]


@pytest.mark.parametrize("actions", CLOSINGS)
@pytest.mark.parametrize("phase", ["greeting", "ehlo"])
def test_a_line_lost_before_the_first_message_is_a_backend_that_does_not_answer(
    server: SmtpServer, phase: str, actions: Sequence[Action]
) -> None:
    server.script = {phase: actions}

    with pytest.raises(BackendUnavailable, match=f"smtp://127.0.0.1:{server.port}"):
        backend(server).connect()


@pytest.mark.parametrize("actions", CLOSINGS)
@pytest.mark.parametrize(
    ("phase", "result"),
    [("mail", Result.UNSENT), ("rcpt", Result.UNSENT), ("data", Result.UNSENT), ("dot", Result.UNKNOWN)],
)
def test_only_a_line_lost_after_the_dot_leaves_the_fate_unknown(
    server: SmtpServer, phase: str, result: Result, actions: Sequence[Action]
) -> None:
    server.script = {phase: actions}

    outcomes = send(backend(server), envelope(1), envelope(2))

    assert [(each.key, each.result, each.blame, each.phase) for each in outcomes] == [
        (1, result, Blame.NOBODY, Phase(phase))
    ]
    assert server.received == []


def test_a_line_lost_while_the_body_is_on_its_way_leaves_nothing_behind(server: SmtpServer) -> None:
    big = DATA + b"The tide is out again.\r\n" * 400_000

    (outcome,) = send(backend(server), envelope(1, "drop-mid-body", big))

    assert (outcome.result, outcome.phase) == (Result.UNSENT, Phase.DATA)


@pytest.mark.parametrize(
    "goodbye", [[b"421 4.3.2 too late\r\n"], [Close()], [Reset()], [b"nonsense\r\n"], [b"500 what\r\n"]]
)
def test_an_unfriendly_goodbye_changes_nothing(server: SmtpServer, goodbye: Sequence[Action]) -> None:
    server.script = {"quit": goodbye}

    assert [each.result for each in send(backend(server), envelope(1))] == [Result.ACCEPTED]


def test_a_line_lost_after_the_answer_changes_nothing(server: SmtpServer) -> None:
    outcomes = send(backend(server), envelope(1, "drop-after-250"), envelope(2))

    assert [each.result for each in outcomes] == [Result.ACCEPTED, Result.UNSENT]


def test_goodbye_is_not_waited_for_long(server: SmtpServer) -> None:
    server.script = {"quit": [Wait(60)]}
    began = time.monotonic()

    send(backend(server, command=300), envelope(1))

    assert time.monotonic() - began < 4


def test_silence_after_the_dot_is_unknown_when_the_time_is_up(server: SmtpServer) -> None:
    (outcome,) = send(backend(server, dot=0.2), envelope(1, "silent-after-dot"), envelope(2))

    assert outcome.result is Result.UNKNOWN


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
def test_silence_before_the_dot_is_unsent(server: SmtpServer, phase: str) -> None:
    server.script = {phase: [Wait(60)]}

    (outcome,) = send(backend(server, command=0.2), envelope(1), envelope(2))

    assert (outcome.result, outcome.phase, outcome.words) == (
        Result.UNSENT,
        Phase(phase),
        "no answer within the time limit",
    )


def test_a_silent_server_is_a_backend_that_does_not_answer(server: SmtpServer) -> None:
    server.script = {"greeting": [Wait(60)]}

    with pytest.raises(BackendUnavailable, match="cannot be reached"):
        backend(server, command=0.2).connect()


def test_a_closed_port_is_a_backend_that_does_not_answer() -> None:
    with SmtpServer() as gone:
        port = gone.port

    with pytest.raises(BackendUnavailable, match="refused"):
        SmtpBackend("127.0.0.1", port, "none").connect()


@pytest.mark.parametrize("greeting", [b"554 5.3.2 no service here\r\n", b"421 4.3.2 try later\r\n", b"\xff\r\n"])
def test_a_greeting_that_is_no_welcome_is_told_to_the_operator(server: SmtpServer, greeting: bytes) -> None:
    server.script = {"greeting": [greeting]}

    with pytest.raises(BackendUnavailable, match=r"answered: 554 5.3.2 no service|answered: 421|answered: 0"):
        backend(server).connect()


def test_refusals_are_told_apart_and_the_line_goes_on(server: SmtpServer) -> None:
    locals_ = (
        "tempfail-451",
        "permfail-550-5-1-1",
        "550-5-2-2",
        "554-5-7-1-at-dot",
        "452-4-2-2-at-data",
        "reader",
    )

    outcomes = send(backend(server), *(envelope(key, local) for key, local in enumerate(locals_)))

    assert [(each.result, each.blame, each.phase) for each in outcomes] == [
        (Result.DEFERRED, Blame.NOBODY, Phase.RCPT),
        (Result.FAILED, Blame.ADDRESS, Phase.RCPT),
        (Result.FAILED, Blame.MAILBOX, Phase.RCPT),
        (Result.FAILED, Blame.SENDER, Phase.DOT),
        (Result.DEFERRED, Blame.NOBODY, Phase.DATA),
        (Result.ACCEPTED, Blame.NOBODY, Phase.DOT),
    ]
    assert server.connections == 1


@pytest.mark.parametrize("local", ["421", "421-4-7-28-at-data", "421-4-7-28-at-dot"])
def test_a_421_defers_its_own_message_and_charges_nobody_else(server: SmtpServer, local: str) -> None:
    outcomes = send(backend(server), envelope(1, local), envelope(2))

    assert [(each.key, each.result) for each in outcomes] == [(1, Result.DEFERRED)]


def test_a_421_before_any_recipient_charges_nobody(server: SmtpServer) -> None:
    server.script = {"mail": [b"421 4.3.2 shutting down\r\n", Close()]}

    assert [each.result for each in send(backend(server), envelope(1), envelope(2))] == [Result.UNSENT]


GARBAGE = [
    b"\xff\x00\x01\r\n",
    b"\r\n",
    b"25x fine\r\n",
    b"999 fine\r\n",
    b"1_0 fine\r\n",
    b"-50 fine\r\n",
    b"100 wait\r\n",
    b"354 what\r\n",
    b"250-" + b"x" * 10_000 + b"\r\n",
    b"HTTP/1.1 400 Bad Request\r\n",
]


@pytest.mark.parametrize(
    ("phase", "garbage"),
    # 354 is the right answer to DATA.
    [(p, g) for p in ("mail", "rcpt", "data", "dot") for g in GARBAGE if (p, g[:3]) != ("data", b"354")],
)
def test_an_answer_that_is_no_smtp_ends_the_conversation(server: SmtpServer, phase: str, garbage: bytes) -> None:
    server.script = {phase: [garbage]}

    outcomes = send(backend(server), envelope(1), envelope(2))

    assert [each.result for each in outcomes] == [Result.UNKNOWN if phase == "dot" else Result.UNSENT]


def test_consent_to_data_without_asking_for_the_body_sends_no_body(server: SmtpServer) -> None:
    server.script = {"data": [b"250 2.0.0 taken\r\n"]}

    (outcome,) = send(backend(server), envelope(1))

    assert outcome.result is Result.UNSENT


def test_an_answer_of_a_hundred_lines_is_kept_short(server: SmtpServer) -> None:
    server.script = {"rcpt": [b"550-5.1.1 no such reader\r\n" * 4000 + b"550 5.1.1 no such reader\r\n"]}

    (outcome,) = send(backend(server), envelope(1))

    assert (outcome.result, outcome.blame) == (Result.FAILED, Blame.ADDRESS)
    assert len(outcome.words) < 600


def test_a_failed_reset_ends_the_conversation(server: SmtpServer) -> None:
    server.script = {"rset": [b"421 4.3.2 enough\r\n", Close()]}

    assert [each.key for each in send(backend(server), envelope(1, "550-5-1-1"), envelope(2))] == [1]


def test_no_goodbye_is_said_where_the_server_waits_for_a_body(server: SmtpServer) -> None:
    connection = backend(server).connect()

    with pytest.raises(OSError, match="No space"):
        list(connection.send([envelope(1)], RecordingJournal(is_full=True)))

    assert not connection.is_usable
    connection.close()
    assert server.commands[-1].upper() == "DATA"


def test_an_international_recipient_fails_alone_where_the_server_takes_none(server: SmtpServer) -> None:
    server.extensions = ["8BITMIME"]
    jorgen = Envelope(1, "bounces@courier.example", "jørgen@example.org", DATA)

    first, second = send(backend(server), jorgen, envelope(2))

    assert (first.result, first.blame, first.phase) == (Result.FAILED, Blame.NOBODY, Phase.RCPT)
    assert "5.6.7" in first.words
    assert second.result is Result.ACCEPTED
    assert [line for line in server.commands if "j" in line] == []


@pytest.mark.parametrize(
    ("extensions", "options"),
    [
        (["SMTPUTF8", "8BITMIME", "SIZE 1000"], f" size={len(DATA)} SMTPUTF8 BODY=8BITMIME"),
        (["SMTPUTF8"], " SMTPUTF8"),
    ],
)
def test_only_what_the_server_offers_is_asked_of_it(
    server: SmtpServer, extensions: Sequence[str], options: str
) -> None:
    server.extensions = extensions
    send(backend(server), Envelope(1, "bounces@courier.example", "jørgen@example.org", DATA))

    assert server.commands[1].lower() == f"mail from:<bounces@courier.example>{options}".lower()
    assert server.received[0].recipient == "jørgen@example.org"


def test_a_message_over_the_offered_size_is_our_fault_and_is_not_transmitted(server: SmtpServer) -> None:
    server.script = {"mail": [b"552 5.3.4 too big\r\n"]}

    (outcome,) = send(backend(server), envelope(1))

    assert (outcome.result, outcome.blame, outcome.phase) == (Result.FAILED, Blame.SENDER, Phase.MAIL)
    assert not any(line.upper().startswith(("RCPT", "DATA")) for line in server.commands)


@pytest.mark.parametrize(
    "recipient", ["a@b.example\r\nDATA", "a@b.example> SIZE=1", "a b@c.example", "a\0@b.example"]
)
def test_an_envelope_that_would_speak_smtp_itself_cannot_be_made(recipient: str) -> None:
    with pytest.raises(UnsafeMessage):
        Envelope(1, "bounces@courier.example", recipient, DATA)


def test_nothing_but_crlf_dot_crlf_ends_the_data(server: SmtpServer) -> None:
    tricky = DATA + b".\r\n..\r\n.\r\nQUIT\r\n.hidden\r\n"

    send(backend(server), envelope(1, data=tricky), envelope(2, data=b"."))

    assert [each.data for each in server.received] == [tricky, b".\r\n"]
    assert [line for line, after in pairwise(server.commands) if line == "DATA" and after == "QUIT"] == []
