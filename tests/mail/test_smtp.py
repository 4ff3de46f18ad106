"""The SMTP backend against a server that hangs up, stalls and refuses at each step, ahead and in lock-step."""

import time
from collections.abc import Iterator, Sequence

import pytest

from newsletter.core.errors import BackendUnavailable
from newsletter.mail.backends.smtp import Server, SmtpBackend
from newsletter.mail.outcomes import Blame, Phase, Result
from tests.fakes import Action, Close, Reset, SmtpServer, Wait
from tests.mail.smtp_bench import DATA, OFFERS, backend, envelope, send, told

pytestmark = pytest.mark.loopback


@pytest.fixture(params=OFFERS)
def server(request: pytest.FixtureRequest) -> Iterator[SmtpServer]:
    with SmtpServer(extensions=OFFERS[request.param]) as running:
        yield running


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

    (first,) = told(outcomes)
    assert (first.key, first.result, first.blame) == (1, result, Blame.NOBODY)
    # A reset line may take answers with it that were on their way.
    assert (first.phase is Phase.DOT) == (phase == "dot")
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

    assert time.monotonic() - began < 30


def test_silence_after_the_dot_is_unknown_when_the_time_is_up(server: SmtpServer) -> None:
    (outcome,) = told(send(backend(server, dot=0.2), envelope(1, "silent-after-dot"), envelope(2)))

    assert outcome.result is Result.UNKNOWN


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
def test_silence_before_the_dot_is_unsent(server: SmtpServer, phase: str) -> None:
    server.script = {phase: [Wait(60)]}

    (outcome,) = told(send(backend(server, command=0.2), envelope(1), envelope(2)))

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
        SmtpBackend(Server("127.0.0.1", port, "none")).connect()


@pytest.mark.parametrize("greeting", [b"554 5.3.2 no service here\r\n", b"421 4.3.2 try later\r\n", b"\xff\r\n"])
def test_a_greeting_that_is_no_welcome_is_told_to_the_operator(server: SmtpServer, greeting: bytes) -> None:
    server.script = {"greeting": [greeting]}

    with pytest.raises(BackendUnavailable, match=r"answered: 554 5.3.2 no service|answered: 421|no SMTP reply"):
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
    first, *others = send(backend(server), envelope(1, local), envelope(2))

    assert (first.key, first.result) == (1, Result.DEFERRED)
    assert {each.result for each in others} <= {Result.UNSENT}


def test_a_421_before_any_recipient_charges_nobody(server: SmtpServer) -> None:
    server.script = {"mail": [b"421 4.3.2 shutting down\r\n", Close()]}

    assert {each.result for each in send(backend(server), envelope(1), envelope(2))} == {Result.UNSENT}
