"""What a fresh link reaches: joining, what one says of oneself, all that is known, and having it erased."""

import csv
import io
import json
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.schema import metadata
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.subscriptions.queries import consent_of
from newsletter.subscriptions.service.telling import all_data, as_csv
from tests import make
from tests.subscriptions.readers_pages import do, link


@pytest.fixture
def ann(house: House) -> Subscription:
    """A confirmed reader."""
    return make.subscription(make.newsletter(), house, "ann@example.org")


def test_with_a_fresh_link_one_joins_and_that_is_consent(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope]
) -> None:
    make.newsletter("evening")

    status, _ = do(client, link("account", ann, house), "join", newsletter="evening")

    event = consent_of(ann.subscriber_id)[-1]
    assert (status, event.kind, event.method) == (200, "confirmed", "preferences")
    assert event.wording
    assert event.wording.text == "Subscribe to The Courier"
    make.send_all(house)
    assert [make.parsed(mail)["Subject"] for mail in outbox] == ["Welcome to The Courier"]


def test_joining_confirms_what_waits_and_keeps_what_is_on(client: FlaskClient, house: House) -> None:
    waiting = make.subscription(make.newsletter(), house, status="pending")
    path = link("account", waiting, house)

    for _ in range(3):
        assert do(client, path, "join")[0] == 200
    do(client, path, "pause", until=f"{now() + timedelta(days=3):%Y-%m-%d}")
    do(client, path, "join")

    assert waiting.status == "paused"
    assert [event.kind for event in consent_of(waiting.subscriber_id)] == ["confirmed"]


def test_who_had_left_joins_anew(client: FlaskClient, house: House, ann: Subscription) -> None:
    path = link("account", ann, house)
    do(client, path, "leave")

    do(client, path, "join")

    assert (ann.status, ann.end_reason, ann.ended_at) == ("confirmed", None, None)
    assert [event.kind for event in consent_of(ann.subscriber_id)] == ["withdrawn", "confirmed"]


def test_a_profile_is_kept_and_shown_and_can_be_emptied(
    client: FlaskClient, house: House, ann: Subscription
) -> None:
    make.newsletter("abend", language="de")
    path = link("account", ann, house)
    said = {"name": " Ann\x00 Lee ", "language": "de", "timezone": "Europe/Zurich", "local_hour": "7"}

    status, page = do(client, path, "profile", **said)

    person = ann.subscriber
    assert (status, "Gespeichert." in page) == (200, True)
    assert (person.name, person.language, person.timezone, person.local_hour) == (
        "Ann Lee",
        "de",
        "Europe/Zurich",
        7,
    )
    assert 'value="Ann Lee"' in page
    assert '<option value="7" selected>07:00</option>' in page
    do(client, path, "profile")
    assert (person.name, person.language, person.timezone, person.local_hour) == ("", "", "", None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 101),
        ("language", "xx"),
        ("language", "en'; --"),
        ("timezone", "Europe/Nowhere"),
        ("timezone", "../../etc/passwd"),
        ("local_hour", "24"),
        ("local_hour", "-1"),
        ("local_hour", "00007"),
        ("local_hour", "\u0667"),
    ],
)
def test_what_is_not_on_offer_is_refused(
    client: FlaskClient, house: House, ann: Subscription, field: str, value: str
) -> None:
    status, _ = do(client, link("account", ann, house), "profile", **{field: value})

    person = ann.subscriber
    assert status == 422
    assert (person.name, person.language, person.timezone, person.local_hour) == ("", "", "", None)


def test_the_download_has_all_that_is_kept(client: FlaskClient, house: House, ann: Subscription) -> None:
    answer = client.post(link("account", ann, house), data={"do": "data"})

    told = json.loads(answer.data)
    assert told["person"]["address"] == "ann@example.org"
    assert told["subscriptions"][0]["newsletter"] == "courier"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_table_has_the_same_and_runs_no_formula(client: FlaskClient, house: House, ann: Subscription) -> None:
    path = link("account", ann, house)
    do(client, path, "save", cadence="each", topics="Harbour,Sport")
    do(client, path, "profile", name='=HYPERLINK("http://evil.example")')
    do(client, path, "leave")

    answer = client.post(path, data={"do": "csv"})

    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["about"] for row in rows] == ["person", "subscription", "consent"]
    assert rows[0]["name"] == '\'=HYPERLINK("http://evil.example")'
    assert (rows[1]["newsletter"], rows[1]["follows"]) == ("courier", "topic:Harbour|topic:Sport")
    assert (rows[2]["kind"], rows[2]["wording"]) == ("withdrawn", "Unsubscribe from The Courier")
    assert answer.mimetype == "text/csv"


COVERED = {
    *("subscribers", "subscriptions", "follows", "stints", "consent_events", "consent_origins"),
    *("deliveries", "mailings", "address_changes"),
}
LEFT_OUT = {
    "suppressions": "holds a key and a reason, no data of the person",
    "operators": "is about who runs the service, not about readers",
    "sign_ups": "is emptied within a second, and then holds keys",
    "attempts": "says again of a delivery what its server said",
}


def test_no_table_about_people_is_forgotten_in_the_download(house: House, ann: Subscription) -> None:
    about = {"subscriber_id", "address", "address_key", "subscription_id", "event_id", "delivery_id"}
    tables = {table.name for table in metadata.sorted_tables if about & set(table.columns.keys())}

    assert tables <= COVERED | set(LEFT_OUT)
    assert set(all_data(ann.subscriber)) == {"person", "subscriptions", "consent", "mails", "changes"}


def test_the_download_tells_how_often_they_wanted_it_before(house: House, ann: Subscription) -> None:
    make.wish(ann, "weekly")

    told = all_data(ann.subscriber)

    assert told["subscriptions"][0]["stints"] == [{"cadence": "each", "until": ann.stints[0].until}]
    assert f"each:{ann.stints[0].until.isoformat()}" in as_csv(told)


def test_erasing_takes_two_steps_and_old_links_say_kindly_that_nothing_is_left(
    client: FlaskClient, house: House, ann: Subscription
) -> None:
    old, fresh = link("preferences", ann, house), link("account", ann, house)

    status, page = do(client, fresh, "erase")
    assert (status, "What stays" in page) == (200, True)
    assert db.session.scalar(select(func.count()).select_from(Subscriber)) == 1

    status, page = do(client, fresh, "erase for good")
    assert (status, "Everything is erased" in page) == (200, True)
    assert db.session.scalar(select(func.count()).select_from(Subscriber)) == 0
    for path in (old, fresh):
        assert "Nothing is kept" in client.get(path).text
        assert client.post(path, data={"do": "leave", "newsletter": "courier"}).status_code == 200


def test_no_link_of_somebody_who_was_erased_ever_opens_the_page_of_another(
    client: FlaskClient, house: House, ann: Subscription
) -> None:
    of = db.session.get_one(Newsletter, ann.newsletter_id)
    old = [link(part, ann, house) for part in ("account", "preferences")]
    do(client, old[0], "erase for good")

    bob = make.subscription(of, house, "bob@example.org")

    for path in old:
        assert "Nothing is kept" in client.get(path).text
        do(client, path, "leave")
    assert bob.status == "confirmed"
