"""Who gets which articles of an edition, and at which hour; all of them in one account."""

from datetime import timedelta

import pytest
from time_machine import Traveller

from newsletter.articles.models import Article
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.models import MailingVariant
from newsletter.delivery.policy import Cause, Status
from newsletter.delivery.queries import reasons
from newsletter.editions import service
from newsletter.editions.models import Edition, EditionPart
from newsletter.editions.policy import EVERYBODY, PLAIN_LAYOUT, Readers
from newsletter.editions.queries import edition, progress
from newsletter.editions.queries.readers import groups
from newsletter.editions.service import grouping
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.service.consent import Named, Origin
from newsletter.subscriptions.service.preferring import leave
from tests import make
from tests.digests.reading import had


@pytest.fixture
def of(house: House, clock: Traveller) -> Newsletter:
    return make.newsletter(timezone="Europe/Zurich")


def three() -> list[Article]:
    source = make.source()
    return [
        make.article(source, "Harbour", topics=["Harbour"]),
        make.article(source, "Football", topics=["Sport", "Été"], author="Ada Berg"),
        make.article(source, "Harbour regatta", topics=["harbour", "sport"]),
    ]


def sent(of: Newsletter, carried: list[Article], house: House, readers: Readers = EVERYBODY) -> Edition:
    window = service.Window(now() - timedelta(days=1), now())
    return service.send(service.draft(of.id, window, carried, PLAIN_LAYOUT, readers).id, house)


def states(of: Edition) -> dict[Status, int]:
    assert progress(of).is_balanced
    return {status: count for status, count in progress(of).states.items() if count}


def test_who_follows_topics_gets_those_only_and_who_finds_nothing_is_counted_as_skipped(
    of: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    for address, topics in {"all": (), "sport": ("SPORT",), "both": ("sport", "harbour"), "art": ("art",)}.items():
        make.wish(make.subscription(of, house, f"{address}@example.org"), topics=topics)

    chosen = sent(of, three(), house)
    make.send_all(house)

    assert had(outbox) == {
        "all@example.org": [["Harbour", "Football", "Harbour regatta"]],
        "both@example.org": [["Harbour", "Football", "Harbour regatta"]],
        "sport@example.org": [["Football", "Harbour regatta"]],
    }
    [sport] = [each for each in outbox if each.recipient == "sport@example.org"]
    assert make.parsed(sport)["Subject"] == "Football, and 1 more"
    assert states(chosen) == {Status.ACCEPTED: 3, Status.SKIPPED: 1}
    [reason] = reasons(chosen.mailing_id or 0)
    assert (reason.cause, reason.wordings[0].example) == (Cause.NOTHING, grouping.NOTHING_FOLLOWED)


def test_topics_are_compared_without_regard_to_case_in_any_alphabet(
    of: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    make.wish(make.subscription(of, house, "ete@example.org"), topics=["éTÉ"])

    sent(of, three(), house)
    make.send_all(house)

    assert had(outbox) == {"ete@example.org": [["Football"]]}


def test_a_subject_given_by_hand_stays_for_every_part(
    of: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    make.wish(make.subscription(of, house), topics=["sport"])
    drafted = make.edition(of, three())
    service.call(drafted.id, "Our own words")

    service.send(drafted.id, house)
    make.send_all(house)

    assert make.parsed(outbox[0])["Subject"] == "Our own words"


def test_two_hundred_choices_are_rendered_once_for_each_different_part(of: Newsletter, house: House) -> None:
    for number in range(200):
        make.wish(make.subscription(of, house), topics=[["sport", "harbour", "été"][number % 3], f"x{number}"])

    chosen = sent(of, three(), house)

    # Harbour and regatta, football and regatta, football.
    assert db.session.query(MailingVariant).count() == 3
    assert [(each.articles, each.readers) for each in groups(chosen)] == [(2, 134), (1, 66)]


def test_more_choices_than_can_be_made_ahead_send_the_rarest_the_whole(of: Newsletter, house: House) -> None:
    for address, topic in {"a": "sport", "b": "sport", "c": "harbour"}.items():
        make.wish(make.subscription(of, house, f"{address}@example.org"), topics=[topic])

    drafted, carried = make.edition(of, three()), three()

    with transaction(), grouping.grouped(drafted, carried, most=1) as found:
        rows = db.session.execute(found.recipients).all()

    assert {each.address[0]: each.variant for each in rows} == {"a": 1, "b": 1, "c": 0}
    assert [[each.title for each in part.articles] for part in found.parts] == [["Football", "Harbour regatta"]]


def test_each_reader_gets_it_at_their_own_hour_with_that_date_and_nobody_sooner(
    of: Newsletter, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    # It is Monday, 09:00 UTC: 10:00 in Zurich, 04:00 in New York.
    wishes = {"now": (None, ""), "noon": (12, ""), "york": (7, "America/New_York"), "early": (9, "")}
    for name, (hour, zone) in wishes.items():
        make.hour(make.subscription(of, house, f"{name}@example.org"), hour, zone)

    chosen = sent(of, three(), house)
    seen = []
    for at in ("09:00", "10:59", "11:00", "12:00"):
        clock.move_to(f"2026-11-23T{at}:00+00:00")
        make.send_all(house)
        service.follow_mailings()
        seen.append((len(outbox), states(chosen).get(Status.QUEUED, 0), edition(chosen.id).status))
    waiting = [(each.due_at, each.readers, each.waiting) for each in groups(chosen)]
    clock.move_to("2026-11-24T08:00:00+00:00")
    make.send_all(house)
    service.follow_mailings()

    assert seen == [(1, 3, "sending"), (1, 3, "sending"), (2, 2, "sending"), (3, 1, "sending")]
    assert [each[1:] for each in waiting] == [(1, 0), (1, 0), (1, 0), (1, 1)]
    assert edition(chosen.id).status == "sent"
    dates = {each.recipient: make.parsed(each)["Date"] for each in outbox}
    assert dates["york@example.org"] == "Mon, 23 Nov 2026 12:00:00 +0000"
    assert dates["early@example.org"] == "Tue, 24 Nov 2026 08:00:00 +0000"


def test_the_publishers_hour_is_for_who_says_a_zone_and_no_hour(
    of: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    make.hour(make.subscription(of, house, "york@example.org"), None, "America/New_York")
    make.subscription(of, house, "home@example.org")

    chosen = sent(of, three(), house, Readers(local_hour=7))
    make.send_all(house)

    assert list(had(outbox)) == ["home@example.org"]
    assert [each.due_at for each in groups(chosen)][1].isoformat() == "2026-11-23T12:00:00+00:00"  # type: ignore[union-attr]


def test_who_waits_for_their_hour_can_leave_and_the_edition_be_paused_or_cancelled(
    of: Newsletter, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    people = [make.subscription(of, house) for _ in range(3)]
    for person in people:
        make.hour(person, 12)
    chosen = sent(of, three(), house)

    leave(Named(people[0].subscriber_id, of.id), Origin("test"))
    service.pause(chosen.id)
    clock.move_to("2026-11-23T13:00:00+00:00")
    make.send_all(house)
    assert (len(outbox), states(chosen)) == (0, {Status.QUEUED: 2, Status.CANCELLED: 1})
    service.resume(chosen.id)
    service.cancel(chosen.id)
    make.send_all(house)

    assert (len(outbox), states(chosen)) == (0, {Status.CANCELLED: 3})


def test_an_article_comes_once_to_who_reads_two_newsletters_unless_the_rule_says_otherwise(
    of: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    other, carried = make.newsletter("evening"), three()
    make.subscription(of, house, "one@example.org")
    both = make.subscription(other, house, "both@example.org")
    make.subscription(other, house, "two@example.org")
    make.also(both, of)
    sent(of, carried[:2], house)
    make.send_all(house)
    outbox.clear()

    chosen = sent(other, carried, house, Readers(once_in_house=True))
    make.send_all(house)
    assert had(outbox) == {
        "two@example.org": [["Harbour", "Football", "Harbour regatta"]],
        "both@example.org": [["Harbour regatta"]],
    }
    assert states(chosen) == {Status.ACCEPTED: 2}

    third = make.newsletter("third")
    make.also(both, third)
    full = sent(third, carried, house, Readers(once_in_house=True))
    assert states(full) == {Status.SKIPPED: 1}
    assert reasons(full.mailing_id or 0)[0].wordings[0].example == grouping.HAD_IT_ALL


def test_who_was_left_out_by_topic_gets_the_article_from_another_newsletter(
    of: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    other, carried = make.newsletter("evening"), three()
    both = make.subscription(of, house, "both@example.org")
    make.wish(both, topics=["sport"])
    make.also(both, other)
    sent(of, carried, house)

    sent(other, carried, house, Readers(once_in_house=True))
    make.send_all(house)

    assert had(outbox)["both@example.org"] == [["Football", "Harbour regatta"], ["Harbour"]]


def test_a_newsletter_that_greets_keeps_names_and_parts_apart(house: House, outbox: list[Envelope]) -> None:
    greeting = make.newsletter("greeting", greets=True)
    for name, topics in (("Ann", ["sport"]), ("", ["sport"]), ("Bob", []), ("", [])):
        person = make.subscription(greeting, house, f"{name.lower() or 'x'}{len(topics)}@example.org")
        make.wish(person, topics=topics)
        person.subscriber.name = name
    db.session.commit()

    chosen = sent(greeting, three(), house)
    make.send_all(house)

    texts = {each.recipient: make.text_of(each) for each in outbox}
    assert "Dear Ann," in texts["ann1@example.org"]
    assert "Dear reader," in texts["x1@example.org"]
    assert "Dear Bob," in texts["bob0@example.org"]
    assert "Dear reader," in texts["x0@example.org"]
    assert {name: len(mails[0]) for name, mails in had(outbox).items()} == {
        "ann1@example.org": 2,
        "x1@example.org": 2,
        "bob0@example.org": 3,
        "x0@example.org": 3,
    }
    assert [(each.articles, each.readers) for each in groups(chosen)] == [(3, 2), (2, 2)]


def test_where_nobody_has_a_wish_nothing_of_it_is_made(of: Newsletter, house: House) -> None:
    make.subscriptions(of, house, 3)
    drafted = make.edition(of, three())

    with make.statements() as seen:
        service.send(drafted.id, house)

    assert not [each for each in seen if "TEMPORARY" in each or "cadence" in each.partition("FROM subscribers")[2]]
    assert db.session.query(EditionPart).count() == 0
