"""F-29, F-39, F-41: slots slept through, what looks like a template, and an edition without end."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.digests.queries import runs
from newsletter.digests.service import Rule, add_digest, run, run_due
from newsletter.editions.models import Edition
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.mail.render import HTML_LIMIT
from newsletter.subscriptions.policy import Cadence
from tests import make
from tests.core.servers import saying
from tests.faults.test_feeds import Feeds, assert_sound, feed, feeds, html_of, sent

__all__ = ["feeds"]

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

BOMBS = (
    "{{ 7 * 7 }}",
    "{% for a in range(10**9) %}x{% endfor %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ config.SECRET_KEYS }}{{ self._TemplateReference__context }}",
    "${7*7} #{7*7} <%= 7*7 %> {{{x}}} {# x #} {{",
    "%(unsubscribe_url)s {unsubscribe_url} \ue000unsubscribe_url\ue001",
)


def test_f39_what_looks_like_a_template_is_printed_or_stopped_and_never_run(
    house: House, outbox: list[Envelope], feeds: Feeds
) -> None:
    hostile, _ = feeds(saying(feed("Plain first", *BOMBS, body=" ".join(BOMBS))))
    mail = sent(house, outbox, [hostile])

    assert_sound(mail)
    text = make.text_of(mail)
    assert "{{ 7 * 7 }}" in text
    assert "__mro__" in text
    assert house.settings.secret_keys[0] not in text + html_of(mail)
    assert not re.search(r"\b49\b", text)


def test_f39_a_placeholder_in_the_subject_stops_the_edition_before_anything_leaves(
    house: House, outbox: list[Envelope]
) -> None:
    of = make.newsletter()
    make.subscription(of, house)
    make.digest(of, [source := make.source()])
    make.article(source, "Dear {{ name }}", at=now() - timedelta(minutes=1))
    ran = run(1, now(), house)
    make.send_all(house)

    assert "nothing replaces" in ran.reason
    assert outbox == []


def test_f41_a_giant_digest_stays_below_the_limit_with_its_footer(
    house: House, outbox: list[Envelope], feeds: Feeds
) -> None:
    titles = [f"Story {number} " + ("長い見出し" * 20 if number % 3 else "w" * 300) for number in range(100)]
    giant, _ = feeds(saying(feed(*titles, body="<p>" + "five kilobytes of words " * 210 + "</p>")))
    mail = sent(house, outbox, [giant])

    assert_sound(mail)
    html, text = html_of(mail), make.text_of(mail)
    assert len(html.encode()) <= HTML_LIMIT + 2000
    for part in (html, text):
        assert "Quay 1" in part
        assert "/unsubscribe/" in part
    assert len(re.findall(r"Story\s+\d+", text)) >= 10


def test_f29_of_four_hours_slept_through_one_slot_is_noted_and_none_is_sent_twice(house: House) -> None:
    of = make.newsletter()
    make.subscription(of, house)
    source = make.source()
    hourly = add_digest("hourly", of.slug, Rule("0 * * * *"), [source.id])
    make.article(source)
    later = hourly.next_due_at + timedelta(hours=4, minutes=10)

    with time_machine.travel(later, tick=False):
        for _ in range(3):
            run_due(house)

    # Past midnight the slot is the day's for daily readers too, of whom there are none.
    assert len([run for run in runs(hourly.id) if run.cadence == Cadence.EACH]) == 1
    assert db.session.scalar(select(func.count()).select_from(Edition)) == 1
