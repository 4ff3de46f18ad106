"""SpamAssassin is asked where it is there, and its absence is said, never taken for praise."""

from subprocess import TimeoutExpired

import pytest

from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.spam import Run, Score, score
from tests import make


def failing(error: Exception) -> Run:
    def run(_message: bytes) -> bytes:
        raise error

    return run


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"1.2/5.0\nContent preview", Score(1.2, 5.0)),
        (b"-0.1/5.0\n", Score(-0.1, 5.0)),
        (b"17/5.0\n", Score(17.0, 5.0)),
    ],
)
def test_the_score_is_read(answer: bytes, expected: Score) -> None:
    assert score(b"a mail", lambda _message: answer) == expected


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (failing(FileNotFoundError()), "no `spamc`"),
        (failing(PermissionError()), "`spamc` fails"),
        (failing(TimeoutExpired("spamc", 20)), "`spamc` fails"),
        (lambda _message: b"0/0\n", "no score"),
        (lambda _message: b"", "no score"),
        (lambda _message: b"nan/inf\n", "no score"),
    ],
)
def test_no_score_is_said_and_is_no_praise(run: Run, words: str) -> None:
    said = score(b"a mail", run)

    assert isinstance(said, str)
    assert words in said


@pytest.mark.parametrize(("answer", "codes"), [(b"4.9/5.0\n", []), (b"5.0/5.0\n", ["spam"])])
def test_from_the_required_score_on_it_is_a_warning(house: House, answer: bytes, codes: list[str]) -> None:
    of = make.newsletter()
    drafted = make.edition(of, [make.article(make.source(), url="https://letters.example.org/articles/1/a")])
    seen: list[bytes] = []

    def run(message: bytes) -> bytes:
        seen.append(message)
        return answer

    found = editions.examine(drafted.id, house, run=run)

    assert [each.code for each in found if not each.is_error] == codes
    assert b"List-Unsubscribe:" in seen[0]
    assert b"\0" not in seen[0]
