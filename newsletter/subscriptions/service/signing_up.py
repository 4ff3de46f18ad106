"""Signing up: the wish is noted, and the answer is the same for everybody.

Only one row is written, whoever it is for, so neither the answer nor the time it takes tells what we know of an
address. What follows from the wish is `answering`'s work.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import insert

from newsletter.core.addresses import Address, keyed
from newsletter.core.clock import now
from newsletter.core.db import db, execute, transaction
from newsletter.core.errors import InvalidInput
from newsletter.core.words import said
from newsletter.mail.house import House
from newsletter.mail.message import plain
from newsletter.newsletters.queries import newsletter_id
from newsletter.subscriptions.models import SignUp
from newsletter.subscriptions.policy import Cadence
from newsletter.subscriptions.policy.budgets import By, Trust, networks
from newsletter.subscriptions.policy.keeping import kept_agent, kept_ip
from newsletter.subscriptions.service.addressing import acceptable
from newsletter.subscriptions.service.budgeting import inbox_key_of
from newsletter.subscriptions.service.consent import Origin
from newsletter.subscriptions.service.proving import spend

MOST_NEWSLETTERS, MOST_FOLLOWED, LONGEST_FOLLOWED = 20, 20, 100
"""How many newsletters one sign-up may name, how many topics, authors and sources, and of how many letters."""


@dataclass(frozen=True)
class Wish:
    """What a visitor may add to the address; it counts from the confirmation on.

    `cadence` None: as often as each newsletter comes to those who have not said it.
    """

    name: str = ""
    cadence: Cadence | None = None
    topics: Sequence[str] = ()
    authors: Sequence[str] = ()
    sources: Sequence[str] = ()


NOTHING_MORE = Wish()

_ADD = insert(SignUp.__table__)


def sign_up(address: str, slugs: Sequence[str], origin: Origin, house: House, wish: Wish = NOTHING_MORE) -> None:
    """Note that somebody wants these newsletters, at least one.

    Raises InvalidAddress, InvalidInput, NotFound.
    """
    if not 0 < len(slugs) <= MOST_NEWSLETTERS:
        problem = said(
            "Please choose at least one newsletter, and at most %(most)s at a time.", most=MOST_NEWSLETTERS
        )
        raise InvalidInput(problem, field="newsletters")
    mailbox = acceptable(address, house)
    # On SQLite nobody else can write meanwhile, so all that can be done before is done.
    row = _row(mailbox, origin, house)
    row["newsletter_ids"] = [newsletter_id(slug) for slug in dict.fromkeys(slugs)]
    row["wish"] = asdict(_checked(wish))
    with transaction():
        row["trust"] = _trust(origin)
        execute(_ADD, row)


def note_asked(mailbox: Address, origin: Origin, house: House) -> SignUp:
    """One more row for the worker to answer, in the caller's transaction; what is wished is still to be said."""
    noted = SignUp(**_row(mailbox, origin, house))
    noted.trust = _trust(origin)
    db.session.add(noted)
    return noted


def _trust(origin: Origin) -> Trust:
    # Whoever uses a proof a second time is told nothing.
    return Trust.MACHINE if origin.proof and not spend(origin.proof) else origin.trust


def _row(mailbox: Address, origin: Origin, house: House) -> dict[str, Any]:
    moment, pepper, seen_from = now(), house.settings.pepper, networks(origin.ip)
    return {
        "at": moment,
        "due_at": moment,
        "address": str(mailbox),
        "entered": mailbox.entered,
        "address_key": mailbox.key(pepper),
        "inbox_key": inbox_key_of(mailbox, pepper),
        "domain_key": keyed(mailbox.domain, pepper),
        "near": seen_from.get(By.NEAR),
        "wide": seen_from.get(By.WIDE),
        "newsletter_ids": [],
        "wish": {},
        "method": origin.method,
        "form": origin.form[:40],
        "page": plain(origin.page)[:300],
        "wording": origin.wording,
        "ip": kept_ip(origin.ip, house.settings.keep_ip),
        "user_agent": kept_agent(plain(origin.user_agent), house.settings.keep_ip),
        "notice_url": origin.notice.url,
        "notice_version": origin.notice.version,
        "locale": origin.notice.locale,
    }


def _checked(wish: Wish) -> Wish:
    followed = [plain(value) for value in (*wish.topics, *wish.authors, *wish.sources)]
    if len(followed) > MOST_FOLLOWED or any(len(value) > LONGEST_FOLLOWED for value in followed):
        problem = said(
            "Please choose at most %(most)s topics, authors and sources, each of at most 100 characters.",
            most=MOST_FOLLOWED,
        )
        raise InvalidInput(problem, field="topics")
    return Wish(
        name=plain(wish.name)[:100],
        cadence=wish.cadence,
        topics=[plain(topic) for topic in wish.topics],
        authors=[plain(author) for author in wish.authors],
        sources=[plain(source) for source in wish.sources],
    )
