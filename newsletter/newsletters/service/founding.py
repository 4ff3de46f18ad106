"""Founding newsletters."""

from dataclasses import dataclass, replace

from newsletter.core.addresses import parse
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict, InvalidInput
from newsletter.core.words import said
from newsletter.delivery.policy import CanaryRule
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.policy import canary_problem, slug_from, slug_problem
from newsletter.newsletters.queries import find_newsletter, newsletter
from newsletter.newsletters.service.dressing import Style, wear
from newsletter.newsletters.service.stating import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    named,
    posted,
    short,
    zoned,
)

PLAIN = Style()


@dataclass(frozen=True)
class Masthead:
    """What readers see of a newsletter: its name, what it is about, who sends it and from where.

    `postal_address` may have several lines; the law of most countries wants it in each mail.
    """

    name: str
    sender_address: str
    postal_address: str
    sender_name: str = ""
    description: str = ""
    timezone: str = "UTC"
    language: str = "en"
    greets: bool = False


def add_newsletter(masthead: Masthead, slug: str = "", style: Style = PLAIN) -> Newsletter:
    """A newsletter that can be joined at once; without a slug the name makes one.

    Raises InvalidInput (the field says which), InvalidAddress, or Conflict when the slug is taken.
    """
    chosen = slug or slug_from(masthead.name)
    if found := slug_problem(chosen):
        raise InvalidInput(found, field="slug")
    name, postal_address, timezone = (
        named(masthead.name),
        posted(masthead.postal_address),
        zoned(masthead.timezone),
    )
    description = short(masthead.description, LONGEST_DESCRIPTION, "description")
    sender_name = short(masthead.sender_name, LONGEST_NAME, "sender_name")
    sender = parse(masthead.sender_address)
    with transaction():
        if find_newsletter(chosen):
            problem = said("There is a newsletter '%(slug)s' already; choose another slug.", slug=chosen)
            raise Conflict(problem)
        founded = Newsletter(
            slug=chosen,
            name=name,
            description=description,
            sender_name=sender_name or name,
            sender_address=str(sender),
            postal_address=postal_address,
            timezone=timezone,
            greets=masthead.greets,
            list_label=chosen,
            list_domain=sender.domain,
            created_at=now(),
        )
        wear(founded, replace(style, language=style.language or masthead.language))
        db.session.add(founded)
        return founded


def announce_schedule(newsletter_id: int, cron: str, timezone: str) -> None:
    """Say on the public pages when the newsletter comes, by good cron text."""
    with transaction():
        db.session.get_one(Newsletter, newsletter_id).schedule = f"{cron} {timezone}"


def send_first(slug: str, rule: CanaryRule | None) -> Newsletter:
    """Let some readers get each edition first, from the next one on; None lets all get it together.

    Raises NotFound or InvalidInput.
    """
    if rule and (problem := canary_problem(rule)):
        raise InvalidInput(problem, field="canary")
    with transaction():
        of = newsletter(slug)
        of.canary_share = rule.share if rule else 0.0
        if rule:
            of.canary_least, of.canary_most = rule.least, rule.most
            of.canary_minutes = int(rule.wait.total_seconds() // 60)
        return of


def measure_clicks(slug: str, *, counted: bool) -> Newsletter:
    """Count how often the articles of its editions are opened, from the next edition on, or no more.

    Raises NotFound.
    """
    with transaction():
        of = newsletter(slug)
        of.measures_clicks = counted
        return of
