"""Erasing: what is left of a person is a key, in the database as in its file; and only they come back."""

from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, cast, func, select, text
from sqlalchemy.engine import make_url

from newsletter.core.db import db, transaction
from newsletter.core.errors import NotFound
from newsletter.delivery import service as delivery
from newsletter.delivery.models import Delivery, Lane
from newsletter.delivery.policy import Rules
from newsletter.delivery.queries import ledger
from newsletter.delivery.service.recording import Answer
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result
from newsletter.schema import metadata
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.service import Origin, Wish, answer_sign_ups, confirm, erase, sign_up
from newsletter.suppressions.models import Reason
from newsletter.suppressions.queries import find_suppression
from newsletter.suppressions.service import suppress
from tests import make

ADDRESS, ENTERED, NAME, IP = (
    "Annabel.Quimby@example.org",
    "Annabel.Quimby@EXAMPLE.org",
    "Annabel Quimby",
    "198.51.100.77",
)
TRACES = ("annabel", "quimby", IP, "Navigator-of-Annabel")


def lived(house: House, outbox: list[Envelope]) -> Subscription:
    """Somebody signs up with all there is, confirms, and gets an edition that is refused with their address."""
    of = make.newsletter(greets=True)
    origin = make.form(ip=IP, user_agent="Navigator-of-Annabel/5", page="https://paper.example/about-annabel")
    sign_up(
        ENTERED, ["courier"], origin, house, Wish(name=NAME, topics=["Quimby Harbour"], authors=["Ines Marlow"])
    )
    answer_sign_ups(house)
    make.send_all(house)
    confirm(make.token_in(outbox[0], "confirm"), Origin("link", ip=IP), house)
    make.send_all(house)
    editions.send(make.edition(of, [make.article(make.source())]).id, house)
    leased = delivery.lease(delivery.Lessee("a-worker", "memory:"), Lane.BULK, 10).leased
    words = f"550 5.2.2 <{ADDRESS}>: mailbox of Annabel is full"
    answers = [
        Answer(each, Outcome(each.id, Result.DEFERRED, Blame.MAILBOX, Phase.RCPT, words)) for each in leased
    ]
    delivery.record(answers, "a-worker", "memory:", Rules())
    assert leased
    [subscription] = db.session.scalars(select(Subscription)).all()
    return subscription


def traces() -> list[str]:
    """Where one of the traces is found in any column of any table."""
    found = []
    for table in metadata.sorted_tables:
        for row in db.session.execute(select(table)).mappings():
            found += [
                f"{table.name}.{name}: {value!r:.80}"
                for name, value in row.items()
                if any(trace.lower() in repr(value).lower() for trace in TRACES)
            ]
    return found


def test_before_there_are_traces_and_after_there_is_none(house: House, outbox: list[Envelope]) -> None:
    person = lived(house, outbox)
    assert len(traces()) > 8

    erase(person.subscriber_id)

    assert traces() == []


def test_not_even_in_the_bytes_of_the_file(house: House, outbox: list[Envelope]) -> None:
    if not house.settings.is_sqlite:
        # What PostgreSQL keeps of deleted rows is for VACUUM; docs/privacy.md says so.
        assert db.session.scalar(text("SELECT count(*) FROM subscribers")) == 0
        return
    person = lived(house, outbox)
    path = Path(str(make_url(house.settings.database_url).database))

    erase(person.subscriber_id)

    for file in (path, Path(f"{path}-wal"), *house.settings.spool.rglob("*")):
        data = file.read_bytes().lower() if file.is_file() else b""
        assert not [trace for trace in TRACES if trace.lower().encode() in data], file


def test_the_sums_of_what_was_sent_stay(house: House, outbox: list[Envelope]) -> None:
    person = lived(house, outbox)
    mailings = db.session.scalars(select(Delivery.mailing_id).distinct()).all()
    before = [ledger(mailing_id).audience for mailing_id in mailings]

    erase(person.subscriber_id)

    after = [ledger(mailing_id) for mailing_id in mailings]
    assert [each.audience for each in after] == before
    assert all(each.is_balanced for each in after)
    assert sum(each.open for each in after) == 0


def test_what_is_in_a_workers_hands_comes_back_without_a_name(house: House, outbox: list[Envelope]) -> None:
    of = make.newsletter()
    person = make.subscription(of, house, ADDRESS)
    editions.send(make.edition(of, [make.article(make.source())]).id, house)
    [leased] = delivery.lease(delivery.Lessee("a-worker", "memory:"), Lane.BULK, 10).leased

    erase(person.subscriber_id)
    outcome = Outcome(leased.id, Result.DEFERRED, Blame.MAILBOX, Phase.DOT, f"451 4.2.0 <{ADDRESS}> later")
    delivery.record([Answer(leased, outcome)], "a-worker", "memory:", Rules())

    assert traces() == []
    assert delivery.lease(delivery.Lessee("a-worker", "memory:"), Lane.BULK, 10).leased == []


def test_nobody_writes_to_who_was_erased_and_only_they_can_come_back(house: House, outbox: list[Envelope]) -> None:
    person = lived(house, outbox)
    key = person.subscriber.address_key
    erase(person.subscriber_id)
    outbox.clear()

    make.signed_up(ADDRESS, house)
    make.send_all(house)
    assert [make.parsed(mail)["Subject"] for mail in outbox] == ["Please confirm your subscription to The Courier"]
    assert find_suppression(key)

    confirm(make.token_in(outbox[0], "confirm"), Origin("link"), house)
    assert find_suppression(key) is None


def test_a_complaint_outlives_the_erasure(house: House, outbox: list[Envelope]) -> None:
    person = lived(house, outbox)
    key = person.subscriber.address_key
    suppress(key, Reason.COMPLAINT, f"<{ADDRESS}> complained")
    erase(person.subscriber_id)
    outbox.clear()

    make.signed_up(ADDRESS, house)
    make.send_all(house)

    kept = find_suppression(key)
    assert kept
    assert (kept.reason, kept.words, outbox) == (Reason.COMPLAINT, "", [])


def test_erasing_twice_says_that_nobody_is_there(house: House, outbox: list[Envelope]) -> None:
    subscriber_id = lived(house, outbox).subscriber_id
    erase(subscriber_id)

    with pytest.raises(NotFound):
        erase(subscriber_id)


def test_an_erased_reader_of_a_large_edition_is_found_by_keys(house: House, outbox: list[Envelope]) -> None:
    of = make.newsletter()
    people = make.subscriptions(of, house, 50)
    editions.send(make.edition(of, [make.article(make.source())]).id, house)
    with transaction():
        erase(people[7].subscriber_id)

    nameless = select(func.count()).where(Delivery.address == "", cast(Delivery.words, LargeBinary) == b"")
    assert db.session.scalar(nameless) == 1
