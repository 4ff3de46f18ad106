"""F-42: files that are no export, and rows that are nobody."""

from pathlib import Path

import pytest
from sqlalchemy import select

from newsletter.core.addresses import parse
from newsletter.core.db import db
from newsletter.core.errors import InvalidInput
from newsletter.mail.house import House
from newsletter.subscriptions.importer import preview, undo
from newsletter.subscriptions.importer.rows import MOST_REJECTED
from newsletter.subscriptions.models import ConsentEvent
from newsletter.suppressions.queries import find_suppression
from tests import make
from tests.subscriptions.test_imports import ORDER, SURE, shown, statuses, taken


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


@pytest.mark.parametrize(
    "order", ["active,unsubscribed", "unsubscribed,active", "bounced,active", "active,cleaned"]
)
def test_of_several_rows_of_one_person_the_least_active_counts(order: str, file: Path, house: House) -> None:
    make.newsletter()
    file.write_text("email,status\n" + "".join(f"ann@example.org,{status}\n" for status in order.split(",")))

    done = taken(file, house, SURE)

    assert "confirmed" not in statuses().values()
    assert done.counts["repeated"] == 1


@pytest.mark.parametrize("late", ["unsubscribed", "bounced", "complained"])
def test_a_later_row_that_says_they_had_left_ends_what_an_earlier_batch_brought(
    late: str, file: Path, house: House
) -> None:
    of = make.newsletter()
    make.subscription(of, house, "known@example.org")
    file.write_text(
        "email,status\nann@example.org,active\n"
        + "".join(f"nobody {number},active\n" for number in range(MOST_REJECTED))
        + f"ann@example.org,{late}\nknown@example.org,{late}\n"
    )

    done = taken(file, house, SURE)

    assert statuses() == {"ann@example.org": "unsubscribed", "known@example.org": "confirmed"}
    kinds = db.session.scalars(select(ConsentEvent.kind).where(ConsentEvent.method == "import")).all()
    assert [str(kind) for kind in kinds] == ["confirmed", "withdrawn"]
    suppressed = find_suppression(parse("ann@example.org").key(house.settings.pepper))
    assert bool(suppressed) is (late != "unsubscribed")
    undo(done.id)
    assert statuses() == {"known@example.org": "confirmed"}


def test_many_rejected_rows_are_handed_on_in_portions(file: Path, house: House) -> None:
    make.newsletter()
    wrong = MOST_REJECTED * 2 + 1
    file.write_text("email\n" + "nobody\n" * wrong + "ann@example.org\n")
    portions: list[int] = []

    preview(file, ORDER, house, lambda _header, rows: portions.append(len(list(rows))))
    done = taken(file, house)

    assert portions == [MOST_REJECTED, MOST_REJECTED, 1]
    assert (done.rows_done, done.counts["rejected"], set(statuses())) == (wrong + 1, wrong, {"ann@example.org"})
