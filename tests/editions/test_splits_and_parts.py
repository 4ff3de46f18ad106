"""Two subjects beside all else by which readers differ: names, topics, hours, and what they had before."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.editions import service as editions
from newsletter.editions.models import Edition
from newsletter.editions.policy import PLAIN_LAYOUT, Readers
from newsletter.editions.policy.splitting import Arm
from newsletter.editions.queries import articles_of, progress
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import Subscriber, Subscription
from tests import make
from tests.digests.reading import had

OWN, OTHER = "Our own words", "Other words"
WAIT = timedelta(hours=1)


def drafted(of: Newsletter, readers: Readers | None = None) -> Edition:
    source = make.source()
    articles = [make.article(source, title, topics=[title.lower()]) for title in ("Harbour", "Football")]
    window = editions.Window(now() - timedelta(days=1), now())
    edition = editions.draft(of.id, window, articles, PLAIN_LAYOUT, readers or Readers())
    editions.call(edition.id, OWN)
    editions.split(edition.id, OTHER, 0.1, WAIT)
    return edition


def send_all_of(edition: Edition, house: House, arm: Arm) -> None:
    editions.send(edition.id, house)
    make.send_all(house)
    editions.watch_canaries(house)
    editions.choose(edition.id, arm)
    make.send_all(house)


def name(whose: Subscription, words: str) -> None:
    with transaction():
        db.session.execute(update(Subscriber).where(Subscriber.id == whose.subscriber_id).values(name=words))


@pytest.mark.parametrize("arm", list(Arm))
def test_everybody_is_greeted_by_name_under_either_subject(house: House, outbox: list[Envelope], arm: Arm) -> None:
    of = make.newsletter(greets=True)
    for number, each in enumerate(make.subscriptions(of, house, 130)):
        name(each, f"Reader {number}" if number % 2 else "")
    names = {person.address: person.name for person in db.session.scalars(select(Subscriber))}

    send_all_of(drafted(of), house, arm)

    assert len(outbox) == 130
    greeted = {each.recipient: make.text_of(each) for each in outbox}
    for address, text in greeted.items():
        assert f"Dear {names[address] or 'reader'}," in text
    subjects = Counter(str(make.parsed(each)["Subject"]) for each in outbox)
    assert subjects[OTHER if arm == Arm.OTHER else OWN] == 80


def test_parts_of_it_have_the_subject_of_their_half_or_the_one_that_was_chosen(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    of = make.newsletter()
    for number, each in enumerate(make.subscriptions(of, house, 130)):
        if number % 2:
            make.wish(each, topics=["football"])
    edition = drafted(of)

    send_all_of(edition, house, Arm.OTHER)

    assert Counter(len(titles) for [titles] in had(outbox).values()) == {1: 65, 2: 65}
    subjects = Counter(str(make.parsed(each)["Subject"]) for each in outbox)
    assert subjects == {OWN: 50, OTHER: 80}
    assert progress(edition).is_balanced
    assert progress(edition).open == 0


def test_who_reads_at_another_hour_is_not_tried_on_and_gets_what_was_chosen(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    of = make.newsletter(timezone="Europe/Zurich")
    late = make.subscriptions(of, house, 20)
    for each in late:
        make.hour(each, 18, "Europe/Zurich")
    make.subscriptions(of, house, 110)
    edition = drafted(of, Readers(local_hour=None))

    send_all_of(edition, house, Arm.OTHER)
    assert len(outbox) == 110
    clock.shift(timedelta(hours=12))
    make.send_all(house)

    assert len(outbox) == 130
    assert {str(make.parsed(each)["Subject"]) for each in outbox[110:]} == {OTHER}


def test_what_is_held_back_counts_as_had_for_another_newsletter_of_the_house(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    of, another = make.newsletter(), make.newsletter("evening", name="The Evening")
    for each in make.subscriptions(of, house, 130):
        make.also(each, another)
    first = drafted(of)
    editions.send(first.id, house)
    make.send_all(house)
    assert len(outbox) == 100

    clock.shift(timedelta(minutes=5))
    window = editions.Window(now() - timedelta(days=1), now())
    articles = articles_of(first.id)
    second = editions.draft(another.id, window, articles, PLAIN_LAYOUT, Readers(once_in_house=True))
    editions.send(second.id, house)
    make.send_all(house)

    assert len(outbox) == 100
    assert progress(second).as_dict()["skipped"] == 130
