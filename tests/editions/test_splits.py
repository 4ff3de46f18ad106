"""Two subjects: half of the first readers get the one, half the other, and the rest what is opened more."""

import re
from collections import Counter
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict, InvalidInput
from newsletter.delivery.models import Delivery
from newsletter.delivery.policy import CanaryRule, Status
from newsletter.delivery.queries import ledger
from newsletter.editions import service as editions
from newsletter.editions.models import Edition, Split
from newsletter.editions.policy import EditionStatus
from newsletter.editions.policy.splitting import Arm, DecidedBy, Tally, better, first_rule
from newsletter.editions.queries import clicks_of
from newsletter.editions.queries import edition as newest
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.service import measure_clicks, send_first
from newsletter.subscriptions.links import unsubscribe_link
from newsletter.subscriptions.service import unsubscribe
from tests import make

READERS = 130
WAIT = timedelta(hours=2)
OWN, OTHER = "The ferry is back", "Who pays for the ferry?"
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux)", "Sec-Fetch-Mode": "navigate"}


@pytest.fixture
def of(house: House, clock: Traveller) -> Newsletter:
    made = make.newsletter()
    make.subscriptions(made, house, READERS)
    measure_clicks(made.slug, counted=True)
    return made


def drafted(of: Newsletter) -> Edition:
    edition = make.edition(of, make.articles(make.source(), 2))
    editions.call(edition.id, OWN)
    editions.split(edition.id, OTHER, 0.1, WAIT)
    return edition


def round_of(house: House) -> None:
    make.send_all(house)
    editions.watch_canaries(house)


def split_of(edition: Edition) -> Split:
    return db.session.get_one(Split, edition.id, populate_existing=True)


def subjects(outbox: list[Envelope]) -> Counter[str]:
    return Counter(str(make.parsed(each)["Subject"]) for each in outbox)


def open_one(client: FlaskClient, envelope: Envelope, who: int) -> None:
    path = re.findall(r"/c/[\w.-]+", make.text_of(envelope))[0]
    assert client.get(path, headers=BROWSER, environ_base={"REMOTE_ADDR": f"192.0.2.{who}"}).status_code == 302


def test_each_half_of_the_first_gets_one_and_the_rest_the_better(
    client: FlaskClient, house: House, of: Newsletter, outbox: list[Envelope], clock: Traveller
) -> None:
    edition = editions.send(drafted(of).id, house)
    round_of(house)
    assert subjects(outbox) == {OWN: 50, OTHER: 50}
    with_other = [each for each in outbox if make.parsed(each)["Subject"] == OTHER]
    for who in range(3):
        open_one(client, with_other[who], who + 1)
    open_one(client, next(each for each in outbox if each not in with_other), 9)

    clock.shift(WAIT)
    round_of(house)
    round_of(house)

    assert subjects(outbox) == {OWN: 50, OTHER: 50 + READERS - 100}
    assert len({each.recipient for each in outbox}) == READERS
    found = split_of(edition)
    assert (found.winner, found.decided_by) == (Arm.OTHER, DecidedBy.CLICKS)
    assert (found.own_sent, found.own_clicks, found.other_sent, found.other_clicks) == (50, 1, 50, 3)
    assert found.own_subject == OWN
    assert newest(edition.id).subject == OTHER
    assert ledger(edition.mailing_id or 0).is_balanced
    editions.follow_mailings()
    assert newest(edition.id).status == EditionStatus.SENT
    assert [told["human"] for _, told in clicks_of(edition.id)] == [4, 0]


def test_the_link_says_which_half_and_nothing_of_the_reader(
    house: House, of: Newsletter, outbox: list[Envelope]
) -> None:
    editions.send(drafted(of).id, house)
    round_of(house)

    marks: dict[str, set[str]] = {OWN: set(), OTHER: set()}
    for each in outbox:
        found = re.findall(r"/c/[\w.-]+", make.text_of(each))
        marks[str(make.parsed(each)["Subject"])].update(found)

    assert [len(each) for each in marks.values()] == [2, 2]
    assert not marks[OWN] & marks[OTHER]


def test_nobody_of_the_rest_gets_anything_before_it_is_decided(
    house: House, of: Newsletter, outbox: list[Envelope], clock: Traveller
) -> None:
    editions.send(drafted(of).id, house)
    round_of(house)

    for _ in range(3):
        clock.shift((WAIT - timedelta(minutes=1)) / 3)
        round_of(house)

    assert len(outbox) == 100


def test_without_a_click_lots_are_drawn(
    house: House, of: Newsletter, outbox: list[Envelope], clock: Traveller
) -> None:
    edition = editions.send(drafted(of).id, house)
    round_of(house)
    clock.shift(WAIT)
    round_of(house)
    round_of(house)

    found = split_of(edition)
    assert found.decided_by == DecidedBy.LOT
    chosen = OTHER if found.winner == Arm.OTHER else OWN
    assert subjects(outbox)[chosen] == 50 + READERS - 100
    assert newest(edition.id).subject == chosen


def test_an_operator_decides_at_once(house: House, of: Newsletter, outbox: list[Envelope]) -> None:
    edition = editions.send(drafted(of).id, house)
    round_of(house)

    editions.choose(edition.id, Arm.OTHER)
    make.send_all(house)

    assert subjects(outbox) == {OWN: 50, OTHER: 50 + READERS - 100}
    assert split_of(edition).decided_by == DecidedBy.OPERATOR
    with pytest.raises(Conflict, match="nothing to decide"):
        editions.choose(edition.id, Arm.OWN)


def test_with_too_few_readers_all_get_its_own_subject(house: House, outbox: list[Envelope]) -> None:
    of = make.newsletter()
    make.subscriptions(of, house, 100)
    edition = editions.send(drafted(of).id, house)
    make.send_all(house)

    assert subjects(outbox) == {OWN: 100}
    found = split_of(edition)
    assert (found.winner, found.decided_by) == (Arm.OWN, DecidedBy.FEW)


def test_when_it_went_badly_the_rest_waits_and_resuming_decides(
    house: House, of: Newsletter, outbox: list[Envelope], clock: Traveller
) -> None:
    send_first(of.slug, CanaryRule(share=0.05, least=4, wait=timedelta(minutes=30), most=0.1))
    edition = editions.send(drafted(of).id, house)
    make.send_all(house)
    with transaction():
        for each in db.session.scalars(
            select(Delivery).where(Delivery.mailing_id == edition.mailing_id, Delivery.status == Status.ACCEPTED)
        ).all()[:20]:
            each.status = Status.FAILED
    editions.watch_canaries(house)
    assert newest(edition.id).status == EditionStatus.PAUSED
    assert split_of(edition).winner is None

    editions.resume(edition.id)
    make.send_all(house)

    assert split_of(edition).winner is not None
    assert len({each.recipient for each in outbox}) == READERS


def test_who_left_meanwhile_gets_nothing(
    house: House, of: Newsletter, outbox: list[Envelope], clock: Traveller
) -> None:
    edition = editions.send(drafted(of).id, house)
    round_of(house)
    had_it = {each.recipient for each in outbox}
    waiting = db.session.scalars(
        select(Delivery).where(Delivery.mailing_id == edition.mailing_id, Delivery.status == Status.QUEUED)
    ).all()
    left = waiting[0].address
    link = unsubscribe_link(house.settings.base_url, of.id, edition.id)
    claims = {**link.claims, "s": waiting[0].subscriber_id}
    unsubscribe(house.signer.sign(link.purpose, claims, at=now()), make.FORM, house)
    clock.shift(WAIT)
    round_of(house)
    round_of(house)

    assert left not in had_it
    assert left not in {each.recipient for each in outbox}
    assert len(outbox) == READERS - 1


@pytest.mark.parametrize(
    ("subject", "share", "wait", "field"),
    [
        ("", 0.1, WAIT, "other_subject"),
        ("x" * 101, 0.1, WAIT, "other_subject"),
        (OWN, 0.1, WAIT, "other_subject"),
        (OTHER, 0.01, WAIT, "share"),
        (OTHER, 0.6, WAIT, "share"),
        (OTHER, 0.1, timedelta(minutes=9), "minutes"),
        (OTHER, 0.1, timedelta(hours=25), "minutes"),
    ],
)
def test_what_cannot_be_tried_is_refused(
    of: Newsletter, subject: str, share: float, wait: timedelta, field: str
) -> None:
    edition = make.edition(of, [make.article(make.source())])
    editions.call(edition.id, OWN)

    with pytest.raises(InvalidInput) as refused:
        editions.split(edition.id, subject, share, wait)

    assert refused.value.field == field


def test_once_it_is_on_its_way_there_is_nothing_to_try(house: House, of: Newsletter) -> None:
    edition = make.edition(of, [make.article(make.source())])
    editions.send(edition.id, house)

    with pytest.raises(Conflict):
        editions.split(edition.id, OTHER, 0.1, WAIT)
    with pytest.raises(Conflict):
        editions.unsplit(edition.id)


def test_it_can_be_given_up_before_it_leaves(house: House, of: Newsletter, outbox: list[Envelope]) -> None:
    edition = drafted(of)

    editions.unsplit(edition.id)
    editions.send(edition.id, house)
    make.send_all(house)

    assert subjects(outbox) == {OWN: READERS}


@pytest.mark.parametrize(
    ("own", "other", "best"),
    [
        (Tally(50, 5), Tally(50, 6), Arm.OTHER),
        (Tally(50, 6), Tally(50, 5), Arm.OWN),
        (Tally(40, 5), Tally(50, 6), Arm.OWN),
        (Tally(50, 5), Tally(50, 5), None),
        (Tally(0, 0), Tally(50, 0), None),
        (Tally(0, 0), Tally(50, 1), None),
    ],
)
def test_the_better_is_the_one_opened_more_for_each_mail(own: Tally, other: Tally, best: Arm | None) -> None:
    assert better(own, other) == best


def test_both_rules_for_those_who_go_first_are_heeded() -> None:
    canary = CanaryRule(share=0.3, least=20, wait=timedelta(minutes=30), most=0.05)

    both = first_rule(0.2, WAIT, canary)

    assert both == CanaryRule(0.3, 100, WAIT, 0.05)
    assert first_rule(0.2, WAIT, None).most == 1.0
