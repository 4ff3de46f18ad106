"""From runs to figures: ratios round by round, verdicts, sinks that count."""

import socket
from pathlib import Path

import pytest

from newsletter.bench.children import python
from newsletter.bench.figures import Effort, Received, Run, Tally
from newsletter.bench.measures import Measure, measured, rates
from newsletter.bench.plan import Plan, Senders
from newsletter.bench.sinks import PLAIN, CountingSink, Sink, find_program, sinks

PLAN = Plan(100, 10_000, Senders(2, 4))
GREETING = b"EHLO bench.example\r\n"
ENVELOPE = b"MAIL FROM:<post@tidewater.example>\r\nRCPT TO:<reader@example.org>\r\nDATA\r\n"


def runs(*seconds: float) -> list[Run]:
    return [Run(Effort(100, each, 0.1), Received(0.1, 100, 1_000_000)) for each in seconds]


def plain_sink(folder: Path) -> Sink:
    return CountingSink(PLAIN, tuple(python("newsletter.bench.plainsink")), folder)


def talk(sink: Sink, *writes: bytes) -> tuple[int | None, int | None]:
    """Say this to the sink until it hangs up; the messages and bytes it then counts."""
    with sink.listening() as listening, socket.create_connection(("127.0.0.1", listening.port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for each in writes:
            line.sendall(each)
        while line.recv(65536):
            pass
    return listening.received.messages, listening.received.bytes


def test_a_ratio_is_taken_round_by_round() -> None:
    results = {("SQLite", "fast sink"): runs(1.0, 2.0), ("smtplib", "fast sink"): runs(4.0, 6.0)}

    ((measure, tallies),) = measured(results, PLAN, cores=2)

    assert "smtplib" in measure.words
    assert tallies["fast sink"].values == [4.0, 3.0]


def test_of_contestants_with_several_sessions_the_best_of_each_round_counts() -> None:
    results = {
        ("smtp-source, 1 sessions", "fast sink"): runs(1.0, 4.0),
        ("smtp-source, 2 sessions", "fast sink"): runs(2.0, 2.0),
    }

    assert rates(results, "smtp-source", "fast sink") == [100.0, 50.0]


def test_signing_is_counted_for_each_core_that_sends() -> None:
    ((_, tallies),) = measured({("SQLite with DKIM", "fast sink"): runs(1.0)}, PLAN, cores=8)

    assert tallies["fast sink"].median == 50.0


@pytest.mark.parametrize(
    ("less_is_better", "value", "verdict"),
    [
        (False, 6.0, "reaches the aim"),
        (False, 4.5, "is enough"),
        (False, 3.9, "falls short"),
        (True, 3.5, "reaches the aim"),
        (True, 5.0, "is enough"),
        (True, 6.5, "falls short"),
    ],
)
def test_a_verdict_knows_whether_less_is_better(less_is_better: bool, value: float, verdict: str) -> None:  # noqa: FBT001
    least, aim = (6, 4) if less_is_better else (4, 6)

    assert Measure("", least, aim, less_is_better=less_is_better).verdict(value) == verdict


def test_a_tally_says_its_spread_only_where_there_is_one() -> None:
    assert Tally([5012.0, 4870.0, 5130.0]).words(0) == "5,012 (4,870 to 5,130)"
    assert Tally([1.25]).words(2) == "1.25"


@pytest.mark.loopback
@pytest.mark.parametrize("place", [0, 1])
def test_a_sink_counts_messages_and_bytes_however_they_arrive(place: int, tmp_path: Path) -> None:
    both = [plain_sink(tmp_path), *sinks(tmp_path)]
    sink = both[place] if isinstance(both[place], CountingSink) else both[0]
    dotted = b"Subject: Tide\r\n\r\nOut.\r\n..\r\n"
    everything = GREETING + 2 * (ENVELOPE + dotted + b".\r\n") + ENVELOPE + b".\r\nQUIT\r\n"

    assert talk(sink, everything) == (3, 2 * len(dotted))
    assert talk(sink, *(everything[at : at + 1] for at in range(len(everything)))) == (3, 2 * len(dotted))


def test_a_program_that_is_not_installed_is_nowhere() -> None:
    assert find_program("no-such-program-anywhere") is None
