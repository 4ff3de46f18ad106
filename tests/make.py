"""Factories: `make.newsletter()`, `make.subscription(…, status="pending")`; the rest has defaults."""

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from itertools import count
from typing import Any

from flask import g
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from newsletter.articles.models import Article, Source
from newsletter.core.addresses import parse
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.models import Lane
from newsletter.delivery.sender import Sender, make_shares, open_sender
from newsletter.digests.models import Digest
from newsletter.digests.policy import Selection
from newsletter.digests.service import Rule, add_digest
from newsletter.editions import service as editions
from newsletter.editions.models import Edition
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter as find_one
from newsletter.newsletters.service import Masthead, Style, add_newsletter
from newsletter.operators.models import Operator
from newsletter.operators.policy import Role
from newsletter.operators.queries import has_second_step
from newsletter.operators.queries import operator as find_operator
from newsletter.operators.service import Browser, Post, add_operator
from newsletter.operators.service.passwords import kept
from newsletter.operators.service.staying import begin
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.subscriptions.policy import FollowKind, SubscriptionStatus
from newsletter.subscriptions.queries import find_subscriber, find_subscription
from newsletter.subscriptions.service import Origin, answer_sign_ups, sign_up
from newsletter.subscriptions.service.consent import Named
from newsletter.subscriptions.service.preferring import prefer

_numbers = count(1)

FORM = Origin(method="form", ip="192.0.2.7", user_agent="Netscape", wording="Sign up")


def newsletter(slug: str = "courier", **facts: object) -> Newsletter:
    masthead = {
        "name": "The Courier",
        "sender_address": "post@courier.example",
        "postal_address": "Quay 1\n1234 Port Example",
        "description": "The news of the port.",
    }
    style = Style(**{name: facts.pop(name) for name in Style.__dataclass_fields__ if name in facts})  # type: ignore[arg-type]
    return add_newsletter(Masthead(**{**masthead, **facts}), slug, style)  # type: ignore[arg-type]


def subscriber(address: str, house: House) -> Subscriber:
    mailbox = parse(address)
    with transaction():
        made = Subscriber(
            address=str(mailbox),
            entered=address,
            address_key=mailbox.key(house.settings.pepper),
            created_at=now(),
        )
        db.session.add(made)
    return made


def subscription(
    of: Newsletter, house: House, address: str = "", status: str = SubscriptionStatus.CONFIRMED
) -> Subscription:
    person = subscriber(address or f"reader{next(_numbers)}@example.org", house)
    with transaction():
        made = Subscription(
            subscriber_id=person.id,
            newsletter_id=of.id,
            status=SubscriptionStatus(status),
            nonce=f"nonce{person.id}",
            requested_at=now(),
        )
        db.session.add(made)
    return made


def wish(whose: Subscription, cadence: str = "each", topics: Sequence[str] = ()) -> None:
    """They say on their page how often they want it, and what of it."""
    prefer(Named(whose.subscriber_id, whose.newsletter_id), cadence, {FollowKind.TOPIC: topics})


def also(whose: Subscription, of: Newsletter) -> Subscription:
    """The same person reads another newsletter too."""
    with transaction():
        made = Subscription(
            subscriber_id=whose.subscriber_id,
            newsletter_id=of.id,
            status=SubscriptionStatus.CONFIRMED,
            nonce=f"nonce{whose.subscriber_id}-{of.id}",
            requested_at=now(),
        )
        db.session.add(made)
    return made


def hour(whose: Subscription, at: int | None, zone: str = "") -> None:
    """They say at which hour they want to read, and where they are."""
    with transaction():
        person = db.session.get_one(Subscriber, whose.subscriber_id)
        person.local_hour, person.timezone = at, zone


def subscriptions(of: Newsletter, house: House, how_many: int) -> list[Subscription]:
    return [subscription(of, house) for _ in range(how_many)]


def source(url: str = "", title: str = "The Harbour Desk") -> Source:
    with transaction():
        made = Source(
            url=url or f"https://feeds.example.org/{next(_numbers)}.xml",
            title=title,
            site_url="https://harbour.example/",
            kind="rss",
            credit="",
            created_at=now(),
        )
        db.session.add(made)
    return made


def article(of: Source, title: str = "", at: datetime | None = None, **facts: object) -> Article:
    number = next(_numbers)
    moment = at or now() - timedelta(minutes=number % 50 + 1)
    values: dict[str, object] = {
        "url": f"https://harbour.example/articles/{number}",
        "summary_html": "<p>What happened at the quay.</p>",
        "summary_text": "What happened at the quay.",
        "body_html": "",
        "author": "Ines Marlow",
        "credit": "",
        "image_url": "",
        "image_alt": "",
        "topics": ["Harbour"],
        "date_is_guess": False,
    }
    with transaction():
        made = Article(
            source_id=of.id,
            title=title or f"Headline number {number}",
            published_at=moment,
            recorded_at=moment,
            available_at=moment,
            **{**values, **facts},
        )
        db.session.add(made)
    return made


def articles(of: Source, how_many: int) -> list[Article]:
    return [article(of) for _ in range(how_many)]


def digest(of: Newsletter, sources: Sequence[Source], slug: str = "morning", least: int = 1) -> Digest:
    """At 06:30 in the newsletter's zone."""
    rule = Rule("30 6 * * *", selection=Selection(least=least))
    return add_digest(slug, of.slug, rule, [each.id for each in sources])


def edition(of: Newsletter, carried: Sequence[Article]) -> Edition:
    return editions.draft(of.id, editions.Window(now() - timedelta(days=1), now()), carried)


def send_all(house: House) -> None:
    """Hand over everything that is due now, what a person waits for first."""
    for lane in Lane:
        with sender(house, lane) as working:
            while working.send_slice():
                pass


def sender(house: House, lane: Lane = Lane.BULK) -> AbstractContextManager[Sender]:
    return open_sender(house, house.pool[0], make_shares(house), lane)


def parsed(envelope: Envelope) -> EmailMessage:
    message = message_from_bytes(envelope.data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(envelope: Envelope) -> str:
    part = parsed(envelope).get_body(("plain",))
    assert part
    return str(part.get_content())


def token_in(envelope: Envelope, purpose: str) -> str:
    """The token of the first link of this purpose in the mail's text."""
    found = re.search(rf"/{purpose}/([\w.-]+)", text_of(envelope))
    assert found, f"no {purpose} link in the mail"
    return found.group(1)


def confirmation_for(address: str, house: House) -> None:
    """Somebody signs up for the newsletter `courier`, so that a confirmation is queued."""
    signed_up(address, house)


def form(**facts: Any) -> Origin:  # noqa: ANN401 - the fields of an origin.
    return replace(FORM, **facts)


def signed_up(address: str, house: House, slug: str = "courier", origin: Origin = FORM) -> Subscription:
    """Somebody signs up, and the worker answers."""
    sign_up(address, [slug], origin, house)
    answer_sign_ups(house)
    found = find_subscriber(parse(address).key(house.settings.pepper))
    assert found
    subscription = find_subscription(found.id, find_one(slug).id)
    assert subscription
    return subscription


@contextmanager
def failing(words: str) -> Iterator[None]:
    """Within the block the database refuses each statement that begins with these words."""

    def refuse(_link: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith(words):
            raise OperationalError(statement, {}, Exception("the disk is full"))

    event.listen(db.engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", refuse)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that runs within the block."""
    seen: list[str] = []

    def note(*args: Any) -> None:  # noqa: ANN401 - the six arguments of SQLAlchemy's event.
        seen.append(args[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


PASSWORD = "seven grey gulls at noon"


def operator(house: House, role: Role = Role.OWNER, newsletter: str | None = None, address: str = "") -> Operator:
    """Somebody who may log in with PASSWORD; the role is for one newsletter or, with None, for the house."""
    made, _ = add_operator(
        (address or f"operator{next(_numbers)}@desk.example", ""), Post(role, newsletter), None, house
    )
    # What the link is for (tests/operators), without the work that makes a password hard to guess.
    with transaction():
        made.password_hash, made.link_hash = _kept_password(), ""
    return made


@cache
def _kept_password() -> str:
    return kept(PASSWORD)


def log_in(client: FlaskClient, who: Operator, house: House) -> FlaskClient:
    """The client with a session of theirs, as after the login page."""
    with transaction():
        waits = has_second_step(who, house.settings.second_factor)
        entered = begin(find_operator(who.id), Browser("192.0.2.9", "Netscape"), is_complete=not waits)
    client.set_cookie("__Host-console", entered.key, domain="letters.example.org", secure=True)
    return client


def csrf_of(client: FlaskClient, path: str = "/console") -> str:
    """The token against forged requests, as the page has it in its forms."""
    # A test is one application context, and Flask-WTF keeps its token there.
    g.pop("csrf_token", None)
    found = re.search(r'name="csrf_token" [^>]*value="([^"]+)"', client.get(path).text)
    assert found, f"no form on {path}"
    return found.group(1)


def press(client: FlaskClient, url: str, /, page: str = "/console", **fields: str) -> TestResponse:
    """Send a form of the console, as its pages do; `page` is one with a form in it."""
    token = csrf_of(client, page)
    referrer = {"Referer": "https://letters.example.org/console"}
    return client.post(url, data={"csrf_token": token, **fields}, headers=referrer)
