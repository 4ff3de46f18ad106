"""Complaints near the share where providers refuse: told by the watchdog and on the first page, with figures."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, update
from time_machine import Traveller

from newsletter.console.troubles import troubles
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.models import DeliveryCount
from newsletter.delivery.policy import Status
from newsletter.delivery.service import count_ended, finish_mailings
from newsletter.digests.policy.watching import Complaining, sight_of_complaints
from newsletter.digests.service import complaining, watch
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.suppressions.models import IMPORTED, Reason, Suppression
from newsletter.suppressions.service import suppress
from tests import make
from tests.delivery.test_plans import executed, on_sqlite, scans

__all__ = ["on_sqlite"]

DAY = timedelta(days=1)
DESK = "desk@example.org"


def sent(house: House, accepted: int) -> int:
    """An edition that has ended, so many of whose deliveries were accepted; its mailing."""
    of = make.newsletter()
    make.subscription(of, house)
    chosen = make.edition(of, [make.article(make.source())])
    editions.send(chosen.id, house)
    make.send_all(house)
    finish_mailings()
    assert count_ended() == 1
    with transaction():
        changed = update(DeliveryCount).where(DeliveryCount.status == Status.ACCEPTED).values(how_many=accepted)
        db.session.execute(changed)
    return chosen.mailing_id or 0


def complained(how_many: int, words: str = "abuse") -> None:
    for number in range(how_many):
        suppress(f"{words}{number:020}"[-32:], Reason.COMPLAINT, words)


@pytest.mark.parametrize(
    ("complaints", "accepted", "is_so"),
    [
        (0, 0, False),
        (4, 100, False),
        (5, 0, False),
        (5, 6250, True),
        (5, 6251, None),
        (5, 8333, None),
        (5, 8334, False),
        (1000, 1_000_000, True),
        (599, 1_000_000, False),
    ],
)
def test_it_begins_near_a_thousandth_and_ends_well_below(
    complaints: int, accepted: int, *, is_so: bool | None
) -> None:
    assert sight_of_complaints(Complaining(complaints, accepted)).is_so is is_so


def test_what_counts_is_of_thirty_days_and_of_our_own_mails(house: House, clock: Traveller) -> None:
    sent(house, 12_000)
    complained(3)
    complained(4, f"{IMPORTED}7")
    suppress("k" * 32, Reason.HARD_BOUNCE)
    assert complaining(now()) == Complaining(3, 12_000)

    clock.shift(30 * DAY + timedelta(minutes=1))
    complained(2, "later")

    assert complaining(now()) == Complaining(2, 0)


def test_the_operator_is_told_once_and_that_it_is_over(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    sent(house, 10_000)
    outbox.clear()
    watched = replace(house, settings=replace(house.settings, operator=DESK))
    complained(9)
    for _ in range(3):
        watch(watched)
        make.send_all(watched)
        clock.shift(timedelta(hours=7))
    with transaction():
        db.session.query(Suppression).delete()
    watch(watched)
    make.send_all(watched)

    mails = [each for each in outbox if each.recipient == DESK]
    assert [str(make.parsed(each)["Subject"]) for each in mails] == [
        "Many readers report mails as spam", "Fewer readers complain",
    ]  # fmt: skip
    told = " ".join(make.text_of(mails[0]).split())
    assert "9 readers reported a mail as spam within 30 days, of 10,000 mails that were accepted: 0.09%" in told
    assert "/console/suppressions?reason=complaint" in told


def test_the_first_page_says_it_with_figures_and_who(operator: FlaskClient, house: House) -> None:
    sent(house, 10_000)
    complained(7)
    assert troubles(None) == []
    complained(1, "one more")

    (told,) = troubles(None)
    watch(house)

    assert told.is_bad
    assert "8 readers reported a mail as spam within 30 days, of 10,000 mails" in told.told
    page = operator.get("/console").text
    assert page.count("Many readers report mails as spam") == 1
    assert '<a class="button quiet" href="/console/suppressions?reason=complaint">See who complained</a>' in page
    assert operator.get("/console/suppressions?reason=complaint").status_code == 200
    assert troubles(frozenset({1})) == []


def test_it_is_counted_by_index_however_many_deliveries_there_are(on_sqlite: House) -> None:
    mailing_id = sent(on_sqlite, 1)
    with transaction():
        rows = [
            {"mailing_id": mailing_id, "status": Status.FAILED, "domain": f"d{number}.example", "how_many": 1}
            for number in range(500)
        ]
        db.session.execute(insert(DeliveryCount), rows)
    with executed() as seen:
        complaining(now())

    assert len([each for each in seen if each[0].startswith("SELECT")]) == 2
    assert scans(seen) == []
    assert not any("deliveries" in statement for statement, _ in seen)
