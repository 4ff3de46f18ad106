"""The story of one address, for whoever must prove it: what was said, from where, and by which link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from newsletter.delivery.models import Delivery, Mailing
from newsletter.delivery.queries import deliveries_of
from newsletter.subscriptions.models import ConsentEvent, Subscriber, Subscription
from newsletter.subscriptions.queries import consent_of, subscriptions_of
from newsletter.suppressions.models import Suppression


@dataclass(frozen=True)
class Happened:
    """One line: when, what, and the facts about it in the order to tell them."""

    at: datetime
    what: str
    facts: Mapping[str, object]

    def words(self) -> str:
        told = "; ".join(f"{name.replace('_', ' ')} {fact}" for name, fact in self.facts.items() if fact)
        # A wording has many lines, each of them below the other facts.
        lines = told.split("\n") if told else []
        return "\n".join([f"{self.at:%Y-%m-%d %H:%M:%S}  {self.what}", *(f"{'':21}{line}" for line in lines)])


@dataclass(frozen=True)
class Story:
    """`person` None: nobody with this address is known, only that it must not be mailed."""

    person: Subscriber | None
    suppression: Suppression | None
    subscriptions: Mapping[str, Subscription]
    events: Sequence[Happened]

    def as_dict(self) -> dict[str, Any]:
        person, suppression = self.person, self.suppression
        return {
            "address": person and person.address,
            "entered": person and person.entered,
            "name": person and person.name,
            "since": person and person.created_at,
            "subscriptions": {slug: _standing(each) for slug, each in self.subscriptions.items()},
            "suppressed": suppression and {"reason": suppression.reason, "since": suppression.created_at},
            "events": [{"at": each.at, "what": each.what, **each.facts} for each in self.events],
        }

    def words(self) -> str:
        lines = []
        if self.person:
            lines += [f"{self.person.address}, since {self.person.created_at:%Y-%m-%d}"]
        else:
            lines += ["Nothing is kept of this address but that it must not be mailed."]
        lines += [f"  {slug}: {_standing(each)}" for slug, each in self.subscriptions.items()]
        if self.suppression:
            since = f"{self.suppression.created_at:%Y-%m-%d}"
            lines += [f"  suppressed since {since}: {self.suppression.reason} {self.suppression.words}".rstrip()]
        return "\n".join([*lines, "", *(each.words() for each in self.events)]).rstrip()


def story(person: Subscriber | None, suppression: Suppression | None, slugs: Mapping[int, str]) -> Story:
    """All that is known, in the order of time, as far as it is about these newsletters: `slugs` by their ids.

    Mails about subscriptions as such are told where these are all that the person has.
    """
    if person is None:
        return Story(None, suppression, {}, ())
    subscriptions, consent = subscriptions_of(person.id), consent_of(person.id)
    events = [_consented(each, slugs) for each in consent if each.newsletter_id in slugs]
    named = {each.newsletter_id for each in subscriptions} | {each.newsletter_id for each in consent}
    is_whole = named <= slugs.keys()
    events += [
        _sent(mailing, delivery)
        for mailing, delivery in deliveries_of(person.id)
        if mailing.newsletter_id in slugs or (mailing.newsletter_id is None and is_whole)
    ]
    return Story(
        person=person,
        suppression=suppression,
        subscriptions={slugs[each.newsletter_id]: each for each in subscriptions if each.newsletter_id in slugs},
        events=sorted(events, key=lambda each: each.at),
    )


def _standing(each: Subscription) -> str:
    return f"{each.status} ({each.end_reason})" if each.end_reason else str(each.status)


def _consented(event: ConsentEvent, slugs: Mapping[int, str]) -> Happened:
    wording, origin = event.wording, event.origin
    facts = {
        "newsletter": slugs[event.newsletter_id],
        "by": event.method,
        "form": event.form,
        "on_page": event.page,
        "from": origin.ip if origin else "",
        "with": origin.user_agent if origin else "",
        "by_link_of_edition": event.edition_id,
        "nonce": event.nonce,
        "asked_by_mail": event.message_id,
        "told": f'"{wording.text}" (version {wording.id}, SHA-256 {wording.digest})' if wording else "",
        "privacy_notice": f"{event.notice_url} {event.notice_version}".strip(),
        "in_language": event.locale,
        "note": event.note,
    }
    return Happened(event.at, str(event.kind), facts)


def _sent(mailing: Mailing, delivery: Delivery) -> Happened:
    facts = {"mailing": mailing.id, "state": delivery.status, "at_server": delivery.words, "via": delivery.via}
    return Happened(delivery.ended_at or mailing.created_at, f"mail: {mailing.kind}", facts)
