"""Finding subscribers in the console: by each field, page by page, and only those that one may see."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as quickly
from hypothesis import strategies as st
from sqlalchemy import select, update

from newsletter.console.views.subscribers import FIELDS
from newsletter.core.addresses import parse
from newsletter.core.db import db, transaction
from newsletter.mail.house import House
from newsletter.newsletters.queries import newsletters
from newsletter.operators.models import AuditEvent
from newsletter.operators.policy import Role
from newsletter.subscriptions.models import Follow, Subscriber, Subscription
from newsletter.subscriptions.policy import Cadence, FollowKind
from newsletter.subscriptions.policy.wanting import Wanted
from newsletter.subscriptions.queries import finding
from newsletter.subscriptions.queries.finding import people
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make

SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    "' OR 1=1 --",
    "%' ESCAPE '",
    "x'; DROP TABLE subscribers; --",
    "\x00nul",
    "9" * 400,
    "2026-11-31",
)


def crowd(house: House) -> None:
    """Five people who differ in everything that one can look for."""
    tide, dawn = make.newsletter("tide", name="The Tide"), make.newsletter("dawn", name="The Dawn")
    make.subscription(tide, house, "ann@example.org")
    bea = make.subscription(tide, house, "Bea.Lund@example.net", "pending")
    cal = make.subscription(dawn, house, "cal@gmail.com")
    dot = make.subscription(dawn, house, "dot@gmx.de", "unsubscribed")
    make.subscription(dawn, house, "annika@example.org", "paused")
    with transaction():
        for of, values in (
            (bea, {"form": "footer", "requested_at": datetime(2024, 6, 1, 12, tzinfo=UTC)}),
            (cal, {"cadence": Cadence.WEEKLY}),
            (dot, {"form": "popup"}),
        ):
            db.session.execute(update(Subscription).where(Subscription.id == of.id).values(values))
        db.session.add(Follow(subscription_id=cal.id, kind=FollowKind.TOPIC, value="Harbour"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "ann annika bea cal dot"),
        ("newsletter=tide", "ann bea"),
        ("status=paused", "annika"),
        ("text=ANN", "ann annika"),
        ("text=bea.l", "bea"),
        ("text=@example.org", "ann annika"),
        ("text=@EXAMPLE.org&status=confirmed", "ann"),
        ("form=footer", "bea"),
        ("since=2024-06-01&until=2024-06-01", "bea"),
        ("until=2024-05-31", ""),
        ("topic=Harbour", "cal"),
        ("cadence=weekly", "cal"),
        ("cadence=each&newsletter=dawn", "annika dot"),
        ("provider=Gmail", "cal"),
        ("provider=GMX", "dot"),
        ("provider=other", "ann annika bea"),
        ("newsletter=dawn&provider=other&status=unsubscribed", ""),
    ],
)
def test_people_are_found_by_each_field_and_by_several(
    operator: FlaskClient, house: House, query: str, expected: str
) -> None:
    crowd(house)

    page = operator.get(f"/console/subscribers?{query}")

    names = {"ann@": "ann", "Bea.Lund@": "bea", "cal@": "cal", "dot@": "dot", "annika@": "annika"}
    found = {name for sign, name in names.items() if f"<bdi>{sign}" in page.text}
    assert page.status_code == 200
    assert found == set(expected.split())


@pytest.mark.parametrize("few", [10_000, 3, 0])
def test_a_list_has_everybody_once_however_it_is_walked(house: House, few: int) -> None:
    tide, dawn = make.newsletter("tide"), make.newsletter("dawn")
    both = [
        make.subscription(of, house, f"r{number}@example.org").subscriber_id
        for number in range(30)
        for of in (tide,)
    ]
    others = [make.subscription(dawn, house, f"s{number}@example.org").subscriber_id for number in range(75)]
    bounds = finding.Bounds(few=few, first=7, next=20, most=40)

    seen = list(walked(Wanted(frozenset({tide.id, dawn.id})), bounds))

    assert seen == sorted({*both, *others}, reverse=True)
    assert list(walked(Wanted(frozenset({tide.id}), text="r"), bounds)) == sorted(both, reverse=True)
    assert list(walked(Wanted(frozenset({dawn.id}), text="r"), bounds)) == []
    everybody = people(Wanted(), bounds=bounds)
    assert everybody.total == (105 if few == 10_000 else None)


def walked(wanted: Wanted, bounds: finding.Bounds) -> Iterator[int]:
    before = None
    while True:
        page = people(wanted, before, bounds)
        yield from (each.id for each in page.rows)
        if page.older is None:
            return
        assert before is None or page.older < before
        before = page.older


def test_who_may_see_one_newsletter_sees_its_people_only(app: Flask, house: House) -> None:
    crowd(house)
    client = make.log_in(app.test_client(), make.operator(house, Role.VIEWER, "tide"), house)

    everybody, elsewhere = client.get("/console/subscribers"), client.get("/console/subscribers?newsletter=dawn")

    assert "ann@example.org" in everybody.text
    assert "cal@gmail.com" not in everybody.text
    assert elsewhere.status_code == 422
    assert "cal@gmail.com" not in elsewhere.text


def test_a_whole_address_is_found_at_once_and_stands_in_no_url(operator: FlaskClient, house: House) -> None:
    crowd(house)

    answer = make.press(operator, "/console/subscribers/find", email="bea.lund@EXAMPLE.net")

    assert answer.status_code == 303
    assert "bea" not in answer.location.lower()
    assert "Bea.Lund@example.net" in operator.get(answer.location).text


def test_an_address_that_is_only_suppressed_is_found(operator: FlaskClient, house: House) -> None:
    make.newsletter()
    suppress(parse("gone@example.org").key(house.settings.pepper), Reason.MANUAL, "asked by letter")

    answer = make.press(operator, "/console/subscribers/find", email="gone@example.org")

    assert "asked by letter" in operator.get(answer.location).text


def test_what_people_typed_is_only_ever_text(operator: FlaskClient, house: House) -> None:
    of = make.newsletter(name=f"Tide {SCRIPT}")
    one = make.subscription(of, house, "ann@example.org")
    with transaction():
        values = {"form": f"f{SCRIPT}", "page": f"https://x.example/{SCRIPT}"}
        db.session.execute(update(Subscription).where(Subscription.id == one.id).values(values))
        db.session.execute(update(Subscriber).values(name=SCRIPT, entered=f"{SCRIPT}@x.example"))

    for path in (
        "/console/subscribers",
        f"/console/subscribers/{one.subscriber_id}",
        "/console/numbers",
        "/console/snippets/courier",
    ):
        page = operator.get(path)
        assert page.status_code == 200
        assert SCRIPT not in page.text
        assert "&lt;script&gt;" in page.text


@quickly(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=40) | st.sampled_from(HOSTILE)))
def test_no_filter_reaches_the_statement_or_breaks_the_page(
    operator: FlaskClient, house: House, said: dict[str, str]
) -> None:
    """Whatever stands in the filter is bound, or refused with a word at its field."""
    if not newsletters():
        make.newsletter()
    with make.statements() as seen:
        page = operator.get("/console/subscribers", query_string=said)

    assert page.status_code in {200, 422}
    texts = [text for text in said.values() if len(text) > 6]
    assert not [statement for statement in seen if any(text in statement for text in texts)]


def test_a_filter_that_means_nothing_is_named_at_its_field(operator: FlaskClient, house: House) -> None:
    crowd(house)

    page = operator.get("/console/subscribers?since=yesterday")

    assert page.status_code == 422
    assert "This is no day" in page.text


def test_an_export_is_streamed_narrowed_noted_and_holds_no_formula(operator: FlaskClient, house: House) -> None:
    of = make.newsletter()
    make.subscription(of, house, "ann@example.org")
    make.subscription(of, house, "bob@example.net")
    with transaction():
        db.session.execute(update(Subscriber).values(name="=HYPERLINK(1)"))

    answer = make.press(operator, "/console/subscribers/export", newsletter="courier", text="@example.org")

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert "Content-Length" not in answer.headers
    assert [(row["email"], row["name"]) for row in rows] == [("ann@example.org", "'=HYPERLINK(1)")]
    assert "exported" in set(db.session.scalars(select(AuditEvent.what)))


def test_who_may_only_look_takes_nothing_along(app: Flask, house: House) -> None:
    make.newsletter()
    client = make.log_in(app.test_client(), make.operator(house, Role.EDITOR), house)

    assert make.press(client, "/console/subscribers/export", newsletter="courier").status_code == 403


def test_without_the_forms_token_nothing_is_exported(operator: FlaskClient, house: House) -> None:
    make.newsletter()

    assert operator.post("/console/subscribers/export", data={"newsletter": "courier"}).status_code == 400
