"""Moments and numbers as people say them, for all templates of the console."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal
from flask import Flask
from markupsafe import Markup

from newsletter.core.clock import now
from newsletter.core.words import Said, numbered, said
from newsletter.web.words import language, translated


def register(app: Flask) -> None:
    """The filters `number`, `decimal`, `ago`, `moment`, `day_and_time`, `as_heading` and `browser_name`."""
    app.jinja_env.filters.update(
        number=number,
        decimal=decimal,
        ago=ago,
        moment=moment,
        day_and_time=day_and_time,
        as_heading=as_heading,
        browser_name=browser_name,
    )


def number(value: float | None) -> str:
    """`1 234 567`, with spaces that do not break; a dash where there is none."""
    return "\u2013" if value is None else f"{value:,.0f}".replace(",", "\u202f")


def decimal(value: float) -> str:
    """`12.5`: one digit after the point, or the comma."""
    return format_decimal(value, "0.0", locale=_locale())


def ago(at: datetime | None) -> str:
    """`3 minutes ago`, `in 2 hours`; `never` for None. In the language of the request, as the others here are."""
    return str(translated(_ago(at)))


def day_and_time(at: datetime, zone: str = "UTC") -> str:
    """`today at 06:30`, `Tuesday at 06:30`, `3 March at 06:30`: wall time of the zone."""
    there, today = at.astimezone(ZoneInfo(zone)), now().astimezone(ZoneInfo(zone)).date()
    days, time = (there.date() - today).days, f"{there:%H:%M}"
    if days == -1:
        words = said("yesterday at %(time)s", time=time)
    elif days == 0:
        words = said("today at %(time)s", time=time)
    elif days == 1:
        words = said("tomorrow at %(time)s", time=time)
    elif 0 < days < 7:  # noqa: PLR2004 - a week.
        words = said("%(weekday)s at %(time)s", weekday=format_date(there, "EEEE", _locale()), time=time)
    else:
        day = format_skeleton("MMMMd" if there.year == today.year else "yMMMMd", there, locale=_locale())
        words = said("%(day)s at %(time)s", day=day, time=time)
    return str(translated(words))


def moment(at: datetime | None, zone: str = "UTC") -> Markup:
    """How long ago, with the exact time for machines and for whoever points at it."""
    if at is None:
        return Markup("{}").format(ago(at))
    there = at.astimezone(ZoneInfo(zone))
    exact = f"{there:%Y-%m-%d %H:%M} {there.tzname()}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), exact, ago(at)
    )


def as_heading(words: str) -> str:
    """As it stands at the beginning of a line; whatever comes after its first letter stays as it is."""
    text = str(translated(words))
    return text[:1].upper() + text[1:]


def _ago(at: datetime | None) -> Said:
    if at is None:
        return said("never")
    apart = now() - at
    for unit, past, future in _SPANS:
        if count := abs(apart) // unit:
            return past(count) if apart > timedelta(0) else future(count)
    return said("just now") if apart >= timedelta(0) else said("in a moment")


_SPANS: Sequence[tuple[timedelta, Callable[[int], Said], Callable[[int], Said]]] = (
    (
        timedelta(days=1),
        lambda days: numbered("%(num)s day ago", "%(num)s days ago", days),
        lambda days: numbered("in %(num)s day", "in %(num)s days", days),
    ),
    (
        timedelta(hours=1),
        lambda hours: numbered("%(num)s hour ago", "%(num)s hours ago", hours),
        lambda hours: numbered("in %(num)s hour", "in %(num)s hours", hours),
    ),
    (
        timedelta(minutes=1),
        lambda minutes: numbered("%(num)s minute ago", "%(num)s minutes ago", minutes),
        lambda minutes: numbered("in %(num)s minute", "in %(num)s minutes", minutes),
    ),
)


def _locale() -> str:
    """Our English is British, which says the day before the month."""
    return "en_GB" if language() == "en" else language()


_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
)


def browser_name(agent: str) -> str:
    """`Firefox on Windows`, as far as the browser says so."""
    browser = next((name for sign, name in _BROWSERS if f"{sign}/" in agent), "")
    system = next((name for sign, name in (*_SYSTEMS, ("Linux", "Linux")) if sign in agent), "")
    if browser and system:
        return said("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or agent[:40] or said("An unknown browser")
