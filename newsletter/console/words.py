"""Moments and numbers as people say them, for all templates of the console."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup

from newsletter.core.clock import now

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def register(app: Flask) -> None:
    """The filters `number`, `ago`, `moment`, `day_and_time` and `browser_name`."""
    app.jinja_env.filters.update(
        number=number, ago=ago, moment=moment, day_and_time=day_and_time, browser_name=browser_name
    )


def number(value: float | None) -> str:
    """`1 234 567`, with spaces that do not break; a dash where there is none."""
    return "\u2013" if value is None else f"{value:,.0f}".replace(",", "\u202f")


def ago(at: datetime | None) -> str:
    """`3 minutes ago`, `in 2 hours`; `never` for None."""
    if at is None:
        return "never"
    apart = now() - at
    span = abs(apart)
    if span < _MINUTE:
        return "just now" if apart >= timedelta(0) else "in a moment"
    words = _counted(span)
    return f"{words} ago" if apart > timedelta(0) else f"in {words}"


def day_and_time(at: datetime, zone: str = "UTC") -> str:
    """`today at 06:30`, `Tuesday at 06:30`, `3 March at 06:30`: wall time of the zone."""
    there, today = at.astimezone(ZoneInfo(zone)), now().astimezone(ZoneInfo(zone)).date()
    days = (there.date() - today).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    if days in near:
        day = near[days]
    elif 0 < days < 7:  # noqa: PLR2004 - a week.
        day = f"{there:%A}"
    else:
        day = f"{there.day} {there:%B}" + (f" {there:%Y}" if there.year != today.year else "")
    return f"{day} at {there:%H:%M}"


def moment(at: datetime | None, zone: str = "UTC") -> Markup:
    """How long ago, with the exact time for machines and for whoever points at it."""
    if at is None:
        return Markup("never")
    there = at.astimezone(ZoneInfo(zone))
    exact = f"{there:%Y-%m-%d %H:%M} {there.tzname()}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), exact, ago(at)
    )


def _counted(span: timedelta) -> str:
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if span >= unit:
            count = int(span / unit)
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "a moment"


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
        return f"{browser} on {system}"
    return browser or system or agent[:40] or "An unknown browser"
