"""F-27: the wall clock steps back an hour and forward a day while an edition goes out."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from newsletter.core.db import db
from newsletter.core.settings import from_mapping
from newsletter.delivery.policy import Status
from newsletter.digests.service import run_due
from newsletter.editions.models import Edition
from newsletter.mail.house import House, make_house
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions import service as subscriptions
from newsletter.subscriptions.service import Origin
from tests import make
from tests.faults.case import Bounds, Case
from tests.faults.invariants import check_all
from tests.faults.oneclick import has_left, link_of
from tests.faults.receiver import Receiver
from tests.faults.stage import Stage, readers

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

SHORTLY_AFTER_THE_SLOT = "2026-11-23T07:00:00+00:00"


def house_at(stage: Stage, receiver: Receiver) -> House:
    """In this process, because nobody can set the clock of another one."""
    environment = stage.environment({"NEWSLETTER_BACKENDS": receiver.url()})
    return make_house(from_mapping({name: text for name, text in environment.items() if "NEWSLETTER_" in name}))


def editions_of(newsletter: Newsletter) -> int:
    db.session.rollback()
    statement = select(func.count()).select_from(Edition).where(Edition.newsletter_id == newsletter.id)
    return int(db.session.scalar(statement) or 0)


def test_a_clock_that_steps_runs_no_slot_again_floods_nobody_and_sends_each_message_once(stage: Stage) -> None:
    receiver = stage.receiver()
    house = house_at(stage, receiver)

    with time_machine.travel(SHORTLY_AFTER_THE_SLOT) as clock:
        daily = make.newsletter("daily", timezone="UTC")
        source = make.source()
        make.digest(daily, [source])
        edition = stage.publish(readers(200))
        with make.sender(house) as sender:
            sender.send_slice()
            sent_at_first = len(receiver.accepted)
            runs = []
            for hours in (-1, 25, -24, 24, 1):
                clock.shift(timedelta(hours=hours))
                make.article(source)
                run_due(house)
                while sender.send_slice():
                    pass
                runs.append(editions_of(daily))

        case = Case("F-27", "clock_back_1h / forward_1d", stage, edition, Bounds(tries=1))
        check_all(case)
    assert 0 < sent_at_first < 200
    assert runs == [0, 1, 1, 1, 1]
    assert case.states == {Status.ACCEPTED: 200}


def test_a_link_made_four_minutes_from_now_works_all_the_same(stage: Stage) -> None:
    receiver = stage.receiver()
    house = house_at(stage, receiver)
    audience = readers(20)

    with time_machine.travel(SHORTLY_AFTER_THE_SLOT) as clock:
        edition = stage.publish(audience)
        make.send_all(house)
        token = link_of(edition, audience[0], house)
        clock.shift(timedelta(minutes=-4))
        subscriptions.unsubscribe(token, Origin("one-click"), house)

        case = Case("F-27", "clock_back_4min, pending links", stage, edition, Bounds(tries=1))
        check_all(case)
    assert has_left(edition, audience[0])
    assert case.states == {Status.ACCEPTED: 20}
