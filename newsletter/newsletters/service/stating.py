"""What the mails of a newsletter say of it: its name, who sends it and from where, and what readers are told."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from newsletter.core.addresses import parse
from newsletter.core.db import transaction
from newsletter.core.errors import InvalidAddress, InvalidInput
from newsletter.core.words import Figure, said
from newsletter.mail.message import cleaned, plain
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.policy import Cadence
from newsletter.newsletters.queries import newsletter

LONGEST_NAME, LONGEST_DESCRIPTION, LONGEST_POSTAL_ADDRESS = 100, 500, 1_000


@dataclass(frozen=True)
class Statement:
    """What is to be changed; None leaves it as it is.

    `sender_name` "" is the newsletter's own name; `reply_to` "" lets answers go to the sender. `timezone` is
    that of its readers; its digests keep theirs. `cadence` is for those who sign up or are
    imported from now on and do not say how often they want it. `greets`: editions begin with the reader's name.
    """

    name: str | None = None
    description: str | None = None
    sender_name: str | None = None
    sender_address: str | None = None
    reply_to: str | None = None
    postal_address: str | None = None
    timezone: str | None = None
    cadence: str | None = None
    greets: bool | None = None
    says_welcome: bool | None = None
    says_goodbye: bool | None = None


def state(slug: str, statement: Statement) -> Newsletter:
    """Every mail that is rendered from now on says this; the List-Id, by which readers sort, stays.

    Raises NotFound, or InvalidInput with its field.
    """
    with transaction():
        chosen = newsletter(slug)
        for name, value in _texts(chosen, statement).items():
            setattr(chosen, name, value)
        if statement.cadence is not None:
            chosen.cadence = paced(statement.cadence)
        for name in ("greets", "says_welcome", "says_goodbye"):
            wish = getattr(statement, name)
            if wish is not None:
                setattr(chosen, name, wish)
        return chosen


def named(text: str) -> str:
    """As a newsletter's name. Raises InvalidInput."""
    name = plain(text)
    if not name or len(name) > LONGEST_NAME:
        problem = said("A newsletter needs a name of at most %(most)s characters.", most=LONGEST_NAME)
        raise InvalidInput(problem, field="name")
    return name


def short(text: str, longest: int, field: str) -> str:
    """As one line. Raises InvalidInput."""
    line = plain(text)
    if len(line) > longest:
        problem = said(
            "That has %(number)s characters; at most %(most)s will do.",
            number=Figure(len(line)),
            most=Figure(longest),
        )
        raise InvalidInput(problem, field=field)
    return line


def posted(text: str) -> str:
    """As a postal address, of one or more lines. Raises InvalidInput."""
    address = cleaned(text).strip()
    if not address:
        problem = said("A newsletter needs a postal address; the law of most countries wants it in each mail.")
        raise InvalidInput(problem, field="postal_address")
    if len(address) > LONGEST_POSTAL_ADDRESS:
        problem = said("A postal address has at most %(most)s characters.", most=Figure(LONGEST_POSTAL_ADDRESS))
        raise InvalidInput(problem, field="postal_address")
    return address


def zoned(text: str) -> str:
    """As the name of a time zone. Raises InvalidInput."""
    zone = text.strip()
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        problem = said("There is no time zone '%(zone)s'; expected a name such as Europe/Zurich.", zone=zone[:60])
        raise InvalidInput(problem, field="timezone") from error
    return zone


def paced(text: str) -> str:
    """As a cadence. Raises InvalidInput."""
    if text not in set(Cadence):
        problem = said("There is no such cadence; expected one of %(known)s.", known=", ".join(Cadence))
        raise InvalidInput(problem, field="cadence")
    return text


def _texts(of: Newsletter, said: Statement) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    if said.name is not None:
        found["name"] = named(said.name)
    if said.description is not None:
        found["description"] = short(said.description, LONGEST_DESCRIPTION, "description")
    if said.sender_name is not None:
        found["sender_name"] = short(said.sender_name, LONGEST_NAME, "sender_name") or found.get("name", of.name)
    if said.sender_address is not None:
        found["sender_address"] = _mailbox(said.sender_address, "sender_address")
    if said.reply_to is not None:
        found["reply_to"] = _mailbox(said.reply_to, "reply_to") if said.reply_to.strip() else None
    if said.postal_address is not None:
        found["postal_address"] = posted(said.postal_address)
    if said.timezone is not None:
        found["timezone"] = zoned(said.timezone)
    return found


def _mailbox(text: str, field: str) -> str:
    try:
        return str(parse(text))
    except InvalidAddress as error:
        raise InvalidInput(str(error), field=field) from error
