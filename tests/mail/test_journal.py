"""The journal of a sender that was killed, cut short, or lives; and journals no sender wrote."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from newsletter.mail.journal import Estate, FileJournal, account_of, estates
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result

ROOT = Path(__file__).parents[2]
BOOT = Path("/proc/sys/kernel/random/boot_id").read_text().strip()

SENDER = """
import sys, time
from pathlib import Path
from newsletter.mail.journal import FileJournal
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result
journal = FileJournal(Path(sys.argv[1]))
journal.dotting(1)
journal.answered(Outcome(1, Result.ACCEPTED, Blame.NOBODY, Phase.DOT, "250 taken, \\u00e4rger"))
journal.dotting(2)
print(journal.worker, flush=True)
time.sleep(60)
"""

FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from newsletter.mail.journal import FileJournal
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result
journal = FileJournal(Path(sys.argv[1]))
journal.dotting(1)
journal.answered(Outcome(1, Result.ACCEPTED, Blame.NOBODY, Phase.DOT, "250 2.0.0 taken"))
journal.flush()
(path,) = Path(sys.argv[1]).iterdir()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 5, resource.RLIM_INFINITY))
try:
    journal.dotting(2)
except OSError:
    print("refused")
journal.answered(Outcome(3, Result.ACCEPTED, Blame.NOBODY, Phase.DOT, "250 2.0.0 taken"))
journal.flush()
"""


def outcome(key: int, result: Result = Result.ACCEPTED) -> Outcome:
    return Outcome(key, result, Blame.NOBODY, Phase.DOT, "250 2.0.0 taken")


BOOTED = f"\nboot {BOOT};".encode()


def dotting(key: int) -> bytes:
    return b"\ndotting %d;" % key


def accepted(key: int, words: str = "250 2.0.0 taken") -> bytes:
    return f"\naccepted {key} {words};".encode()


def answered(key: object = 1, result: object = "failed", phase: object = "dot", words: object = "550 no") -> bytes:
    return f"\nanswered {json.dumps([key, result, 'nobody', phase, words])};".encode()


def left(folder: Path, content: bytes) -> Estate:
    """What is found where a dead sender left this file."""
    (folder / "dead.journal").write_bytes(content)
    (estate,) = estates(folder)
    return estate


def dead(folder: Path) -> Estate:
    """What the one journal of this folder would say if its sender died now."""
    (path,) = folder.glob("*.journal")
    beside = folder / "beside"
    beside.mkdir()
    return left(beside, path.read_bytes())


def test_a_sender_killed_in_the_middle_leaves_answers_and_dots(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SENDER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as sender:
        assert sender.stdout
        worker = sender.stdout.readline().strip()
        while_it_lived = list(estates(tmp_path))
        sender.send_signal(signal.SIGKILL)
        sender.wait()
        (estate,) = estates(tmp_path)

    assert while_it_lived == []
    assert estate.worker == worker
    assert [(each.key, each.result, each.words) for each in estate.answers] == [
        (1, Result.ACCEPTED, "250 taken, ärger")
    ]
    assert estate.dots == {2}
    assert estate.is_whole


def test_an_estate_is_settled_once(tmp_path: Path) -> None:
    left(tmp_path, BOOTED)

    assert list(estates(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def test_an_heir_who_dies_before_the_end_leaves_the_estate_to_the_next(tmp_path: Path) -> None:
    (tmp_path / "dead.journal").write_bytes(BOOTED + dotting(7))
    heirs = estates(tmp_path)
    first = next(heirs)
    heirs.close()  # type: ignore[attr-defined]

    assert list(estates(tmp_path)) == [first]


def test_two_heirs_never_settle_the_same_estate(tmp_path: Path) -> None:
    (tmp_path / "dead.journal").write_bytes(BOOTED + dotting(7))
    heirs = estates(tmp_path)
    next(heirs)

    assert list(estates(tmp_path)) == []
    assert list(heirs) == []


def test_a_living_sender_keeps_its_own_journal(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    journal.dotting(1)

    assert list(estates(tmp_path)) == []
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_a_journal_says_what_it_was_told(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    journal.dotting(1)
    journal.answered(outcome(1))
    journal.dotting(2)
    journal.dotting(1)
    journal.answered(outcome(3, Result.FAILED))
    journal.flush()

    estate = dead(tmp_path)
    journal.close()

    assert [each.key for each in estate.answers] == [3]
    assert estate.dots == {1, 2}


def test_what_was_recorded_is_forgotten(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    journal.dotting(1)
    journal.clear()
    journal.dotting(2)

    estate = dead(tmp_path)
    journal.close()

    assert estate == Estate(estate.worker, (), frozenset({2}), is_whole=True)


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_last_line_that_was_cut_off_was_not_acted_upon(tmp_path: Path, cut: int) -> None:
    estate = left(tmp_path, (BOOTED + dotting(1) + dotting(2))[:-cut])

    assert estate.dots == {1}
    assert estate.is_whole


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_an_answer_that_was_cut_off_leaves_the_dot_without_one(tmp_path: Path, cut: int) -> None:
    estate = left(tmp_path, BOOTED + dotting(1) + accepted(1)[:-cut])

    assert estate == Estate(estate.worker, (), frozenset({1}), is_whole=True)


@pytest.mark.parametrize("cut", range(1, 25))
@pytest.mark.parametrize("entry", [accepted(17), answered(17)], ids=["accepted", "answered"])
def test_an_entry_that_was_torn_swallows_no_other_and_makes_silence_mean_nothing(
    tmp_path: Path, entry: bytes, cut: int
) -> None:
    estate = left(tmp_path, BOOTED + dotting(17) + entry[:-cut] + dotting(2) + dotting(1))

    assert estate.answers == ()
    assert estate.dots == {17, 2, 1}
    assert not estate.is_whole


@pytest.mark.parametrize("boot", [b"", b"\nboot another;", dotting(1), b"{}", b"\n", b"\n;", BOOTED[:-1]])
def test_a_journal_of_an_earlier_boot_or_of_none_is_not_whole(tmp_path: Path, boot: bytes) -> None:
    assert not left(tmp_path, boot).is_whole


HOSTILE = [
    b"\n",
    b"\n;",
    b"\n\xff\xfe;",
    b"\nnull;",
    b"\n7;",
    b"\ndotting;",
    b"\ndotting ;",
    b"\ndotting -7;",
    b"\ndotting 1.5;",
    "\ndotting \u0667;".encode(),
    b"\naccepted;",
    b"\naccepted x 250;",
    b"\nanswered;",
    b"\nanswered {};",
    b"\nanswered null;",
    b"\nanswered " + b"[" * 100_000 + b";",
    b"\nanswered [7];",
    answered(None),
    answered([1]),
    answered("1"),
    answered(result="perhaps"),
    answered(phase=["dot"]),
    answered(words=None),
    b"\nsomething else;",
]


@pytest.mark.parametrize("entry", HOSTILE, ids=range(len(HOSTILE)))
def test_a_line_no_sender_wrote_stops_nobody_and_proves_nothing(tmp_path: Path, entry: bytes) -> None:
    estate = left(tmp_path, BOOTED + dotting(1) + entry + dotting(2) + accepted(2))

    assert [each.key for each in estate.answers] == [2]
    assert estate.dots == {1}
    assert not estate.is_whole


def test_a_full_disk_stops_the_dot_but_not_the_answer(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    (estate,) = estates(tmp_path)

    assert run.stdout.splitlines()[0] == "refused"
    assert estate == Estate(estate.worker, (outcome(1),), frozenset(), is_whole=True)


def test_the_journal_belongs_to_its_user_alone(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "new" / "spool")
    (path,) = (tmp_path / "new" / "spool").iterdir()
    mode = path.stat().st_mode & 0o777
    journal.close()

    assert mode == 0o600


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_journal_leaves_no_open_file_behind(tmp_path: Path) -> None:
    before = open_files()
    for _ in range(5):
        FileJournal(tmp_path).close()
        left(tmp_path, BOOTED)

    assert open_files() == before


def test_after_the_lease_nothing_is_handed_over_that_the_journal_does_not_tell_of(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    journal.valid_until = time.monotonic()

    with pytest.raises(TimeoutError, match="must have stood still"):
        journal.dotting(7)

    told = account_of(tmp_path, journal.worker)
    journal.close()
    assert told
    assert told.dots == {7}
