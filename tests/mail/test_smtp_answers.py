"""The SMTP backend against a server that lies and talks nonsense, and what goes over the line in which order."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from newsletter.core.errors import UnsafeMessage
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Blame, Phase, Result
from tests.fakes import Close, RecordingJournal, SmtpServer, Wait
from tests.mail.smtp_bench import DATA, OFFERS, backend, envelope, send, told

pytestmark = pytest.mark.loopback


@pytest.fixture(params=OFFERS)
def server(request: pytest.FixtureRequest) -> Iterator[SmtpServer]:
    with SmtpServer(extensions=OFFERS[request.param]) as running:
        yield running


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

    assert [each.result for each in told(outcomes)] == [Result.UNKNOWN if phase == "dot" else Result.UNSENT]


def test_consent_to_data_without_asking_for_the_body_sends_no_body(server: SmtpServer) -> None:
    server.script = {"data": [b"250 2.0.0 taken\r\n"]}

    (outcome,) = send(backend(server), envelope(1))

    assert outcome.result is Result.UNSENT


def test_an_answer_of_a_hundred_lines_is_kept_short(server: SmtpServer) -> None:
    server.script = {"rcpt": [b"550-5.1.1 no such reader\r\n" * 100 + b"550 5.1.1 no such reader\r\n"]}

    (outcome,) = send(backend(server), envelope(1))

    assert (outcome.result, outcome.blame) == (Result.FAILED, Blame.ADDRESS)
    assert len(outcome.words) < 600


def test_an_answer_without_end_ends_the_conversation(server: SmtpServer) -> None:
    server.script = {"rcpt": [b"550-5.1.1 no such reader\r\n" * 4000]}

    (outcome,) = send(backend(server), envelope(1))

    assert (outcome.result, outcome.words) == (Result.UNSENT, "the server sent a reply without end")


def test_a_failed_reset_ends_the_conversation(server: SmtpServer) -> None:
    server.script = {"rset": [b"421 4.3.2 enough\r\n", Close()]}

    first, second = send(backend(server), envelope(1, "550-5-1-1"), envelope(2))

    assert (first.result, second.result) == (Result.FAILED, Result.UNSENT)


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
    server.extensions = ["PIPELINING", "SIZE 20"]

    (outcome,) = send(backend(server), envelope(1))

    assert (outcome.result, outcome.blame, outcome.phase) == (Result.FAILED, Blame.SENDER, Phase.MAIL)
    assert not any(line.upper().startswith("MAIL") for line in server.commands)


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
    assert server.commands.index("QUIT") == len(server.commands) - 1


def test_answers_that_come_letter_by_letter_are_understood(server: SmtpServer) -> None:
    server.script = {"rcpt": [bytes([letter]) for letter in b"250-2.1.5 it\r\n250 2.1.5 is\r\n"]}

    assert [each.result for each in send(backend(server), envelope(1), envelope(2))] == [Result.ACCEPTED] * 2


def test_after_a_refusal_the_server_is_asked_to_forget_it(server: SmtpServer) -> None:
    outcomes = send(backend(server), envelope(1, "550-5-1-1"), envelope(2))

    assert [each.result for each in outcomes] == [Result.FAILED, Result.ACCEPTED]
    assert "RSET" in server.commands


def test_messages_arrive_in_order_and_one_connection_is_enough(server: SmtpServer) -> None:
    outcomes = send(backend(server), *(envelope(key) for key in range(50)))

    assert [each.key for each in outcomes] == list(range(50))
    assert [each.recipient for each in server.received] == [f"reader+{key}@example.org" for key in range(50)]
    assert server.connections == 1


def test_several_lines_share_the_work_and_each_message_goes_once(server: SmtpServer) -> None:
    way = replace(backend(server), connections=4)

    outcomes = send(way, *(envelope(key) for key in range(100)))

    assert sorted(each.key for each in outcomes) == list(range(100))
    assert len({each.recipient for each in server.received}) == len(server.received) == 100
    assert server.connections == 4


def test_what_waits_for_its_domain_longer_than_a_slice_is_given_back(server: SmtpServer) -> None:
    server.script = {"dot": [Wait(0.9), b"250 2.0.0 taken\r\n"]}
    way = replace(backend(server), connections=2, most_of=lambda _domain: 1)

    outcomes = send(way, *map(envelope, range(1, 6)))

    assert [each.result for each in outcomes] == [Result.ACCEPTED] * 2 + [Result.UNSENT] * 3
    assert [each.phase for each in outcomes[2:]] == [Phase.CONNECT] * 3
