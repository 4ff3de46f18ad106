"""How often readers get it who have not said so: as the publisher says, by whichever way they come."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.errors import InvalidInput
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.queries import newsletter
from newsletter.newsletters.service import Statement, state
from newsletter.operators.policy import Role
from newsletter.subscriptions.importer import Order, preview, take_in
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.subscriptions.policy import Cadence
from newsletter.subscriptions.service import Wish, answer_sign_ups, sign_up
from newsletter.subscriptions.service.joining import join
from tests import make
from tests.digests.reading import days


@pytest.fixture(autouse=True)
def _weekly(house: House) -> None:
    make.newsletter("evening", name="The Evening")
    make.newsletter()
    state("courier", Statement(cadence="weekly"))


def test_who_says_nothing_gets_it_as_often_as_the_publisher_says(house: House) -> None:
    assert make.signed_up("ann@example.org", house).cadence == "weekly"
    assert make.signed_up("ann@example.org", house, "evening").cadence == "each"


def test_what_a_visitor_says_counts_more(house: House) -> None:
    sign_up("ann@example.org", ["courier", "evening"], make.form(), house, Wish(cadence=Cadence.EACH))
    answer_sign_ups(house)

    assert set(db.session.scalars(select(Subscription.cadence))) == {"each"}


def test_who_signs_up_anew_and_says_nothing_keeps_what_they_had_chosen(house: House) -> None:
    sign_up("ann@example.org", ["courier"], make.form(), house, Wish(cadence=Cadence.MONTHLY))
    answer_sign_ups(house)

    assert make.signed_up("ann@example.org", house).cadence == "monthly"


def test_who_has_signed_up_before_is_not_changed(house: House) -> None:
    before = make.signed_up("ann@example.org", house)
    state("courier", Statement(cadence="daily"))

    assert make.signed_up("bob@example.org", house).cadence == "daily"
    db.session.refresh(before)
    assert before.cadence == "weekly"


def test_who_joins_by_a_link_of_their_own_gets_it_as_the_publisher_says(house: House) -> None:
    whose = make.signed_up("ann@example.org", house, "evening")

    join(whose.subscriber_id, "courier", make.form(), house)

    [joined] = db.session.scalars(select(Subscription).where(Subscription.id != whose.id))
    assert (joined.cadence, joined.status) == ("weekly", "confirmed")


def test_imported_people_have_theirs_and_all_others_that_of_the_publisher(house: House, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email,cadence\nann@example.org,daily\nbob@example.org,\ncy@example.org,hourly\n")
    order = Order("courier", "Signed up on the old site until 2026, exported by Ines Marlow")

    shown = preview(file, order, house, lambda *_: None)
    take_in(file, shown.plan, order, house, lambda *_: None, lambda *_: None)

    people = select(Subscriber.address, Subscription.cadence).join(Subscription)
    assert {row.address: str(row.cadence) for row in db.session.execute(people)} == {
        "ann@example.org": "daily", "bob@example.org": "weekly", "cy@example.org": "weekly",
    }  # fmt: skip


def test_the_forms_have_it_chosen_already(client: FlaskClient) -> None:
    frame = LexborHTMLParser(client.get("/embed/courier?ask=cadence").text)
    [snippet, *_] = LexborHTMLParser(client.get("/courier/snippets?ask=cadence").text).css("textarea")

    for form in (frame, LexborHTMLParser(snippet.text())):
        assert [each.attributes["value"] for each in form.css("option[selected]")] == ["weekly"]


def test_readers_are_told_how_often_before_they_agree_and_once_they_have(
    client: FlaskClient, house: House, outbox: list[Envelope]
) -> None:
    make.digest(newsletter("courier"), [make.source()])
    asked = make.signed_up("ann@example.org", house)
    link = house.signer.sign("confirm", {"n": {"2": asked.nonce}, "s": asked.subscriber_id}, at=now())

    assert "Once a week, if there is something new." in client.get("/courier").text
    assert "once a week?" in client.get(f"/confirm/{link}").text
    assert "It comes once a week, if" in client.post(f"/confirm/{link}", follow_redirects=True).text
    make.send_all(house)
    assert "It comes once a week." in make.text_of(outbox[-1])


def test_a_plain_form_leaves_it_to_the_publisher(client: FlaskClient, house: House) -> None:
    assert client.post("/courier/subscribe", data={"email": "ann@example.org"}).status_code == 303
    answer_sign_ups(house)

    assert db.session.scalars(select(Subscription.cadence)).one() == "weekly"


def test_an_unknown_cadence_is_refused_and_nothing_changes(client: FlaskClient, house: House) -> None:
    with pytest.raises(InvalidInput, match="each, daily, weekly, monthly"):
        state("courier", Statement(name="The Gull", cadence="hourly"))
    assert make.signed_up("ann@example.org", house).cadence == "weekly"

    make.log_in(client, make.operator(house, Role.PUBLISHER), house)
    page = "/console/newsletters/courier"
    facts = {"name": "C", "sender_address": "a@courier.example", "postal_address": "Quay 1", "timezone": "UTC"}
    assert make.press(client, f"{page}/masthead", page=page, cadence="hourly", **facts).status_code == 422
    assert make.press(client, f"{page}/masthead", page=page, cadence="monthly", **facts).status_code == 303
    assert make.signed_up("bob@example.org", house).cadence == "monthly"


def test_the_weekly_edition_reaches_who_has_said_nothing(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    of, source = newsletter("courier"), make.source()
    digest = make.digest(of, [source])
    # A link of her own says as much as a confirmation.
    join(make.signed_up("ann@example.org", house).subscriber_id, "courier", make.form(), house)

    told = days(digest, source, house, clock, 7)

    editions = [mail for mail in outbox if mail.recipient == "ann@example.org" and told[0] in make.text_of(mail)]
    assert len(editions) == 1
    assert all(story in make.text_of(editions[0]) for story in told)
