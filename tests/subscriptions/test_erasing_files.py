"""Erasing leaves no byte in the folder of the installation: database, journals, logs, files of our commands."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.engine import make_url
from time_machine import Traveller

from newsletter.core import logs
from newsletter.core.addresses import parse
from newsletter.core.db import db, transaction
from newsletter.delivery.models import Delivery, MailingVariant
from newsletter.delivery.service import rewrite_each_day
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.schema import metadata
from newsletter.subscriptions.models import Subscriber
from newsletter.subscriptions.service import erase, erase_address, erase_here, retain
from newsletter.subscriptions.service.leftovers import take_out
from tests import make
from tests.subscriptions.commands import ran
from tests.subscriptions.test_erasing import ADDRESS, NAME, TRACES, lived


def files_with(folder: Path, *traces: str) -> list[str]:
    """Which files hold one of the traces in their bytes."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    wanted = [trace.lower().encode() for trace in traces]
    return [path.name for path in files if any(trace in path.read_bytes().lower() for trace in wanted)]


def tables_with(*traces: str) -> list[str]:
    """Which tables hold one of them, each row read as one text."""
    found = []
    for table in metadata.sorted_tables:
        rows = db.session.execute(select(table)).all()
        found += [table.name for row in rows if any(trace.lower() in repr(row).lower() for trace in traces)]
    if db.engine.dialect.name == "postgresql":
        for table in metadata.sorted_tables:
            texts = db.session.scalars(text(f'SELECT t::text FROM "{table.name}" t'))  # noqa: S608 - our own names.
            found += [table.name for row in texts if any(trace.lower() in row.lower() for trace in traces)]
    db.session.commit()
    return found


def test_not_a_byte_is_left_in_the_whole_folder(
    house: House, outbox: list[Envelope], capfd: pytest.CaptureFixture[str]
) -> None:
    settings, folder = house.settings, house.settings.spool.parent
    logs.configure(level="DEBUG", as_json=False)
    lived(house, outbox)
    db.session.commit()
    for form in ("csv", "json"):
        words = ("export", "--newsletter", "courier", "--format", form, "--output", str(folder / f"all.{form}"))
        ran(settings, "subscriber", *words)
    brought, rejected = folder / "people.csv", folder / "rejected.csv"
    brought.write_text(f"email,name\nno address,{ADDRESS}\nnor this,Bob\n")
    ran(settings, "subscriber", "import", str(brought), "--newsletter", "courier", "--rejected", str(rejected))
    db.session.commit()
    assert {"all.csv", "all.json", "people.csv", "rejected.csv"} < set(files_with(folder, *TRACES))

    told = json.loads(ran(settings, "subscriber", "erase", ADDRESS.lower(), "--yes", "--json"))

    assert told == {"erased": True, "still_in": [str(brought)]}
    brought.unlink()
    assert files_with(folder, *TRACES) == []
    assert tables_with(*TRACES) == []
    assert "nor this" in rejected.read_text()
    assert "Annabel" not in "".join(capfd.readouterr())


def test_by_their_own_link_the_files_are_cleared_too(house: House, outbox: list[Envelope]) -> None:
    folder = house.settings.spool.parent
    person = lived(house, outbox).subscriber
    ran(house.settings, "subscriber", "export", "--newsletter", "courier", "--output", str(folder / "all.csv"))
    db.session.commit()

    erase_here(person, house.settings)

    assert files_with(folder, *TRACES) == []


def left_between_rows(house: House, *words: str) -> None:
    """What SQLite leaves in a page when a row moves to another one: bytes that belong to no row any more."""
    db.session.commit()
    with closing(sqlite3.connect(str(make_url(house.settings.database_url).database))) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        rows = [(f"{word} {number}",) for word in words for number in range(200)]
        connection.execute("CREATE TABLE IF NOT EXISTS moved (words TEXT)")
        connection.executemany("INSERT INTO moved VALUES (?)", rows)
        connection.execute("DELETE FROM moved WHERE rowid % 7 <> 0")
        connection.execute("UPDATE moved SET words = 'nothing'")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_what_lies_between_the_rows_goes_with_the_command_or_within_a_day(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    if not house.settings.is_sqlite:
        assert (rewrite_each_day(), db.session.scalar(text("SELECT 1"))) == (False, 1)
        return
    folder = house.settings.spool.parent
    person = lived(house, outbox)
    left_between_rows(house, *TRACES)

    erase(person.subscriber_id)
    retain(house.settings)
    assert files_with(folder, *TRACES) == ["newsletter.db"]
    clock.shift(timedelta(days=1))
    retain(house.settings)
    assert files_with(folder, *TRACES) == []

    make.signed_up(ADDRESS, house)
    left_between_rows(house, *TRACES)
    retain(house.settings)
    assert files_with(folder, *TRACES) == ["newsletter.db"]
    erase_address(parse(ADDRESS), house)
    assert files_with(folder, *TRACES) == []

    left_between_rows(house, *TRACES)
    clock.shift(timedelta(days=1))
    assert [rewrite_each_day(), rewrite_each_day()] == [True, False]
    assert files_with(folder, *TRACES) == []


def test_only_rows_of_this_address_are_taken_out(house: House) -> None:
    folder = house.settings.spool.parent
    table = folder / "rejected.csv"
    rows = [
        "line,reason,email,name\n",
        "2,bad,joann@example.org,Joann\n",
        '3,bad,"x","two lines,\nAnn@Example.org"\n',
        "4,bad,ann@example.org.au,Ann\n",
        "5,bad,'ann@example.org,Ann\n",
        "6,bad,<ann@example.org>,Ann\n",
        "7,bad,ann@example.org-not,Ann\n",
    ]
    table.write_text("".join(rows))
    table.chmod(0o600)
    notes = folder / "notes.txt"
    notes.write_text("Ask ann@example.org.\n")
    (folder / "link.csv").symlink_to(table)

    assert take_out(["ann@example.org"], house.settings) == [notes]

    assert table.read_text() == "".join(rows[at] for at in (0, 1, 3, 6))
    assert table.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in folder.glob("*.csv*")) == ["link.csv", "rejected.csv"]


def test_in_an_export_a_quote_within_a_name_takes_nobody_else_along(house: House) -> None:
    table = house.settings.spool.parent / "all.json"
    rows = [
        '{"email": "bob@example.org", "name": "Bob the 5\\" pipe"}\n',
        '{"email": "ann@example.org", "name": "Ann"}\n',
        '{"email": "cleo@example.org", "name": "Cleo"}\n',
    ]
    table.write_text("".join(rows))

    assert take_out(["ann@example.org"], house.settings) == []

    assert table.read_text() == rows[0] + rows[2]


def test_a_wording_for_one_name_alone_goes_and_one_for_several_stays(house: House, outbox: list[Envelope]) -> None:
    of = make.newsletter(greets=True)
    people = [make.subscription(of, house, f"{name}@example.org") for name in ("ann", "bob", "cleo")]
    mailing_id = editions.send(make.edition(of, [make.article(make.source())]).id, house).mailing_id
    with transaction():
        for number, words in ((7, b"Dear Annabel Quimby"), (8, b"Dear Bob")):
            db.session.add(MailingVariant(mailing_id=mailing_id, number=number, template=words))
        for person, number in zip(people, (7, 8, 8), strict=True):
            mine = Delivery.subscriber_id == person.subscriber_id
            db.session.execute(update(Delivery).where(mine).values(variant=number))
        db.session.execute(update(Subscriber).where(Subscriber.id == people[0].subscriber_id).values(name=NAME))

    erase(people[0].subscriber_id)
    erase(people[1].subscriber_id)

    assert tables_with("annabel") == []
    templates = select(MailingVariant.template).where(MailingVariant.number > 6).order_by(MailingVariant.number)
    usual, shared = db.session.scalars(templates).all()
    assert shared == b"Dear Bob"
    assert b"Dear Annabel" not in usual
    assert len(usual) > 1000
