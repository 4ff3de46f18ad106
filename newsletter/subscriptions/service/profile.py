"""What people say of themselves: a name to be greeted by, and when and in which language they like to read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import available_timezones

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.core.words import said
from newsletter.mail.message import plain
from newsletter.newsletters.queries import newsletters
from newsletter.subscriptions.models import Subscriber
from newsletter.subscriptions.policy.languages import name_of

HOURS = range(24)
_NUMBER = re.compile(r"[0-9]{1,2}")
LONGEST_NAME = 100

_REGIONS = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)


@dataclass(frozen=True)
class Profile:
    """As typed; "" where the newsletter's own language, zone and hour are fine."""

    name: str = ""
    language: str = ""
    timezone: str = ""
    local_hour: str = ""


def describe(subscriber_id: int, profile: Profile) -> None:
    """Keep it. Raises InvalidInput for what is not on offer, NotFound."""
    name, hour = _name(profile.name), _hour(profile.local_hour)
    with transaction():
        person = db.session.get(Subscriber, subscriber_id, populate_existing=True)
        if person is None:
            raise NotFound(kind="subscriber", name=subscriber_id)
        # What came with an import may be on no list of ours, and stays until they choose something else.
        _check(profile.language, {"", person.language, *offered_languages()}, "language")
        _check(profile.timezone, {"", person.timezone, *offered_zones()}, "timezone")
        person.name, person.local_hour = name, hour
        person.language, person.timezone = profile.language, profile.timezone
        person.active_at = now()


def offered_languages() -> Mapping[str, str]:
    """Those in which there are newsletters, each by its own name."""
    return {code: name_of(code) for code in sorted({each.language for each in newsletters()})}


@lru_cache(maxsize=1)
def offered_zones() -> Mapping[str, None]:
    """The zones that are named by a place, in order."""
    zones = (zone for zone in available_timezones() if zone.partition("/")[0] in _REGIONS and "/" in zone)
    return dict.fromkeys(sorted(zones))


def _name(typed: str) -> str:
    name = plain(typed).strip()
    if len(name) > LONGEST_NAME:
        problem = said("A name has at most 100 characters here.")
        raise InvalidInput(problem, field="name")
    return name


def _hour(typed: str) -> int | None:
    if not typed:
        return None
    if not (_NUMBER.fullmatch(typed) and int(typed) in HOURS):
        problem = said("Please choose an hour from 0 to 23.")
        raise InvalidInput(problem, field="local_hour")
    return int(typed)


_NOT_ON_THE_LIST = {
    "language": said("Please choose a language from the list."),
    "timezone": said("Please choose a time zone from the list."),
}


def _check(chosen: str, offered: set[str], field: str) -> None:
    if chosen not in offered:
        raise InvalidInput(_NOT_ON_THE_LIST[field], field=field)
