"""Acts on many: exactly as many as were shown, done by the worker, undone where that is right."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from newsletter.core.db import db
from newsletter.delivery.models import Delivery
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.operators.policy import Role
from newsletter.subscriptions.models import BulkAction, BulkKind, BulkState, ConsentEvent, Subscription
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.policy.wanting import wanted_from
from newsletter.subscriptions.service import bulk
from newsletter.suppressions.models import Reason, Suppression
from newsletter.suppressions.service import suppress
from tests import make

WHY = "the competition is over"
UNSUBSCRIBE = BulkKind.UNSUBSCRIBE
BEGIN = "/console/subscribers/acts/begin"


def offered(client: FlaskClient, kind: str, query: str) -> dict[str, str]:
    """What the page offers, as the fields of its form."""
    page = client.get(f"{BEGIN}/{kind}?{query}")
    assert page.status_code == 200
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
    fields.pop("csrf_token", None)
    return fields


def statuses() -> dict[str, int]:
    db.session.rollback()
    rows = db.session.execute(select(Subscription.status, func.count()).group_by(Subscription.status))
    return {str(row[0]): row[1] for row in rows}


def test_exactly_those_who_were_shown_are_unsubscribed(operator: FlaskClient, house: House) -> None:
    tide, dawn = make.newsletter("tide"), make.newsletter("dawn")
    make.subscriptions(tide, house, 7)
    make.subscription(tide, house, "gone@example.org", "unsubscribed")
    make.subscriptions(dawn, house, 2)
    editions.send(make.edition(tide, [make.article(make.source())]).id, house)
    fields = offered(operator, "unsubscribe", "newsletter=tide")
    assert fields["shown"] == "7"
    make.subscription(tide, house, "late@example.org")

    page = make.press(operator, f"{BEGIN}/unsubscribe", because=WHY, **fields).location
    bulk.work_through_bulk()

    assert statuses() == {"unsubscribed": 8, "confirmed": 3}
    assert set(db.session.scalars(select(Delivery.status))) == {"cancelled"}
    events = db.session.scalars(select(ConsentEvent)).all()
    assert [(each.kind, each.method, each.note) for each in events] == [("withdrawn", "operator", WHY)] * 7
    shown = operator.get(page).text
    assert "7 of 7" in shown.replace("\u202f", "")
    assert "Undo" not in shown
    assert make.press(operator, f"{page}/undo").status_code == 409
    assert statuses() == {"unsubscribed": 8, "confirmed": 3}


def test_those_who_were_suppressed_together_are_let_go_together(operator: FlaskClient, house: House) -> None:
    of = make.newsletter()
    people = make.subscriptions(of, house, 4)
    suppress(people[0].subscriber.address_key, Reason.COMPLAINT)
    fields = offered(operator, "suppress", "newsletter=courier")
    assert fields["shown"] == "3"

    page = make.press(operator, f"{BEGIN}/suppress", because=WHY, **fields).location
    bulk.work_through_bulk()
    during = sorted(map(str, db.session.scalars(select(Suppression.reason))))
    make.press(operator, f"{page}/undo")

    db.session.rollback()
    assert during == ["complaint", "manual", "manual", "manual"]
    assert db.session.scalars(select(Suppression.reason)).all() == [Reason.COMPLAINT]
    assert "undone" in operator.get(page).text


def test_more_than_were_shown_are_not_touched(operator: FlaskClient, house: House) -> None:
    of = make.newsletter()
    make.subscriptions(of, house, 2)
    fields = offered(operator, "unsubscribe", "newsletter=courier")

    fewer = make.press(operator, f"{BEGIN}/unsubscribe", because=WHY, **{**fields, "shown": "1"})

    assert fewer.status_code == 409
    assert "They are 2 by now, not 1" in fewer.text
    assert db.session.scalars(select(BulkAction)).all() == []


def test_one_that_was_killed_goes_on_behind_its_last_batch(house: House) -> None:
    of = make.newsletter()
    make.subscriptions(of, house, 5)
    wanted = wanted_from({}, frozenset({of.id}))
    begun = bulk.begin_bulk(
        BulkKind.UNSUBSCRIBE, wanted, bulk.offer_bulk(BulkKind.UNSUBSCRIBE, wanted), "all", WHY
    )

    more = bulk.next_batch(begun.id, 2)
    assert (more, statuses()) == (True, {"unsubscribed": 2, "confirmed": 3})
    bulk.work_through_bulk()

    assert statuses() == {"unsubscribed": 5}
    assert bulk.bulk_action(begun.id).done == 5
    assert bulk.bulk_action(begun.id).state == BulkState.DONE


@pytest.mark.parametrize("query", ["newsletter=courier&text=ann", "", "newsletter=nowhere"])
def test_what_is_too_easily_one_too_many_is_refused(operator: FlaskClient, house: House, query: str) -> None:
    make.subscription(make.newsletter(), house)

    assert operator.get(f"{BEGIN}/unsubscribe?{query}").status_code == 422


def test_who_looks_after_one_newsletter_acts_on_its_people_alone(app: Flask, house: House) -> None:
    tide, dawn = make.newsletter("tide"), make.newsletter("dawn")
    make.subscription(tide, house)
    make.subscription(dawn, house)
    client = make.log_in(app.test_client(), make.operator(house, Role.PUBLISHER, "tide"), house)

    assert client.get(f"{BEGIN}/unsubscribe?newsletter=dawn").status_code == 422
    assert client.get(f"{BEGIN}/suppress?newsletter=tide").status_code == 403
    fields = offered(client, "unsubscribe", "newsletter=tide")
    assert (
        make.press(client, f"{BEGIN}/unsubscribe", because=WHY, **{**fields, "newsletter": "dawn"}).status_code
        == 422
    )
    assert make.press(client, f"{BEGIN}/unsubscribe", because=WHY, **fields).status_code == 303
    bulk.work_through_bulk()
    assert statuses() == {"unsubscribed": 1, "confirmed": 1}


def test_who_may_only_look_begins_nothing(app: Flask, house: House) -> None:
    make.subscription(make.newsletter(), house)
    client = make.log_in(app.test_client(), make.operator(house, Role.EDITOR), house)

    said = {"newsletter": "courier", "shown": "1", "up_to": "9"}
    assert make.press(client, f"{BEGIN}/unsubscribe", because=WHY, **said).status_code == 403
    assert statuses() == {SubscriptionStatus.CONFIRMED: 1}
