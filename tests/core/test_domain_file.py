"""A file of domains that an operator keeps and replaces."""

import os
import time
from pathlib import Path

import pytest

from newsletter.core.domain_file import DomainFile
from newsletter.core.errors import SettingsError

NAME = "NEWSLETTER_DISPOSABLE_DOMAINS"


def kept(folder: Path, text: str | bytes) -> Path:
    """Replaced in one step, as an operator should, and with another time of change."""
    path, new = folder / "domains.txt", folder / "new.txt"
    new.write_bytes(text if isinstance(text, bytes) else text.encode())
    new.replace(path)
    return path


def test_a_domain_and_all_below_it_are_in_the_list_and_nothing_above_or_beside(tmp_path: Path) -> None:
    domains = DomainFile(
        NAME, kept(tmp_path, "# throw-away\nTen-Minutes.example\n\nb.c.example  # why\nbücher.example.\n")
    )

    for inside in ("ten-minutes.example", "a.b.ten-minutes.example", "b.c.example", "xn--bcher-kva.example"):
        assert inside in domains
    for outside in ("c.example", "nten-minutes.example", "example", "", "ten-minutes.example.org"):
        assert outside not in domains
    assert len(domains) == 3


def test_without_a_file_nothing_is_in_it() -> None:
    assert "example.org" not in DomainFile(NAME, None)


def test_a_file_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    domains = DomainFile(NAME, kept(tmp_path, "one.example"))
    assert "two.example" not in domains

    kept(tmp_path, "two.example")

    assert "two.example" in domains
    assert "one.example" not in domains


@pytest.mark.parametrize("text", ["no domain!", b"\xff\xfe\x00", "com"])
def test_one_that_cannot_be_used_later_changes_nothing_until_it_was_mended(
    tmp_path: Path, text: str | bytes
) -> None:
    domains = DomainFile(NAME, kept(tmp_path, "one.example"))

    kept(tmp_path, text)
    assert "one.example" in domains
    kept(tmp_path, "two.example\n")
    assert "two.example" in domains


def test_one_that_has_gone_changes_nothing(tmp_path: Path) -> None:
    path = kept(tmp_path, "one.example")
    domains = DomainFile(NAME, path)

    path.unlink()

    assert "one.example" in domains


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("one.example\nann@two.example\n", "line 2: 'ann@two.example' is no domain"),
        ("com\n", "line 1: 'com' is no domain"),
        ("*.one.example", "is no domain"),
        ("a\x00b.example", "line 1: 'something that cannot be printed' is no domain"),
        ("192.0.2.1", "is no domain"),
        ("-.example", "is no domain"),
        ("." * 1000, "is no domain"),
        ("a" * 100_000 + ".example", "is no domain"),
        (b"\xff\xfe\x00\x01", "cannot be read"),
    ],
)
def test_a_wrong_line_stops_the_start_and_is_named(tmp_path: Path, text: str | bytes, problem: str) -> None:
    with pytest.raises(SettingsError) as refused:
        DomainFile(NAME, kept(tmp_path, text))

    assert str(refused.value).startswith(NAME)
    assert problem in str(refused.value)
    assert len(str(refused.value)) < 300


def test_what_is_no_file_stops_the_start(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.txt", Path(os.devnull)):
        with pytest.raises(SettingsError, match="is no file"):
            DomainFile(NAME, path)


def test_looking_up_one_of_a_hundred_thousand_takes_no_longer_than_one_of_ten(tmp_path: Path) -> None:
    def seconds(how_many: int) -> float:
        domains = DomainFile(NAME, kept(tmp_path, "\n".join(f"d{number}.example" for number in range(how_many))))
        began = time.perf_counter()
        for number in range(2000):
            assert f"a.b.e{number}.example" not in domains
        return time.perf_counter() - began

    assert seconds(100_000) < 10 * min(seconds(10) for _ in range(3))
