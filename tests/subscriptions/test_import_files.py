"""F-42: files that are no export, and rows that are nobody."""

from pathlib import Path

import pytest

from newsletter.core.errors import InvalidInput
from newsletter.mail.house import House
from newsletter.subscriptions.importer import preview
from tests import make
from tests.subscriptions.test_imports import ORDER, shown, statuses, taken


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n", "empty line"),
        (b"PK\x03\x04sheet", "save the sheet as CSV"),
        (b"email\nann\0@example.org\n", "NUL bytes"),
        (b"email,name,email\na@example.org,x,b@example.org\n", "Two columns"),
        (b'email,name\nann@example.org,"never closed\nbob@example.org,x\n', "Line 3 cannot be read"),
        (b"email,name\nann@example.org," + b"x" * 200_000 + b"\n", "Line 2 cannot be read"),
        (b"first,second\n1,2\n", "--column"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_to_do(content: bytes, words: str, file: Path, house: House) -> None:
    make.newsletter()
    file.write_bytes(content)

    with pytest.raises(InvalidInput, match=words):
        shown(file, house)
    assert statuses() == {}


def test_bad_rows_come_back_with_their_reasons_and_the_others_go_in(file: Path, house: House) -> None:
    make.newsletter()
    bad = [
        "no address",
        "a@b..example.org",
        "x" * 300 + "@example.org",
        "ann@example.org\x07",
    ]
    good = ["ann@example.org,Ann,one cell too many", "bob@example.org"]
    file.write_text("\n".join(["email,name", ",nobody", *(f'"{each}",x' for each in bad), *good]) + "\n")
    refused: list[str] = []

    preview(file, ORDER, house, lambda _header, rows: refused.extend(row.reason for row in rows))
    taken(file, house)

    assert len(refused) == len(bad) + 1
    assert set(statuses()) == {"ann@example.org", "bob@example.org"}
