"""Addresses of a whole file, and everybody out again: what is exported can be imported."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, literal, update

from newsletter.core.addresses import Address, parse, parse_many
from newsletter.core.db import db, transaction
from newsletter.core.errors import InvalidAddress
from newsletter.mail.house import House
from newsletter.subscriptions.importer import Order
from newsletter.subscriptions.models import Subscriber
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.service.exporting import COLUMNS, Filter, export, guarded
from tests import make
from tests.subscriptions.test_imports import SURE, taken

LOCALS = st.text(st.sampled_from('abcXYZ019._+-!ü"@ ,'), min_size=1, max_size=70) | st.sampled_from(
    # Names that belong to an office everywhere are taken in small letters, however they were typed.
    ["Postmaster", "INFO", "info", "Abuse", "Ann.Lee+News"]
)
LABELS = st.text(st.sampled_from("abXZ09-_ü"), min_size=1, max_size=4) | st.sampled_from(
    ["org", "ch", "xn--bcher-kva", "xn--a", "test", "Local", "arpa", "onion", "l" * 63, "l" * 64, "d" * 60, ""]
)
DOMAINS = st.lists(LABELS, min_size=1, max_size=6).map(".".join) | st.sampled_from(
    [
        "example.org",
        "EXAMPLE.org",
        "straße.example",
        "a..b",
        "localhost",
        "x_y.example",
        "-a.example",
        "1.2.3.4",
        "e.g",
    ]
)


@settings(max_examples=400)
@given(st.lists(st.builds("{}@{}".format, LOCALS, DOMAINS) | st.text(max_size=20), max_size=20))
def test_many_addresses_are_parsed_as_each_alone_would_be(texts: list[str]) -> None:
    def alone(text: str) -> Address | str:
        try:
            return parse(text)
        except InvalidAddress as problem:
            return str(problem)

    together = [each if isinstance(each, Address) else str(each) for each in parse_many(texts)]

    assert together == [alone(text) for text in texts]


@pytest.mark.parametrize("cell", ["=1+1", "+49", "-1", "@sum", "\tx", "\rx"])
def test_what_a_spreadsheet_would_run_is_guarded(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert guarded("Ann") == "Ann"


def test_what_is_exported_can_be_imported_and_is_the_same_again(house: House, tmp_path: Path) -> None:
    make.newsletter()
    make.newsletter("copy")
    file = tmp_path / "people.csv"
    file.write_text(
        "email,name,status,cadence,topics,requested_at,confirmed_at,ended_at,language,timezone,local_hour\n"
        "ann@example.org,Ann Lee,confirmed,weekly,Harbour|Sport,2021-03-01T10:00:00+00:00,2021-03-01T11:00:00Z,"
        ",de,Europe/Zurich,7\n"
        "bob@example.org,=Bob,unsubscribed,each,,2021-03-01T10:00:00+00:00,,2022-01-01T00:00:00+00:00,"
        "../../etc,Europe/Nowhere,24\n"
    )
    taken(file, house, SURE)
    first = list(export(Filter("courier")))
    copy = tmp_path / "copy.csv"
    with copy.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows([guarded(cell) for cell in row.values()] for row in first)

    # As in another installation, which does not know them yet.
    with transaction():
        unknown = literal("?") + func.substr(Subscriber.address_key, 2)
        db.session.execute(update(Subscriber).values(address_key=unknown))
    taken(copy, house, Order("copy", SURE.provenance, SURE.consent_note))
    again = list(export(Filter("copy")))

    own = (
        "email",
        "name",
        "status",
        "end_reason",
        "cadence",
        "topics",
        *("language", "timezone", "local_hour"),
        "requested_at",
        "confirmed_at",
        "ended_at",
    )
    assert [{name: row[name] for name in own} for row in again] == [
        {name: row[name] for name in own} for row in first
    ]
    assert Counter(row["status"] for row in first) == {"confirmed": 1, "unsubscribed": 1}
    assert first[1]["name"] == "=Bob"
    assert [first[0][each] for each in ("language", "timezone", "local_hour")] == ["de", "Europe/Zurich", "7"]
    assert [first[1][each] for each in ("language", "timezone", "local_hour")] == ["", "", ""]


def test_each_of_many_is_exported_once_and_nobody_of_another_newsletter(house: House, tmp_path: Path) -> None:
    make.newsletter("evening")
    make.newsletter()
    for slug, first in (("courier", 0), ("evening", 5000), ("courier", 10_000)):
        file = tmp_path / f"{first}.csv"
        file.write_text("email\n" + "".join(f"r{first + number}@example.org\n" for number in range(1500)))
        taken(file, house, Order(slug, SURE.provenance, SURE.consent_note))

    rows = [row["email"] for row in export(Filter("courier"))]

    assert rows == [f"r{first + number}@example.org" for first in (0, 10_000) for number in range(1500)]
    assert len(list(export(Filter("evening")))) == 1500
    assert list(export(Filter("evening", [SubscriptionStatus.PENDING]))) == []
