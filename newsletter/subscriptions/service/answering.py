"""Answering sign-ups: the subscriber, the pending subscriptions, the consent event, and perhaps a confirmation.

Wishes for a fresh link and for another address are answered in the same turn, so that all count in one place.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, update

from newsletter.core.clock import now
from newsletter.core.db import db, insert_ignoring, one_at_a_time, transaction
from newsletter.core.errors import NewsletterError
from newsletter.core.logs import logger
from newsletter.delivery.service import Recipient, queue_to_one
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions import emails
from newsletter.subscriptions.links import new_nonce
from newsletter.subscriptions.models import IS_NEW, Consent, Follow, SignUp, Subscriber, Subscription, Verdict
from newsletter.subscriptions.policy import Cadence, SubscriptionStatus
from newsletter.subscriptions.queries import find_subscriber
from newsletter.subscriptions.service.budgeting import Gate
from newsletter.subscriptions.service.consent import NO_LINK, Link, Named, Notice, Origin, note
from newsletter.subscriptions.service.counting import Tally
from newsletter.subscriptions.service.linking import LINK, answer_link, answer_wish, wished
from newsletter.subscriptions.service.readdressing import CHANGE, answer_change
from newsletter.subscriptions.service.stints import note_stint
from newsletter.suppressions.queries import may_be_asked

ANSWERING = "answer sign-ups"
"""What only one may be at."""

AT_A_TIME, IN_ONE = 200, 50
"""How many are answered in one go, and of these at most in one transaction."""

HOLD, REST = 0.03, 0.07
"""Seconds of a transaction after which no more is begun, and until the next: on SQLite nobody else can write
meanwhile, and an unsubscribe must not wait behind a flood of sign-ups."""

TRY_AGAIN = timedelta(minutes=5)
"""When to look again at a sign-up that could not be answered, because a newsletter's settings make no mail."""

LATER = timedelta(hours=1)
_LATER = frozenset({Verdict.DOMAIN, Verdict.ALL, Verdict.BREAKER})

_OTHERS = {LINK: answer_link, CHANGE: answer_change}
"""What is asked for by those who are known already."""

log = logger(__name__)


class _NotYet(Exception):
    """A budget is used up for now."""


class _Turn(NamedTuple):
    """What one transaction has done, and whether more may be due."""

    answered: int
    has_more: bool


def answer_sign_ups(house: House) -> int:
    """Answer those that are due, oldest first, a few in one transaction; how many that were.

    Nobody else answers at the same time, so that two sign-ups of one address never make two mails.
    """
    turn = _answer_some(house)
    done = turn.answered
    while turn.has_more and done < AT_A_TIME:
        time.sleep(REST)
        turn = _answer_some(house)
        done += turn.answered
    return done


def _answer_some(house: House) -> _Turn:
    until, answered = time.monotonic() + HOLD, 0
    with transaction():
        one_at_a_time(ANSWERING)
        gate, tally = Gate(house.settings.budgets, now()), Tally()
        due = db.session.scalars(
            select(SignUp).where(IS_NEW, SignUp.due_at <= now()).order_by(SignUp.due_at, SignUp.id).limit(IN_ONE)
        ).all()
        for each in due:
            answered += 1
            try:
                with db.session.begin_nested():
                    _settle(each, _answered(each, gate, tally, house))
            except _NotYet:
                each.due_at = now() + LATER
            except NewsletterError as error:
                log.error("sign-up not answered", sign_up=each.id, error=str(error))  # noqa: TRY400 - it says all.
                each.due_at = now() + TRY_AGAIN
            if time.monotonic() > until:
                break
        tally.write()
    return _Turn(answered, has_more=answered < len(due) or len(due) == IN_ONE)


def _answered(asked: SignUp, gate: Gate, tally: Tally, house: House) -> Verdict:
    if asked.method in _OTHERS:
        return _OTHERS[asked.method](asked, gate, house)
    moment = now()
    refusal = gate.find_refusal(asked)
    if refusal in _LATER and asked.method == "import":
        # People who were brought in are asked as fast as the budgets allow, however many they are.
        raise _NotYet
    if refusal not in {None, Verdict.ADDRESS}:
        # Nothing is known of these but that somebody typed them, so there is nobody to remember.
        return refusal
    newsletters = [db.session.get_one(Newsletter, newsletter_id) for newsletter_id in asked.newsletter_ids]
    subscriber = _met(asked, moment)
    subscriptions = [_pending(subscriber, of, asked, moment) for of in newsletters]
    pending = [each for each in subscriptions if each.status == SubscriptionStatus.PENDING]
    verdict, by_mail = _judged(asked, pending, refusal), NO_LINK
    if verdict is Verdict.KNOWN:
        # Whoever has it already can follow more of it, by a link of their own.
        verdict = answer_wish(asked, subscriptions, house)
    if verdict is Verdict.ASKED:
        by_mail = Link(message_id=_ask(subscriber, pending, moment, house))
        tally.note(pending, moment)
    notice = Notice(asked.notice_url, asked.notice_version, asked.locale)
    origin = Origin(asked.method, asked.ip, asked.user_agent, asked.page, asked.wording, asked.form, notice=notice)
    for each in subscriptions:
        whose = Named(each.subscriber_id, each.newsletter_id)
        note(Consent.REQUESTED, whose, origin, asked.at, by_mail if each in pending else NO_LINK)
    return verdict


def _judged(asked: SignUp, pending: Sequence[Subscription], refusal: Verdict | None) -> Verdict:
    if not pending:
        return Verdict.KNOWN
    if not may_be_asked(asked.address_key):
        return Verdict.SUPPRESSED
    return refusal or Verdict.ASKED


def _settle(asked: SignUp, verdict: Verdict) -> None:
    asked.verdict, asked.answered_at = verdict, now()
    asked.address = asked.entered = asked.ip = asked.user_agent = asked.page = asked.wording = ""
    asked.wish = {}


def _ask(subscriber: Subscriber, pending: Sequence[Subscription], moment: datetime, house: House) -> str:
    """Queue the confirmation; its Message-ID."""
    nonces = {each.newsletter_id: each.nonce for each in pending}
    newsletters = [db.session.get_one(Newsletter, newsletter_id) for newsletter_id in nonces]
    letter = emails.confirmation(newsletters, nonces, moment, house)
    return queue_to_one(letter, Recipient(subscriber.id, subscriber.address, subscriber.address_key))


def _met(asked: SignUp, moment: datetime) -> Subscriber:
    """The subscriber of this address, known or new."""
    db.session.execute(
        insert_ignoring(Subscriber).values(
            address=asked.address,
            entered=asked.entered,
            address_key=asked.address_key,
            name=asked.wish.get("name", ""),
            active_at=moment,
            created_at=moment,
        )
    )
    found = find_subscriber(asked.address_key)
    assert found  # noqa: S101 - it was inserted or was there, in this transaction.
    return found


def _pending(subscriber: Subscriber, of: Newsletter, asked: SignUp, moment: datetime) -> Subscription:
    """The subscription, new or as it is; one that had ended starts again, and its old links die."""
    anew = {
        "status": SubscriptionStatus.PENDING,
        "nonce": new_nonce(),
        "form": asked.form,
        "page": asked.page,
        "requested_at": moment,
    }
    whose = {"subscriber_id": subscriber.id, "newsletter_id": of.id, "cadence": of.cadence}
    db.session.execute(insert_ignoring(Subscription).values(**whose, **anew))
    subscription = db.session.scalars(
        select(Subscription)
        .where(Subscription.subscriber_id == subscriber.id, Subscription.newsletter_id == of.id)
        # On PostgreSQL somebody may be unsubscribing at this moment.
        .with_for_update(of=Subscription)
        .execution_options(populate_existing=True)
    ).one()
    if subscription.status == SubscriptionStatus.UNSUBSCRIBED:
        db.session.execute(
            update(Subscription)
            .where(Subscription.id == subscription.id)
            .values(**anew, end_reason=None, asked_at=None, reminded_at=None)
        )
        db.session.refresh(subscription)
    if subscription.status == SubscriptionStatus.PENDING:
        # Whoever is confirmed changes it with a link of their own; a form may be filled in by anybody.
        _wish(subscription, asked)
    return subscription


def _wish(subscription: Subscription, asked: SignUp) -> None:
    cadence = Cadence(asked.wish.get("cadence") or subscription.cadence)
    if subscription.confirmed_at:
        # Whoever comes back may have had some of the window by another cadence.
        note_stint(subscription, cadence)
    subscription.cadence = cadence
    wanted = wished(asked)
    if wanted:
        subscription.follows = [Follow(kind=kind, value=value) for kind, value in wanted]
