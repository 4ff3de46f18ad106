"""Nobody waits while parts of an edition are rendered: that is done before the transaction, and checked in it."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy.engine import make_url

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.errors import Conflict
from newsletter.digests.service import run_due
from newsletter.editions import service
from newsletter.editions.models import Edition
from newsletter.editions.policy import EditionStatus
from newsletter.editions.policy.splitting import Arm
from newsletter.editions.queries import editions
from newsletter.mail.house import House
from newsletter.mail.message import Content, Envelope
from newsletter.mail.render import Renderer
from newsletter.newsletters.models import Newsletter
from tests import make
from tests.delivery.test_plans import on_sqlite
from tests.digests.reading import had

__all__ = ["on_sqlite"]

WORDS = ("Harbour", "Football", "Regatta")
HELD = "the write lock is held"


class Watching(Renderer):
    """Before each edition that it renders it does something, and notes what that has answered."""

    def __init__(self, renderer: Renderer, do: Callable[[], str]) -> None:
        self._renderer, self._do = renderer, do
        self.answers: list[str] = []

    def render(self, name: str, values: Mapping[str, object]) -> Content:
        self.answers.append(self._do())
        return self._renderer.render(name, values)


@pytest.fixture
def house(on_sqlite: House) -> House:
    """Whatever database the other tests run on: on PostgreSQL nobody waits, and nothing is rendered ahead."""
    return on_sqlite


@pytest.fixture
def of(house: House) -> Newsletter:
    """Three readers follow one word each, another one gets it all."""
    of = make.newsletter()
    for word in WORDS:
        make.wish(make.subscription(of, house, f"{word.lower()}@example.org"), topics=[word])
    make.subscription(of, house, "all@example.org")
    return of


def drafted(of: Newsletter) -> Edition:
    source = make.source()
    return make.edition(of, [make.article(source, word, topics=[word]) for word in WORDS])


def write(*statements: str) -> str:
    """As another process does, which gives up at once when it would have to wait."""
    path = str(make_url(str(db.engine.url)).database)
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as link:
        try:
            link.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return HELD
        for each in statements:
            link.execute(each)
        link.execute("COMMIT")
    return ""


def once(*statements: str) -> Callable[[], str]:
    left = [partial(write, *statements)]
    return lambda: left.pop()() if left else ""


def watched(house: House, do: Callable[[], str]) -> tuple[House, Watching]:
    watching = Watching(house.renderer, do)
    return replace(house, renderer=watching), watching


def test_whoever_signs_up_or_leaves_waits_for_one_rendering_whatever_the_number_of_parts(
    of: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    watched_house, watching = watched(house, lambda: write("UPDATE newsletters SET name = name"))

    service.send(drafted(of).id, watched_house)
    make.send_all(house)

    # The whole of it is looked at once more by who holds the lock.
    assert watching.answers == ["", "", "", HELD]
    assert had(outbox) == {
        "all@example.org": [list(WORDS)],
        **{f"{word.lower()}@example.org": [[word]] for word in WORDS},
    }


def test_both_of_two_subjects_are_rendered_ahead_and_neither_gets_the_words_of_the_other(
    of: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    make.subscriptions(of, house, 130)
    edition = drafted(of)
    service.call(edition.id, "Our own words")
    service.split(edition.id, "Other words", 0.1, timedelta(hours=1))
    watched_house, watching = watched(house, lambda: write("UPDATE newsletters SET name = name"))

    service.send(edition.id, watched_house)
    make.send_all(house)
    service.watch_canaries(house)
    service.choose(edition.id, Arm.OTHER)
    make.send_all(house)

    assert watching.answers == [*[""] * 6, HELD, HELD]
    [mail] = [each for each in outbox if each.recipient == "harbour@example.org"]
    assert [each for each in WORDS if each in make.text_of(mail)] == ["Harbour"]
    assert {make.parsed(each)["Subject"] for each in outbox} == {"Our own words", "Other words"}


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ("UPDATE articles SET title = 'Harbour, corrected' WHERE title = 'Harbour'", "Harbour, corrected"),
        ("UPDATE newsletters SET footer = 'Yours, the desk'", "Yours, the desk"),
        ("UPDATE newsletters SET postal_address = 'Pier 9'", "Pier 9"),
        ('UPDATE editions SET notes = \'{"": "A word from the desk."}\'', "A word from the desk."),
    ],
)
def test_what_changes_after_it_was_rendered_is_what_readers_get(
    of: Newsletter, house: House, outbox: list[Envelope], change: str, seen: str
) -> None:
    edition = drafted(of)
    watched_house, watching = watched(house, once(change))

    service.send(edition.id, watched_house)
    make.send_all(house)

    [mail] = [each for each in outbox if each.recipient == "harbour@example.org"]
    assert seen in make.text_of(mail)
    assert len(watching.answers) == 7


def test_a_choice_that_comes_meanwhile_is_heeded_and_alone_rendered_with_the_lock_held(
    of: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    edition = drafted(of)
    follows = "INSERT INTO follows (subscription_id, kind, value) SELECT {}, 'topic', '{}'"
    all_of_it = make.subscription(of, house, "late@example.org").id
    watched_house, watching = watched(
        house, once(follows.format(all_of_it, "harbour"), follows.format(all_of_it, "regatta"))
    )

    service.send(edition.id, watched_house)
    make.send_all(house)

    assert had(outbox)["late@example.org"] == [["Harbour", "Regatta"]]
    assert len(watching.answers) == 5


def test_an_edition_that_somebody_else_sends_meanwhile_is_not_sent_again(
    of: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    edition = drafted(of)
    watched_house, _ = watched(house, once("UPDATE editions SET status = 'sending'"))

    with pytest.raises(Conflict, match="sending"):
        service.send(edition.id, watched_house)
    assert outbox == []


def test_a_slot_whose_edition_has_parts_leaves_it_to_the_next_tick(
    of: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    digest = make.digest(of, [source := make.source()])
    for word in WORDS:
        make.article(source, word, topics=[word])
    digest.aim(now() - timedelta(seconds=1))
    db.session.commit()

    watched_house, watching = watched(house, lambda: write("UPDATE newsletters SET name = name"))
    run_due(watched_house)
    [edition] = editions()
    by_then = edition.status, len(watching.answers)
    service.send_due(watched_house)
    make.send_all(house)

    assert by_then == (EditionStatus.SCHEDULED, 1)
    assert watching.answers.count(HELD) == 2
    assert len(outbox) == 4
