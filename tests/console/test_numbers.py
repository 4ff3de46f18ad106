"""Numbers in the console: sums that outlive the people, charts with their tables, and nothing that names them."""

import csv
import io
import xml.etree.ElementTree as ET
from datetime import date, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update
from time_machine import Traveller

from newsletter.console.charts import HEIGHT, WIDTH, Column, columns
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.models import Delivery, DeliveryCount
from newsletter.delivery.policy import Status
from newsletter.delivery.service import count_ended, finish_mailings
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.operators.policy import Role
from newsletter.subscriptions.models import GrowthCount, Import, ImportState
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.policy.growth import Day, weeks
from newsletter.subscriptions.queries.growing import standing_counts
from newsletter.subscriptions.service import Origin, confirm, erase, unsubscribe
from newsletter.subscriptions.service.growing import count_growth, count_standings
from tests import make

MONDAY = date(2026, 11, 23)
_GROWN = select(GrowthCount.day, GrowthCount.joined, GrowthCount.left).order_by(GrowthCount.day)


def grown(clock: Traveller) -> list[tuple[date, int, int]]:
    """As the job counts it, once what is there has settled."""
    for _ in range(2):
        count_growth()
        clock.shift(timedelta(minutes=3))
    count_growth()
    rows = db.session.execute(_GROWN)
    return [(row[0], row[1], row[2]) for row in rows]


def joined(address: str, house: House, outbox: list[Envelope]) -> int:
    number = make.signed_up(address, house).subscriber_id
    make.send_all(house)
    confirm(make.token_in(outbox[-1], "confirm"), Origin("link"), house)
    make.send_all(house)
    return number


def test_who_came_and_left_is_counted_once_and_outlives_them(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter()
    ann = joined("ann@example.org", house, outbox)
    unsubscribe(make.token_in(outbox[-1], "unsubscribe"), Origin("one-click"), house)
    joined("bob@example.org", house, outbox)
    make.signed_up("cleo@example.org", house)
    seen = grown(clock)
    erase(ann)

    assert seen == [(MONDAY, 2, 1)]
    assert grown(clock) == [(MONDAY, 2, 1)]


def test_what_another_transaction_may_still_write_is_not_counted_over(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter()
    joined("ann@example.org", house, outbox)
    count_growth()
    first = count_growth()
    clock.shift(timedelta(minutes=3))

    assert first > 0
    assert count_growth() == 0


def test_states_are_as_the_job_has_counted_them(house: House) -> None:
    of, other = make.newsletter("tide"), make.newsletter("dawn")
    make.subscriptions(of, house, 2)
    before = standing_counts(of.id)
    count_standings()
    make.subscription(of, house, status="pending")
    make.subscription(other, house, status="paused")
    during = standing_counts(of.id)
    count_standings()

    assert before == during
    assert before[SubscriptionStatus.CONFIRMED] == 2
    assert standing_counts(of.id)[SubscriptionStatus.PENDING] == 1
    assert standing_counts(other.id)[SubscriptionStatus.PAUSED] == 1


def test_weeks_are_told_backwards_from_today() -> None:
    days = [Day(date(2026, 11, 10), joined=4), Day(date(2026, 11, 20), brought=10, left=2), Day(MONDAY, joined=1)]

    told = weeks(days, 13, MONDAY, 3)

    assert [(each.joined, each.brought, each.left, each.readers) for each in told] == [
        (4, 0, 0, 4),
        (0, 10, 2, 12),
        (1, 0, 0, 13),
    ]
    assert [each.churn for each in told] == [None, 0.5, 0.0]


def test_a_chart_stays_in_its_frame() -> None:
    drawn = columns(
        [Column("a", [("joined", 5), ("imported", 1_000_000)], [("left", 300)]), Column("b", [], [("left", 1)])]
    )

    for box in drawn.boxes:
        assert 0 <= box.x <= box.x + box.width <= WIDTH
        assert -0.1 <= box.y <= box.y + box.height <= HEIGHT + 0.1
    assert columns([]).boxes == []
    assert (drawn.most, drawn.least) == (1_000_005, 300)


def ended_edition(house: House, domains: dict[str, int]) -> None:
    """Sent to as many at each domain; those at example.net have failed."""
    of = make.newsletter()
    for domain, how_many in domains.items():
        for number in range(how_many):
            make.subscription(of, house, f"r{number}@{domain}")
    editions.send(make.edition(of, [make.article(make.source())]).id, house)
    with transaction():
        failed = Delivery.address.endswith("@example.net") | Delivery.address.endswith("@quimby.example")
        db.session.execute(update(Delivery).values(status=Status.ACCEPTED, ended_at=now()))
        db.session.execute(update(Delivery).where(failed).values(status=Status.FAILED))
    finish_mailings()


def test_an_edition_is_counted_once_it_has_ended_and_few_failures_name_nobody(house: House) -> None:
    ended_edition(house, {"example.org": 9, "example.net": 6, "quimby.example": 1})

    assert [count_ended(), count_ended()] == [1, 0]

    rows = db.session.execute(select(DeliveryCount.status, DeliveryCount.domain, DeliveryCount.how_many)).all()
    assert {(str(row[0]), row[1]): row[2] for row in rows} == {
        ("accepted", ""): 9,
        ("failed", "example.net"): 6,
        ("failed", ""): 1,
    }


def test_the_page_has_charts_that_can_be_read_aloud_and_taken_along(operator: FlaskClient, house: House) -> None:
    ended_edition(house, {"example.org": 9, "example.net": 6})
    count_ended()
    with transaction():
        db.session.execute(insert(GrowthCount).values(newsletter_id=1, day=MONDAY, joined=5, left=2))
        brought = {
            "plan": "p",
            "provenance": "w",
            "file_name": "f",
            "file_sha256": "s",
            "consent_note": "",
            "asks": False,
        }
        state = {"state": ImportState.DONE, "started_at": now(), "counts": {"confirmed": 40}, "rows_done": 40}
        db.session.execute(insert(Import).values(newsletter_id=1, **brought, **state))

    page = operator.get("/console/numbers")

    charts = [
        part.split("</svg>")[0] for part in page.text.split("<svg")[1:] if 'role="img"' in part.split(">")[0]
    ]
    assert len(charts) == 2
    for chart in charts:
        drawing = ET.fromstring(f"<svg{chart}</svg>")  # noqa: S314 - of our own making.
        names = drawing.attrib["aria-labelledby"].split()
        assert [each.attrib["id"] for each in drawing[:2]] == names
        assert all(each.text for each in drawing[:2])
        assert "style" not in chart
    growth = list(csv.DictReader(io.StringIO(operator.get("/console/numbers/growth.csv?newsletter=courier").text)))
    assert growth[-1] == {**growth[-1], "joined": "5", "imported": "40", "left": "2", "readers": "15"}
    failed = operator.get("/console/numbers/failures.csv?newsletter=courier").text.split()
    assert failed == ["domain,failed", "example.net,6"]


def test_each_table_can_be_taken_along_and_holds_no_formula(operator: FlaskClient, house: House) -> None:
    make.newsletter()
    make.signed_up("ann@example.org", house, origin=make.form(form="=cmd", page="https://paper.example/a"))

    for what in (
        "growth",
        "editions",
        "failures",
        "confirmed-by-form",
        "confirmed-by-page",
        "confirmed-by-provider",
    ):
        answer = operator.get(f"/console/numbers/{what}.csv?newsletter=courier")
        assert answer.status_code == 200
        assert answer.mimetype == "text/csv"
        assert "," in answer.text
    assert "'=cmd" in operator.get("/console/numbers/confirmed-by-form.csv?newsletter=courier").text
    assert operator.get("/console/numbers/secrets.csv?newsletter=courier").status_code == 404


def test_who_may_see_one_newsletter_sees_its_numbers_only(app: Flask, house: House) -> None:
    make.newsletter("tide", name="The Tide"), make.newsletter("dawn", name="The Dawn")
    client = make.log_in(app.test_client(), make.operator(house, Role.VIEWER, "tide"), house)

    assert "The Dawn" not in client.get("/console/numbers?newsletter=dawn").text
    assert client.get("/console/numbers/growth.csv?newsletter=dawn").status_code == 422
    assert client.get("/console/snippets/dawn").status_code == 404
    assert client.get("/console/snippets/tide").status_code == 200


def test_the_form_is_shown_as_it_looks_elsewhere(operator: FlaskClient) -> None:
    make.newsletter()

    page = operator.get("/console/snippets/courier?ask=name&theme=dark")

    assert operator.get("/console/snippets").location == "/console/snippets/courier"
    assert 'src="/embed/courier?ask=name&amp;theme=dark"' in page.text
    assert "frame-src &#39;self&#39;" not in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "&lt;form class=" in page.text
