"""The mails about a subscription itself; none holds a word that a visitor typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from newsletter.delivery.service import Letter
from newsletter.mail.house import House
from newsletter.mail.message import Content, Hole
from newsletter.mail.render import Renderer
from newsletter.mail.schedules import schedule_in_words
from newsletter.newsletters.emails import Look, in_english, look, page_url, personal_letterhead
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.links import (
    account_link,
    change_link,
    confirm_link,
    never_link,
    preferences_link,
    still_link,
    unsubscribe_link,
)
from newsletter.subscriptions.models import Followable
from newsletter.subscriptions.policy.alarms import Filling, Sight, trickle_of, window_in_words
from newsletter.subscriptions.policy.budgets import By
from newsletter.subscriptions.policy.reminding import link_life

CONFIRMATION, REMINDER, STILL_THERE, ALARM = "confirmation", "reminder", "still_there", "alarm"
"""Kinds of mailings by which others find them again."""


@dataclass(frozen=True)
class Times:
    """When a mail is written, and when what it is about ends unless somebody answers."""

    at: datetime
    deleted_at: datetime


@dataclass(frozen=True)
class Alarming:
    """What an operator is told: what was seen, since when it lasts or lasted, and whether it is over."""

    sight: Sight
    since: datetime
    is_over: bool


def confirmation(
    newsletters: Sequence[Newsletter], nonces: Mapping[int, str], at: datetime, house: House
) -> Letter:
    """The mail that asks whether it was really this person who signed up; the first newsletter sends it."""
    settings, first = house.settings, newsletters[0]
    content = house.renderer.render(
        "confirmation",
        {
            "newsletter": look(first, settings.base_url),
            "names": [each.name for each in newsletters],
            "confirm_url": Hole("confirm_url"),
            "never_url": Hole("never_url"),
            "requested_on": at.astimezone(ZoneInfo(first.timezone)),
            "hours": int(settings.confirm_within.total_seconds() // 3600),
            "home_url": settings.base_url,
        },
    )
    links = {"confirm_url": confirm_link(settings.base_url, nonces), "never_url": never_link(settings.base_url)}
    return Letter(CONFIRMATION, personal_letterhead(first, at), content, links)


def reminder(newsletters: Sequence[Newsletter], nonces: Mapping[int, str], times: Times, house: House) -> Letter:
    """The only mail that follows when nobody answers the confirmation."""
    settings, first = house.settings, newsletters[0]
    life = link_life(settings.confirm_within, times.deleted_at, times.at)
    content = house.renderer.render(
        REMINDER,
        {
            "newsletter": look(first, settings.base_url),
            "names": [each.name for each in newsletters],
            "confirm_url": Hole("confirm_url"),
            "never_url": Hole("never_url"),
            "deleted_on": times.deleted_at.astimezone(ZoneInfo(first.timezone)),
            "hours": int(life.total_seconds() // 3600),
            "home_url": settings.base_url,
        },
    )
    links = {"confirm_url": confirm_link(settings.base_url, nonces), "never_url": never_link(settings.base_url)}
    return Letter(REMINDER, personal_letterhead(first, times.at), content, links)


def still_there(newsletters: Sequence[Newsletter], times: Times, house: House) -> Letter:
    """The mail that asks who has done nothing for long whether to go on; the first newsletter sends it."""
    base_url, first = house.settings.base_url, newsletters[0]
    content = house.renderer.render(
        STILL_THERE,
        {
            "newsletter": look(first, base_url),
            "names": [each.name for each in newsletters],
            "still_url": Hole("still_url"),
            "preferences_url": Hole("preferences_url"),
            "ends_on": times.deleted_at.astimezone(ZoneInfo(first.timezone)),
            "home_url": base_url,
        },
    )
    links = {"still_url": still_link(base_url), "preferences_url": preferences_link(base_url)}
    return Letter(STILL_THERE, personal_letterhead(first, times.at), content, links)


def welcome(newsletter: Newsletter, at: datetime, house: House) -> Letter:
    """The mail after the confirmation; not sent any more if the person leaves before it went out."""
    settings = house.settings
    content = _welcome(house.renderer, look(newsletter, settings.base_url), newsletter.comes)
    links = {
        "unsubscribe_url": unsubscribe_link(settings.base_url, newsletter.id),
        "preferences_url": preferences_link(settings.base_url),
    }
    letterhead = personal_letterhead(newsletter, at)
    return Letter("welcome", letterhead, content, links, newsletter_id=newsletter.id)


@lru_cache(maxsize=64)
def _welcome(renderer: Renderer, newsletter: Look, schedule: str) -> Content:
    """The same for all who confirm, so it is rendered once."""
    return renderer.render(
        "welcome",
        {
            "newsletter": newsletter,
            "schedule_words": schedule_in_words(schedule, newsletter.language),
            "unsubscribe_url": Hole("unsubscribe_url"),
            "preferences_url": Hole("preferences_url"),
        },
    )


def goodbye(newsletter: Newsletter, at: datetime, house: House) -> Letter:
    """The receipt of an unsubscription, for newsletters that are set to send one."""
    base_url = house.settings.base_url
    content = house.renderer.render(
        "goodbye", {"newsletter": look(newsletter, base_url), "sign_up_url": page_url(newsletter, base_url)}
    )
    return Letter("goodbye", personal_letterhead(newsletter, at), content, {})


def fresh_link(newsletter: Newsletter, at: datetime, house: House, wish: Sequence[Followable] = ()) -> Letter:
    """The link that goes to the address itself, on request; this newsletter sends it.

    `wish` is what somebody wanted to follow with it, of what the newsletters offer.
    """
    base_url = house.settings.base_url
    values = {
        "newsletter": look(newsletter, base_url),
        "account_url": Hole("account_url"),
        "wish": [each.value for each in wish],
    }
    links = {"account_url": account_link(base_url, [each.id for each in wish])}
    content = house.renderer.render("fresh_link", values)
    return Letter("fresh_link", personal_letterhead(newsletter, at), content, links)


def address_change(newsletter: Newsletter, change_id: int, at: datetime, house: House) -> Letter:
    """The question to a new address whether it is theirs; this newsletter sends it."""
    base_url = house.settings.base_url
    values = {"newsletter": look(newsletter, base_url), "change_url": Hole("change_url"), "home_url": base_url}
    content = house.renderer.render("address_change", values)
    links = {"change_url": change_link(base_url, change_id)}
    return Letter("address_change", personal_letterhead(newsletter, at), content, links)


def address_changed(newsletter: Newsletter, at: datetime, house: House) -> Letter:
    """The notice to the old address; without the new one, because somebody typed that."""
    changed_on = at.astimezone(ZoneInfo(newsletter.timezone))
    values = {"newsletter": look(newsletter, house.settings.base_url), "changed_on": changed_on}
    content = house.renderer.render("address_changed", values)
    return Letter("address_changed", personal_letterhead(newsletter, at), content, {})


def alarm(newsletter: Newsletter, alarming: Alarming, at: datetime, house: House) -> Letter:
    """The mail to the operator when the budgets of confirmations had to step in; this newsletter sends it."""
    settings, sight = house.settings, alarming.sight
    of_all = next((each for each in settings.budgets if each.by == By.ALL), None)
    budget = sight.seen.budget if isinstance(sight.seen, Filling) else of_all
    values = {
        "newsletter": in_english(look(newsletter, settings.base_url)),
        "home_url": settings.base_url,
        "cause": sight.cause.value,
        "is_over": alarming.is_over,
        "since": alarming.since.astimezone(ZoneInfo(newsletter.timezone)),
        "seen": sight.seen,
        "trickle": trickle_of(of_all) if of_all else None,
        "window": window_in_words(budget) if budget else None,
    }
    return Letter(ALARM, personal_letterhead(newsletter, at), house.renderer.render(ALARM, values), {})
