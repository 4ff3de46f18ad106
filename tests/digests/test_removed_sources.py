"""Digests whose sources rest or are gone: nothing more is taken from those, and it is said what to do."""

from datetime import timedelta

import pytest
from flask import Flask
from time_machine import Traveller

from newsletter.articles.models import Source
from newsletter.articles.service import add_source, pause_source, remove_source
from newsletter.core.clock import now
from newsletter.core.errors import InvalidInput
from newsletter.digests.models import Digest
from newsletter.digests.policy import Mark, MarkKind, Outcome, Section, Selection
from newsletter.digests.queries import shown_article, source_ids, sources_by_newsletter
from newsletter.digests.service import Rule, add_digest, gaps, mark, offer_follows, propose, rule_by, run, ties
from newsletter.editions.queries import articles_of
from newsletter.mail.house import House
from newsletter.subscriptions.policy import Cadence
from newsletter.subscriptions.queries import followables
from tests import make


def morning() -> tuple[Digest, Source, Source]:
    harbour, council = make.source(), make.source(title="Council")
    return make.digest(make.newsletter(), [harbour, council]), harbour, council


def titles(digest: Digest, cadence: Cadence = Cadence.EACH) -> list[str]:
    return sorted(each.title for each in propose(digest, now(), cadence).articles)


def test_nothing_is_taken_from_a_removed_source_not_even_what_was_pinned(app: Flask) -> None:
    digest, harbour, council = morning()
    pinned = make.article(harbour, "Pinned", now() - timedelta(days=20))
    make.article(harbour, "Fresh")
    make.article(council, "Council meets")
    mark("morning", pinned.id, Mark(MarkKind.PIN))
    assert titles(digest) == ["Council meets", "Fresh", "Pinned"]

    remove_source(harbour.id)

    assert titles(digest) == ["Council meets"]
    assert source_ids(digest.id) == [council.id]
    add_source(harbour.url)
    assert titles(digest) == ["Council meets", "Fresh", "Pinned"]


def test_what_a_paused_source_has_brought_may_still_go(app: Flask) -> None:
    digest, harbour, _ = morning()
    make.article(harbour, "Fresh")
    pause_source(harbour.id)

    assert titles(digest) == ["Fresh"]
    assert gaps(digest) == [
        f"Source {harbour.id} (The Harbour Desk) is paused; nothing new comes from it until it is resumed."
    ]


def test_a_weekly_edition_takes_nothing_of_it_although_a_daily_one_did(house: House, clock: Traveller) -> None:
    digest, harbour, _ = morning()
    clock.shift(timedelta(days=1))
    make.article(harbour, "Carried on Tuesday", now())
    clock.shift(timedelta(hours=1))
    run(digest.id, now(), house)
    clock.shift(timedelta(days=1))
    assert titles(digest, Cadence.WEEKLY) == ["Carried on Tuesday"]

    remove_source(harbour.id)

    assert titles(digest, Cadence.WEEKLY) == []


def test_what_was_sent_can_still_be_read(house: House) -> None:
    digest, harbour, _ = morning()
    sent = make.article(harbour, "Sent", now() - timedelta(minutes=2))
    ran = run(digest.id, now(), house)
    remove_source(harbour.id)

    assert [each.title for each in articles_of(ran.edition_id or 0)] == ["Sent"]
    assert shown_article(sent.id, now()).title == "Sent"


def test_a_rule_that_names_a_removed_source_is_told_and_not_kept_again(app: Flask) -> None:
    digest, harbour, council = morning()
    sport = Selection(sections=(Section("Port", sources=(harbour.id,)), Section("Town", sources=(council.id,))))
    rule_by("morning", sport)

    remove_source(harbour.id)

    (told,) = gaps(digest)
    assert "was removed, and the rule names it in “Port”: take it out there, or add its address again." in told
    with pytest.raises(InvalidInput, match=f"'Port' has source {harbour.id}, which was removed; take it out"):
        rule_by("morning", sport)
    rule_by("morning", Selection(sections=sport.sections[1:]))
    assert gaps(digest) == [f"Source {harbour.id} (The Harbour Desk) was removed; nothing more comes from it."]
    with pytest.raises(InvalidInput, match=f"Source {harbour.id} was removed; leave it out") as refused:
        add_digest("evening", "courier", Rule("hourly"), [harbour.id])
    assert refused.value.field == "sources"


def test_a_digest_without_any_source_left_says_so_and_sends_nothing(house: House) -> None:
    digest, harbour, council = morning()
    make.article(harbour, "Fresh")
    for each in (harbour, council):
        remove_source(each.id)

    assert "No source is left" in gaps(digest)[-1]
    assert run(digest.id, now(), house).outcome == Outcome.NOTHING_NEW


def test_a_digest_whose_sources_are_all_read_has_no_gaps(app: Flask) -> None:
    assert gaps(morning()[0]) == []


def test_what_only_a_removed_source_had_can_be_followed_no_more(house: House) -> None:
    digest, harbour, council = morning()
    make.article(harbour, author="Ines Marlow")
    offer_follows(house)
    assert followables(digest.newsletter_id) != []

    remove_source(harbour.id)
    remove_source(council.id)
    offer_follows(house)

    assert sources_by_newsletter() == {digest.newsletter_id: []}
    assert followables(digest.newsletter_id) == []


def test_it_is_known_before_what_hangs_on_a_source(house: House) -> None:
    digest, harbour, _ = morning()
    rule_by("morning", Selection(sections=(Section("Port", sources=(harbour.id,)),)))
    make.article(harbour)
    make.article(harbour, at=now() + timedelta(hours=1))
    run(digest.id, now(), house)

    seen = ties(harbour.id)

    assert (seen.articles, seen.editions, seen.digests, seen.sections) == (2, 1, ["morning"], ["morning: Port"])
    assert ties(99) == ties(98)
