"""The preference centre: what a link in every mail may do, and what needs a fresh one."""

import json
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.schema import metadata
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.subscriptions.queries import consent_of
from newsletter.subscriptions.service.preferring import all_data, resume_due
from tests import make

FIELDS = ("do", "newsletter", "cadence", "topics", "until")


def link(part: str, person: Subscription, house: House) -> str:
    return f"/{part}/{house.signer.sign(part, {'s': person.subscriber_id}, at=now())}"


@pytest.fixture
def ann(house: House) -> Subscription:
    """A confirmed reader."""
    return make.subscription(make.newsletter(), house, "ann@example.org")


def do(client: FlaskClient, path: str, wish: str, **fields: str) -> tuple[int, str]:
    answer = client.post(path, data={"newsletter": "courier", "do": wish, **fields})
    db.session.rollback()
    db.session.expire_all()
    return answer.status_code, answer.text


def test_how_often_and_what_is_saved(client: FlaskClient, house: House, ann: Subscription) -> None:
    path = link("preferences", ann, house)

    status, page = do(client, path, "save", cadence="weekly", topics="Harbour, Sport, Harbour,")

    assert (status, "Saved." in page, ann.cadence) == (200, True, "weekly")
    assert [each.value for each in ann.follows] == ["Harbour", "Sport"]
    do(client, path, "save", cadence="each", topics="Sport")
    assert [each.value for each in ann.follows] == ["Sport"]


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


@pytest.mark.parametrize("until", ["", "yesterday", "2020-01-01", "2999-01-01", "2026-11-26; DROP TABLE"])
def test_a_day_that_is_none_is_told_at_once(
    client: FlaskClient, house: House, ann: Subscription, until: str
) -> None:
    status, page = do(client, link("preferences", ann, house), "pause", until=until)

    assert (status, ann.status) == (422, "confirmed")
    assert "day" in page


def test_leaving_by_it_is_in_the_ledger(client: FlaskClient, house: House, ann: Subscription) -> None:
    do(client, link("preferences", ann, house), "leave")

    [event] = consent_of(ann.subscriber_id)
    assert (ann.status, event.kind, event.method) == ("unsubscribed", "withdrawn", "preferences")


def test_the_link_of_a_forwarded_mail_shows_no_address_and_reaches_nothing_that_harms(
    client: FlaskClient, house: House, ann: Subscription
) -> None:
    make.newsletter("evening")
    path = link("preferences", ann, house)
    token = path.rpartition("/")[2]

    assert "ann@example.org" not in client.get(path).text
    assert do(client, path, "join", newsletter="evening")[0] == 422
    assert do(client, path, "erase")[0] == 422
    assert [client.get(f"/account/{token}{end}").status_code for end in ("", "/data.json")] == [404, 404]
    assert db.session.scalar(select(func.count()).select_from(Subscription)) == 1


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    form=st.dictionaries(st.sampled_from(["do", "newsletter", "cadence", "topics", "until"]), st.text(max_size=40))
)
def test_nothing_that_is_sent_by_it_erases_joins_or_breaks(
    client: FlaskClient, house: House, ann: Subscription, form: dict[str, str]
) -> None:
    answer = client.post(link("preferences", ann, house), data=form)

    assert answer.status_code in {200, 422}
    assert db.session.scalar(select(func.count()).select_from(Subscriber)) == 1
    assert db.session.scalar(select(func.count()).select_from(Subscription)) == 1


def test_a_fresh_link_comes_by_mail_once_in_ten_minutes_and_works_for_a_day(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope], clock: Traveller
) -> None:
    for _ in range(3):
        do(client, link("preferences", ann, house), "link")
    make.send_all(house)
    assert [mail.recipient for mail in outbox] == ["ann@example.org"]

    path = f"/account/{make.token_in(outbox[0], 'account')}"
    assert "ann@example.org" in client.get(path).text
    clock.shift(timedelta(hours=24, seconds=1))
    assert client.get(path).status_code == 410


def test_asking_for_it_tells_nobody_who_is_known(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope]
) -> None:
    known = client.post("/preferences", data={"email": "ANN@example.org"})
    unknown = client.post("/preferences", data={"email": "bob@example.org"})
    make.send_all(house)

    assert (known.status, known.data, str(known.headers)) == (unknown.status, unknown.data, str(unknown.headers))
    assert len(outbox) == 1
    assert client.post("/preferences", data={"email": "no"}).status_code == 422


def test_with_a_fresh_link_one_joins_and_that_is_consent(
    client: FlaskClient, house: House, ann: Subscription
) -> None:
    make.newsletter("evening")

    status, _ = do(client, link("account", ann, house), "join", newsletter="evening")

    event = consent_of(ann.subscriber_id)[-1]
    assert (status, event.kind, event.method) == (200, "confirmed", "preferences")
    assert event.wording
    assert event.wording.text == "Subscribe to The Courier"


def test_the_download_has_all_that_is_kept(client: FlaskClient, house: House, ann: Subscription) -> None:
    answer = client.get(link("account", ann, house) + "/data.json")

    told = json.loads(answer.data)
    assert told["person"]["address"] == "ann@example.org"
    assert told["subscriptions"][0]["newsletter"] == "courier"
    assert "attachment" in answer.headers["Content-Disposition"]


COVERED = {
    "subscribers",
    "subscriptions",
    "follows",
    "consent_events",
    "consent_origins",
    "deliveries",
    "mailings",
}
LEFT_OUT = {
    "suppressions": "holds a key and a reason, no data of the person",
    "sign_ups": "is emptied within a second, and then holds keys",
    "attempts": "says again of a delivery what its server said",
}


def test_no_table_about_people_is_forgotten_in_the_download(house: House, ann: Subscription) -> None:
    about = {"subscriber_id", "address", "address_key", "subscription_id", "event_id", "delivery_id"}
    tables = {table.name for table in metadata.sorted_tables if about & set(table.columns.keys())}

    assert tables <= COVERED | set(LEFT_OUT) | {"subscribers"}
    assert set(all_data(ann.subscriber)) == {"person", "subscriptions", "consent", "mails"}


def test_erasing_by_it_leaves_nothing_and_old_links_say_so_kindly(
    client: FlaskClient, house: House, ann: Subscription
) -> None:
    old, fresh = link("preferences", ann, house), link("account", ann, house)

    status, page = do(client, fresh, "erase")

    assert (status, "Everything is erased" in page) == (200, True)
    assert db.session.scalar(select(func.count()).select_from(Subscriber)) == 0
    for path in (old, fresh):
        assert "Nothing is kept" in client.get(path).text
        assert client.post(path, data={"do": "leave", "newsletter": "courier"}).status_code == 200
