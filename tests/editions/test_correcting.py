"""A correction reaches those who have got the article, still want our mail, and nobody else."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from time_machine import Traveller

from newsletter.articles.models import Article
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict, EditionUnfit, InvalidInput, NotFound
from newsletter.delivery.models import Delivery
from newsletter.delivery.policy import Status
from newsletter.delivery.service import sum_up
from newsletter.editions import service
from newsletter.editions.models import Edition
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import edition, other_carriers, progress
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.links import unsubscribe_link
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.service import unsubscribe
from newsletter.subscriptions.service.erasing import erase
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make

WORDS = "The ferry leaves at **nine**, not at eight."
CONFIRMED = {
    "status": SubscriptionStatus.CONFIRMED,
    "nonce": "second",
    "requested_at": datetime(2026, 11, 1, tzinfo=UTC),
}
READERS = ("ann", "bob", "cleo", "dan")


@pytest.fixture
def wrong(house: House, outbox: list[Envelope], clock: Traveller) -> Article:
    """An article that went to four readers of the Courier; `eve` has signed up since."""
    of = make.newsletter()
    for name in READERS:
        make.subscription(of, house, f"{name}@example.org")
    article = make.article(make.source(), "Ferry leaves at eight")
    send(of, article, house)
    make.subscription(of, house, "eve@example.org")
    return article


def send(of: Newsletter, article: Article, house: House) -> Edition:
    sent = service.send(make.edition(of, [article]).id, house)
    make.send_all(house)
    service.follow_mailings()
    return sent


def courier() -> Newsletter:
    return db.session.scalars(select(Newsletter).where(Newsletter.slug == "courier")).one()


def told(house: House, outbox: list[Envelope], number: int) -> list[str]:
    """Who gets it, once it is sent."""
    outbox.clear()
    sent = service.send(number, house)
    make.send_all(house)
    account = progress(edition(sent.id))
    assert account.is_balanced
    assert account.open == 0
    return sorted(mail.recipient.partition("@")[0] for mail in outbox)


def person(name: str) -> Subscriber:
    return db.session.scalars(select(Subscriber).where(Subscriber.address == f"{name}@example.org")).one()


def leave(name: str, house: House) -> None:
    link = unsubscribe_link("", courier().id)
    unsubscribe(house.signer.sign(link.purpose, {**link.claims, "s": person(name).id}, at=now()), make.FORM, house)


def test_it_goes_to_those_who_have_got_the_article_and_says_what_is_right(
    house: House, wrong: Article, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(timedelta(hours=1))
    drafted = service.correct(1, wrong.id, WORDS)

    assert (drafted.status, drafted.number, drafted.corrects) == (EditionStatus.DRAFT, 2, wrong.id)
    assert told(house, outbox, drafted.id) == list(READERS)
    mail = make.parsed(outbox[0])
    assert mail["Subject"] == "Correction: Ferry leaves at eight"
    assert mail["List-Unsubscribe"]
    text = " ".join(make.text_of(outbox[0]).split())
    assert "The ferry leaves at **nine**, not at eight." in text
    assert "Ferry leaves at eight" in text


def test_who_has_left_was_erased_or_must_not_be_mailed_in_between_hears_nothing(
    house: House, wrong: Article, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(timedelta(hours=1))
    drafted = service.correct(1, wrong.id, WORDS)
    leave("ann", house)
    erase(person("bob").id)
    suppress(person("cleo").address_key, Reason.COMPLAINT)

    assert told(house, outbox, drafted.id) == ["dan"]


def test_who_leaves_once_it_is_queued_hears_nothing_either(
    house: House, wrong: Article, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(timedelta(hours=1))
    outbox.clear()
    sent = service.send(service.correct(1, wrong.id, WORDS).id, house)
    leave("ann", house)
    erase(person("bob").id)
    make.send_all(house)

    assert sorted(mail.recipient for mail in outbox) == ["cleo@example.org", "dan@example.org"]
    account = progress(edition(sent.id)).as_dict()
    assert (account["audience"], account["accepted"], account["cancelled"]) == (4, 2, 2)


@pytest.mark.parametrize("status", list(Status))
def test_it_counts_what_became_of_the_delivery(
    house: House, wrong: Article, outbox: list[Envelope], clock: Traveller, status: Status
) -> None:
    clock.shift(timedelta(hours=1))
    with transaction():
        db.session.execute(
            update(Delivery).where(Delivery.subscriber_id == person("ann").id).values(status=status)
        )

    hears = status in {Status.ACCEPTED, Status.UNKNOWN}
    assert ("ann" in told(house, outbox, service.correct(1, wrong.id, WORDS).id)) == hears


def test_a_reader_with_a_new_address_gets_it_there(
    house: House, wrong: Article, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(timedelta(hours=1))
    with transaction():
        moved = person("ann")
        moved.address, moved.address_key = "ann@elsewhere.example", "another key"

    service.send(service.correct(1, wrong.id, WORDS).id, house)
    make.send_all(house)
    assert "ann@elsewhere.example" in {mail.recipient for mail in outbox}


def test_of_an_article_in_two_newsletters_each_tells_its_own_and_nobody_is_told_twice(
    house: House, wrong: Article, outbox: list[Envelope], clock: Traveller
) -> None:
    evening = make.newsletter("evening", name="The Evening")
    with transaction():
        for name in ("ann", "eve"):
            db.session.add(Subscription(**CONFIRMED, subscriber_id=person(name).id, newsletter_id=evening.id))
    clock.shift(timedelta(hours=1))
    second = send(evening, wrong, house)
    clock.shift(timedelta(hours=1))
    first, other = service.correct(1, wrong.id, WORDS), service.correct(second.id, wrong.id, WORDS)

    assert [each.id for each in other_carriers(wrong.id, courier().id)] == [second.id]
    assert told(house, outbox, first.id) == list(READERS)
    assert told(house, outbox, other.id) == ["eve"]
    clock.shift(timedelta(hours=1))
    again = service.correct(second.id, wrong.id, "It leaves at ten after all.")
    assert told(house, outbox, again.id) == ["ann", "eve"]


def test_a_second_correction_of_one_article_reaches_the_same(
    house: House, wrong: Article, outbox: list[Envelope], clock: Traveller
) -> None:
    for words in (WORDS, "Nor at nine: at ten."):
        clock.shift(timedelta(hours=1))
        assert told(house, outbox, service.correct(1, wrong.id, words).id) == list(READERS)


def test_it_is_held_and_approved_and_stopped_by_the_gate_as_any_edition(
    house: House, wrong: Article, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(timedelta(hours=1))
    drafted = service.correct(1, wrong.id, WORDS)
    service.call(drafted.id, "Dear {{ name }}")
    service.hold(drafted.id)
    with pytest.raises(EditionUnfit):
        service.approve(drafted.id, house)
    service.call(drafted.id, "Correction")
    service.approve(drafted.id, house)
    outbox.clear()
    service.send_due(house)
    make.send_all(house)

    assert sorted(mail.recipient for mail in outbox) == [f"{name}@example.org" for name in READERS]


def test_what_cannot_be_corrected_is_refused_and_leaves_nothing_behind(
    house: House, wrong: Article, clock: Traveller
) -> None:
    clock.shift(timedelta(hours=1))
    strange = make.article(make.source())
    waiting = make.edition(courier(), [strange])
    for text in ("", " \n", "x" * 5001):
        with pytest.raises(InvalidInput) as refused:
            service.correct(1, wrong.id, text)
        assert refused.value.field == "text"
    with pytest.raises(InvalidInput, match=f"does not carry article {strange.id}"):
        service.correct(1, strange.id, WORDS)
    with pytest.raises(NotFound):
        service.correct(99, wrong.id, WORDS)
    with pytest.raises(Conflict, match="has left"):
        service.correct(waiting.id, strange.id, WORDS)
    clock.shift(timedelta(days=1))
    sum_up(now())
    with pytest.raises(Conflict, match="Nobody"):
        service.correct(1, wrong.id, WORDS)

    assert db.session.scalars(select(Edition.id).where(Edition.corrects.is_not(None))).all() == []


def test_what_somebody_writes_into_it_is_text(
    house: House, wrong: Article, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(timedelta(hours=1))
    words = "<script>alert(1)</script> [here](javascript:alert(1)) {{ 7*7 }} \r\nBcc: eve@example.org"
    told(house, outbox, service.correct(1, wrong.id, words).id)

    for mail in outbox:
        html = make.parsed(mail).get_body(("html",))
        assert html
        assert "<script" not in html.get_content()
        assert 'href="javascript' not in html.get_content()
        assert make.parsed(mail)["Bcc"] is None
        assert "{{ 7*7 }}" in make.text_of(mail)
