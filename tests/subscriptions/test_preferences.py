"""The preference centre: how often, what of it, a pause, leaving, and a fresh link for more."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.queries import consent_of
from newsletter.subscriptions.service import answer_sign_ups
from newsletter.subscriptions.service.preferring import resume_due
from tests import make
from tests.subscriptions.readers_pages import do, link


@pytest.fixture
def ann(house: House) -> Subscription:
    """A confirmed reader."""
    return make.subscription(make.newsletter(), house, "ann@example.org")


def test_how_often_and_what_is_saved(client: FlaskClient, house: House, ann: Subscription) -> None:
    path = link("preferences", ann, house)

    status, page = do(client, path, "save", cadence="weekly", topics="Harbour, Sport, Harbour,")

    assert (status, "Saved." in page, ann.cadence) == (200, True, "weekly")
    assert [each.value for each in ann.follows] == ["Harbour", "Sport"]
    do(client, path, "save", cadence="each", topics="Sport")
    assert [each.value for each in ann.follows] == ["Sport"]


@pytest.mark.parametrize("topics", [",".join(map(str, range(21))), "x" * 101])
def test_too_many_topics_and_too_long_ones_are_told(
    client: FlaskClient, house: House, ann: Subscription, topics: str
) -> None:
    status, page = do(client, link("preferences", ann, house), "save", cadence="each", topics=topics)

    assert (status, list(ann.follows)) == (422, [])
    assert "at most 20 topics" in page


def test_a_pause_keeps_editions_away_and_ends_by_itself(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope], clock: Traveller
) -> None:
    of = db.session.get_one(Newsletter, ann.newsletter_id)
    queued = make.edition(of, [make.article(make.source())])
    editions.send(queued.id, house)
    do(client, link("preferences", ann, house), "pause", until=f"{now() + timedelta(days=3):%Y-%m-%d}")
    make.send_all(house)
    assert (ann.status, outbox) == ("paused", [])

    clock.shift(timedelta(days=3))
    assert [resume_due(), resume_due()] == [1, 0]
    db.session.expire_all()
    assert (ann.status, ann.paused_until) == ("confirmed", None)


@pytest.mark.parametrize(
    ("zone", "ends"),
    [
        ("Pacific/Kiritimati", datetime(2026, 12, 23, 10, tzinfo=UTC)),
        ("Europe/Zurich", datetime(2026, 12, 23, 23, tzinfo=UTC)),
        ("Pacific/Pago_Pago", datetime(2026, 12, 24, 11, tzinfo=UTC)),
    ],
)
def test_a_pause_ends_when_the_day_begins_in_the_zone_of_the_newsletter(
    client: FlaskClient, house: House, clock: Traveller, zone: str, ends: datetime
) -> None:
    reader = make.subscription(make.newsletter(timezone=zone), house)

    _, page = do(client, link("preferences", reader, house), "pause", until="2026-12-24")

    assert reader.paused_until == ends
    assert "24 December 2026" in page


def test_a_day_counts_as_tomorrow_where_the_newsletter_is(
    client: FlaskClient, house: House, clock: Traveller
) -> None:
    clock.move_to(datetime(2026, 12, 23, 11, tzinfo=UTC))
    reader = make.subscription(make.newsletter(timezone="Pacific/Kiritimati"), house)
    path = link("preferences", reader, house)

    assert do(client, path, "pause", until="2026-12-24")[0] == 422
    assert do(client, path, "pause", until="2026-12-25")[0] == 200


def test_who_has_paused_chooses_another_day_or_goes_on(
    client: FlaskClient, house: House, ann: Subscription, clock: Traveller
) -> None:
    path = link("preferences", ann, house)
    do(client, path, "pause", until="2026-12-01")

    do(client, path, "pause", until="2026-12-24")
    assert ann.paused_until == datetime(2026, 12, 24, tzinfo=UTC)
    do(client, path, "resume")
    assert ann.status == "confirmed"


@pytest.mark.parametrize("until", ["", "yesterday", "2020-01-01", "2999-01-01", "9999-12-31", "2026-11-26; DROP"])
def test_a_day_that_is_none_is_told_at_once(
    client: FlaskClient, house: House, ann: Subscription, until: str
) -> None:
    status, page = do(client, link("preferences", ann, house), "pause", until=until)

    assert (status, ann.status) == (422, "confirmed")
    assert "day" in page


@pytest.mark.parametrize("wish", ["save", "pause", "resume"])
def test_what_is_not_subscribed_to_is_not_changed(client: FlaskClient, house: House, wish: str) -> None:
    waiting = make.subscription(make.newsletter(), house, status="pending")
    until = f"{now() + timedelta(days=3):%Y-%m-%d}"

    status, page = do(client, link("preferences", waiting, house), wish, cadence="daily", until=until)

    assert (status, waiting.status, waiting.cadence) == (422, "pending", "each")
    assert "You are not subscribed" in page


def test_leaving_by_it_is_in_the_ledger(client: FlaskClient, house: House, ann: Subscription) -> None:
    do(client, link("preferences", ann, house), "leave")

    [event] = consent_of(ann.subscriber_id)
    assert (ann.status, event.kind, event.method) == ("unsubscribed", "withdrawn", "preferences")


def test_a_fresh_link_comes_by_mail_once_in_ten_minutes_and_works_for_a_day(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope], clock: Traveller
) -> None:
    for _ in range(3):
        do(client, link("preferences", ann, house), "link")
    assert outbox == []
    answer_sign_ups(house)
    make.send_all(house)
    assert [mail.recipient for mail in outbox] == ["ann@example.org"]

    path = f"/account/{make.token_in(outbox[0], 'account')}"
    assert "ann@example.org" in client.get(path).text
    clock.shift(timedelta(hours=24, seconds=1))
    expired = client.get(path)
    assert expired.status_code == 410
    assert "Mail me a fresh link" in expired.text


def test_the_page_for_leaving_offers_less_for_this_newsletter(
    client: FlaskClient, house: House, ann: Subscription
) -> None:
    page = client.get(link("unsubscribe", ann, house, n=ann.newsletter_id)).text
    less = page.partition('href="/preferences/')[2].partition('"')[0]

    do(client, f"/preferences/{less}", "pause", until=f"{now().date() + timedelta(days=9)}")

    assert ann.status == "paused"
    assert ann.paused_until
    assert ann.paused_until.date() == date.fromordinal(now().date().toordinal() + 9)
