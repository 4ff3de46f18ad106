"""Whom a list, an export or an action on many is about: plain values, and what they say in words."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from newsletter.core.errors import InvalidInput
from newsletter.core.words import said
from newsletter.newsletters.policy import Cadence
from newsletter.subscriptions.policy.providers import DOMAINS, OTHER
from newsletter.subscriptions.policy.states import SubscriptionStatus

Kind = TypeVar("Kind", bound=StrEnum)

PROVIDERS = (*sorted(DOMAINS, key=str.lower), OTHER)

LONGEST = 254
"""Letters of whatever is looked for; no address, form or topic is longer."""


@dataclass(frozen=True)
class Wanted:
    """What narrows the list; whatever is "" or None narrows nothing.

    `newsletter_ids` are those of which a subscription is looked for, None for all. `text` is the beginning of an
    address, or `@` and a domain. `since` and `until` are days (UTC) of a sign-up, both counted in.
    """

    newsletter_ids: frozenset[int] | None = None
    text: str = ""
    status: SubscriptionStatus | None = None
    form: str = ""
    since: date | None = None
    until: date | None = None
    topic: str = ""
    cadence: Cadence | None = None
    provider: str = ""

    @property
    def domain(self) -> str:
        """The domain that is looked for; "" where the text is no domain."""
        return self.text[1:].strip().lower() if self.text.startswith("@") else ""

    @property
    def prefix(self) -> str:
        """How the address begins, in small letters."""
        return "" if self.text.startswith("@") else self.text.strip().lower()

    def as_dict(self) -> dict[str, Any]:
        """For JSON; `wanted_from` reads it again."""
        facts = {each.name: getattr(self, each.name) for each in fields(self)}
        facts["newsletter_ids"] = None if self.newsletter_ids is None else sorted(self.newsletter_ids)
        return {
            name: str(value) if isinstance(value, date | StrEnum) else value
            for name, value in facts.items()
            if value not in (None, "")
        }

    def words(self, names: Mapping[int, str]) -> str:
        """In words, for people who are about to act on all of them; `names` are the newsletters' by their ids."""
        ids = () if self.newsletter_ids is None else sorted(self.newsletter_ids)
        told = {
            "newsletter": ", ".join(names[each] for each in ids if each in names),
            "address": f"at {self.domain}" if self.domain else self.prefix and f"begins with {self.prefix}",
            "state": self.status or "",
            "form": self.form,
            "signed up from": self.since or "",
            "signed up until": self.until or "",
            "topic": self.topic,
            "cadence": self.cadence or "",
            "mailbox provider": self.provider,
        }
        return "; ".join(f"{name}: {value}" for name, value in told.items() if value) or "everybody"


def wanted_from(asked: Mapping[str, Any], newsletter_ids: frozenset[int] | None) -> Wanted:
    """From what a form or a row says, of these newsletters. Raises InvalidInput; its field is what is wrong."""
    return Wanted(
        newsletter_ids=newsletter_ids,
        text=_text(asked, "text"),
        status=_one_of(SubscriptionStatus, asked, "status"),
        form=_text(asked, "form"),
        since=_day(asked, "since"),
        until=_day(asked, "until"),
        topic=_text(asked, "topic"),
        cadence=_one_of(Cadence, asked, "cadence"),
        provider=_provider(asked),
    )


def _text(asked: Mapping[str, Any], name: str) -> str:
    text = str(asked.get(name) or "").strip()
    # No database text holds NUL, and half a surrogate pair cannot be sent to one.
    if len(text) > LONGEST or not text.isprintable():
        problem = said(
            "At most %(most)s characters can be looked for, and only such as can be printed.", most=LONGEST
        )
        raise InvalidInput(problem, field=name)
    return text


_NAMES = {"status": said("status"), "cadence": said("cadence")}


def _one_of(kind: type[Kind], asked: Mapping[str, Any], name: str) -> Kind | None:
    text = _text(asked, name)
    try:
        return kind(text) if text else None
    except ValueError as error:
        problem = said(
            "There is no %(name)s of that name; expected one of %(those)s.",
            name=_NAMES[name],
            those=", ".join(kind),
        )
        raise InvalidInput(problem, field=name) from error


def _day(asked: Mapping[str, Any], name: str) -> date | None:
    text = _text(asked, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        problem = said("This is no day; expected one such as 2026-11-26.")
        raise InvalidInput(problem, field=name) from error


def _provider(asked: Mapping[str, Any]) -> str:
    text = _text(asked, "provider")
    if text and text not in PROVIDERS:
        problem = said("There is no provider of that name; expected one of %(those)s.", those=", ".join(PROVIDERS))
        raise InvalidInput(problem, field="provider")
    return text
