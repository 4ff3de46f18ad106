"""The first page: what is wrong, what waits, what is due and what went out, as the ledger and the rows have it."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import update

from newsletter.alarms.models import Alarm
from newsletter.console import overview, troubles
from newsletter.console.first_steps import steps
from newsletter.console.words import ago, browser_name, day_and_time, number
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.service import finish_mailings
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.service import Style, dress
from newsletter.operators.policy import MOST_OF_ACCOUNT
from newsletter.operators.service.counting import note_try
from newsletter.subscriptions.policy.alarms import Cause
from tests import make


def titles() -> list[str]:
    return [each.title for each in troubles.troubles(None)]


def sent_edition(of: Newsletter, house: House) -> int:
    chosen = make.edition(of, make.articles(make.source(), 3))
    editions.send(chosen.id, house)
    return chosen.id


def test_an_empty_installation_shows_the_first_steps_and_nothing_wrong(operator: FlaskClient) -> None:
    page = operator.get("/console").text

    assert "First steps" in page
    assert "0 of 5 done" in page
    assert "Nothing went out yet" in page
    assert "Wrong now" not in page


def test_steps_tick_themselves_off_and_go_away(operator: FlaskClient, house: House) -> None:
    of = make.newsletter()
    source = make.source()
    assert [step.is_done for step in steps()] == [True, False, False, False, False]
    make.digest(of, [source])
    assert [step.is_done for step in steps()] == [True, True, False, False, False]
    dress("courier", Style(theme="letter"))
    assert [step.is_done for step in steps()] == [True, True, True, False, False]
    make.subscription(of, house)
    sent_edition(of, house)

    assert steps() == []
    assert "First steps" not in operator.get("/console").text


def test_each_step_leads_to_where_it_is_taken(operator: FlaskClient, house: House) -> None:
    def urls() -> list[str | None]:
        return [step.url for step in steps()]

    assert urls() == ["/console/newsletters", "/console/sources", None, None, "/console/editions"]
    of, source = make.newsletter(), make.source()
    assert urls()[1:] == [
        *("/console/digests/+add", "/console/newsletters/courier#look"),
        *("/console/snippets/courier", "/console/editions"),
    ]  # fmt: skip
    make.digest(of, [source])
    assert urls()[4] == "/console/digests/morning"
    made = make.edition(of, [make.article(source)])
    assert urls()[4] == f"/console/editions/{made.id}#try"
    for url in urls():
        assert url
        path, _, part = url.partition("#")
        page = operator.get(path)
        assert page.status_code == 200
        assert not part or f'id="{part}"' in page.text


def test_a_look_that_is_kept_as_it_is_is_chosen_too(operator: FlaskClient, house: House) -> None:
    of = make.newsletter()
    look = {name: getattr(of, name) for name in Style.__dataclass_fields__}
    make.press(operator, "/console/newsletters/courier/look", **look)

    assert steps()[2].is_done


def test_what_went_out_has_the_counts_of_the_ledger(operator: FlaskClient, house: House) -> None:
    of = make.newsletter()
    make.subscriptions(of, house, 3)
    sent_edition(of, house)
    (under_way,) = overview.went_out(None)
    assert (under_way.status, under_way.audience, under_way.open, under_way.ledger) == ("sending", 3, 3, None)
    assert "3 still to go" in operator.get("/console").text

    make.send_all(house)
    finish_mailings()
    editions.follow_mailings()
    (sent,) = overview.went_out(None)

    assert sent.status == "sent"
    assert sent.ledger
    assert sent.ledger.as_dict() | {"accepted": 3, "audience": 3} == sent.ledger.as_dict()
    assert "still to go" not in operator.get("/console").text


def test_a_held_edition_and_a_draft_wait_for_somebody(operator: FlaskClient) -> None:
    of, source = make.newsletter(), make.source()
    held = make.edition(of, [make.article(source, "The ferry sails on")])
    editions.hold(held.id, "the gate found an error", now() + timedelta(hours=2))
    page = operator.get("/console").text

    assert "Needs you" in page
    assert "The ferry sails on" in page
    assert "Held: the gate found an error." in page


def test_what_is_due_next_is_told_in_words_and_in_the_newsletters_time(
    operator: FlaskClient, clock: time_machine.Traveller
) -> None:
    make.digest(make.newsletter(timezone="Europe/Zurich"), [make.source()])
    (coming,) = overview.comes_next(None)

    assert coming.when == "tomorrow at 06:30"
    assert coming.rhythm == "at 06:30 every day (Europe/Zurich)"
    assert "tomorrow at 06:30" in operator.get("/console").text


def test_a_paused_edition_is_wrong_and_says_the_servers_words(operator: FlaskClient, house: House) -> None:
    of = make.newsletter()
    make.subscriptions(of, house, 2)
    editions.pause(sent_edition(of, house), "554 5.7.1 <your> network is blocked")
    page = operator.get("/console").text

    assert titles() == ["No. 1 of The Courier is paused"]
    assert "554 5.7.1 &lt;your&gt; network is blocked" in page


def test_an_edition_and_a_digest_that_nothing_ran_are_late(
    operator: FlaskClient, house: House, clock: time_machine.Traveller
) -> None:
    of, source = make.newsletter(), make.source()
    late = make.edition(of, make.articles(source, 2))
    editions.schedule(late.id, now() + timedelta(minutes=5), house)
    make.digest(of, [source])
    assert titles() == []
    clock.shift(timedelta(minutes=8))
    assert titles() == ["No. 1 of The Courier is late"]
    clock.shift(timedelta(days=1))

    assert titles() == ["No. 1 of The Courier is late", "The digest morning is late"]


def test_mail_that_should_have_left_is_wrong(house: House, clock: time_machine.Traveller) -> None:
    make.newsletter()
    make.confirmation_for("ann@example.org", house)
    assert titles() == []
    clock.shift(timedelta(minutes=3))

    assert titles() == ["Mail waits that should have left"]


def test_a_source_that_cannot_be_read_is_told_after_half_an_hour(
    house: House, clock: time_machine.Traveller
) -> None:
    source = make.source()
    with transaction():
        source.failing_since, source.problem = now(), "It answers 503."
    assert titles() == []
    clock.shift(timedelta(minutes=31))
    (trouble,) = troubles.troubles(None)

    assert (trouble.title, trouble.words, trouble.is_bad) == (
        "The Harbour Desk cannot be read", "It answers 503.", False,
    )  # fmt: skip


@pytest.mark.parametrize("cause", list(Cause))
def test_an_alarm_of_the_sign_ups_is_told_while_it_lasts(house: House, cause: Cause) -> None:
    with transaction():
        db.session.add(Alarm(cause=cause, since=now()))
    assert len(titles()) == 1
    with transaction():
        db.session.execute(update(Alarm).values(since=None))

    assert titles() == []


def test_guessed_passwords_are_told(house: House) -> None:
    for each in range(MOST_OF_ACCOUNT):
        note_try(f"nobody{each}@desk.example", "192.0.2.5", house.settings.pepper)

    assert titles() == ["Somebody is guessing passwords"]


def test_who_sees_one_newsletter_sees_nothing_of_the_others(house: House, clock: time_machine.Traveller) -> None:
    tide = make.newsletter("tide", name="The Tide")
    courier, source = make.newsletter(), make.source()
    make.digest(courier, [source])
    make.subscriptions(courier, house, 1)
    editions.pause(sent_edition(courier, house), "no")
    with transaction():
        source.failing_since = now() - timedelta(days=1)
    of = frozenset({tide.id})

    assert [*troubles.troubles(of), *overview.waits(of), *overview.comes_next(of), *overview.went_out(of)] == []


def test_moments_and_numbers_are_said_as_people_say_them(clock: time_machine.Traveller) -> None:
    moment = now()

    assert [ago(moment - timedelta(seconds=each)) for each in (5, 60, 7300, 200_000)] == [
        "just now", "1 minute ago", "2 hours ago", "2 days ago",
    ]  # fmt: skip
    assert (ago(moment + timedelta(minutes=5)), ago(None)) == ("in 5 minutes", "never")
    assert day_and_time(moment + timedelta(days=3), "Europe/Zurich") == "Thursday at 10:00"
    assert day_and_time(moment + timedelta(days=60)) == "22 January 2027 at 09:00"
    assert number(1234567) == "1\u202f234\u202f567"
    assert re.match(
        "Firefox on Linux", browser_name("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0")
    )


def test_the_page_asks_the_same_few_things_however_much_there_is(operator: FlaskClient, house: House) -> None:
    of = make.newsletter()
    make.subscriptions(of, house, 2)
    sent_edition(of, house)
    with make.statements() as few:
        operator.get("/console")
    make.subscriptions(of, house, 20)
    for each in range(5):
        make.source(f"https://feeds.example.org/more{each}.xml")
    with make.statements() as many:
        operator.get("/console")

    assert len(many) <= len(few) < 40
