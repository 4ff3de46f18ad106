"""F-43: people are erased in the middle of an edition."""

import time
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from newsletter.core.db import db
from newsletter.delivery.models import Delivery
from newsletter.delivery.policy import Status
from newsletter.schema import metadata
from newsletter.subscriptions.models import Subscriber
from newsletter.subscriptions.service import erase
from tests.faults.receiver import rule
from tests.faults.stage import Stage, readers

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

SLOWLY = rule("dot", [["sleep", 0.01], ["usual"]])
LONGEST = 2.0
"""Seconds after which nothing to somebody who was erased may begin any more."""


def erased(stage: Stage, address: str) -> float:
    """The moment at which it was done."""
    db.session.rollback()
    subscriber_id = db.session.scalars(select(Subscriber.id).where(Subscriber.address == address)).one()
    erase(subscriber_id)
    return time.monotonic()


def residue(stage: Stage, addresses: set[str]) -> list[str]:
    """Where one of them is found: in a row, in a file of ours, in what our processes said."""
    db.session.rollback()
    found = []
    for table in metadata.sorted_tables:
        rows = map(repr, db.session.execute(select(table)).all())
        found += [table.name for row in rows if any(address in row for address in addresses)]
    url = make_url(stage.database_url)
    database = [Path(f"{url.database}{end}") for end in ("", "-wal")] if url.drivername == "sqlite" else []
    files = [*database, *stage.spool.glob("*"), *(process.log for process in stage.processes)]
    for file in files:
        data = file.read_bytes() if file.is_file() else b""
        found += [file.name for address in addresses if address.encode() in data]
    return found


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.on_postgres)])
def test_whoever_is_erased_while_an_edition_goes_out_is_nowhere_any_more(stage: Stage, kind: str) -> None:
    receiver = stage.receiver(SLOWLY)
    audience = readers(1000)
    edition = stage.publish(audience)
    worker = stage.worker()
    stage.wait_until_accepted(200)

    # Some have it already, some are in the worker's hands, some wait.
    chosen = [*(each.recipient for each in receiver.accepted[:5]), *audience[300:305], *audience[-10:]]
    moments = {address: erased(stage, address) for address in dict.fromkeys(chosen)}
    stage.wait_until_ended(edition)
    worker.stop()
    db.session.rollback()

    stopped = {address: moment + LONGEST for address, moment in moments.items()}
    late = [each for each in receiver.accepted if each.mail_at > stopped.get(each.recipient, time.monotonic())]
    nameless = db.session.scalars(select(Delivery.status).where(Delivery.address == "")).all()
    found = residue(stage, set(moments))
    stage.told.append(("fault", f" F-43 erase_during_send {kind}: {len(moments)} erased, residue {len(found)}"))
    assert late == []
    assert len(nameless) == len(moments)
    assert {Status.ACCEPTED, Status.CANCELLED} == set(nameless)
    assert stage.standing(edition).is_balanced
    assert found == []
