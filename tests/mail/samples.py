"""Values for every mail of an invented paper in a port town, and articles that are hard to set."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from newsletter.core.settings import Budget
from newsletter.editions.emails import Reader
from newsletter.mail.message import Hole
from newsletter.subscriptions.policy.budgets import Confirming

ALL = Budget("all", 5000, timedelta(hours=1))
TEMPLATES = Path(__file__).parents[2] / "templates" / "emails"
MORNING = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Logo:
    url: str = "https://news.harbourpost.example/images/0a1b2c3d4e5f60718293a4b5c6d7e8f9.png"
    width: int = 220


@dataclass(frozen=True)
class Newsletter:
    name: str = "The Harbour Post"
    description: str = "What happened on the quays and in the town hall, every weekday before breakfast."
    sender_name: str = "The Harbour Post, Hamnvik"
    postal_address: str = "The Harbour Post\n4 Customs Quay\n5003 Hamnvik"
    url: str = "https://news.harbourpost.example/morning"
    language: str = "en"
    direction: str = "ltr"
    accent: str = "#8a1f2b"
    accent_dark: str = "#e8949c"
    theme: str = "magazine"
    fonts: str = "classic"
    logo: Logo | None = None
    header: str = ""
    footer: str = ""


@dataclass(frozen=True)
class Edition:
    subject: str = "Ferry route to the outer islands saved, for now"
    preheader: str = "Also: the fish market moves, and why the lighthouse is dark this week."
    number: int = 214
    dateline: str = "Monday 23 November 2026"
    notes: Mapping[str, str] = field(
        default_factory=lambda: {"": "Good morning. The wind has turned, and so has the *council*."}
    )


@dataclass(frozen=True)
class Article:
    title: str
    url: str
    summary: str
    author: str | None = "Ida Holm"
    credit: str | None = None
    image_url: str | None = None
    image_alt: str | None = None
    image_width: int | None = None
    image_height: int | None = None
    small_image_url: str | None = None
    topics: tuple[str, ...] = ()
    published_at: datetime = MORNING
    site: str = "The Harbour Post"
    section: str = ""


STORIES = (
    (
        "Council votes to keep the ferry to the outer islands until spring",
        "Transport",
        (
            "Seven votes to six: the boat that carries the post, the doctor and forty schoolchildren will sail "
            "on, but only until April. What comes then depends on a tender that nobody has answered yet."
        ),
    ),
    (
        "Fish market moves to the old customs shed",
        "Port",
        "After ninety years the stalls cross the basin. The traders like the roof and fear the rent.",
    ),
    (
        "Why the Grey Point lighthouse is dark this week",
        "Coast",
        "Divers found the cable cut. The coastguard asks skippers to keep two miles off until a spare comes.",
    ),
    (
        "A school with nine pupils wins the county chess cup",
        "Schools",
        "They practise in the wheelhouse of a retired tug, because the school hall leaks.",
    ),
    (
        "Dry dock takes on twelve apprentices, the most since 1998",
        "Work",
        "Welders are so scarce that the yard now trains its own. Half of the new intake are women.",
    ),
    (
        "Old crane to stay: the town buys it for one crown",
        "Heritage",
        "The last steam crane on the coast needs a boiler, a coat of paint and somebody who can drive it.",
    ),
)


def article(number: int) -> Article:
    """One of any number of articles; every third has no picture, every fourth comes from an agency."""
    title, topic, summary = STORIES[number % len(STORIES)]
    repeat = "" if number < len(STORIES) else f", part {number // len(STORIES) + 1}"
    pictured = number % 3 != 2
    return Article(
        title=title + repeat,
        url=f"https://www.harbourpost.example/2026/11/23/{number:03d}-{topic.lower()}?from=feed&part=1",
        summary=summary,
        author=None if number % 5 == 4 else "Ida Holm",
        credit="Coastal News Agency" if number % 4 == 1 else None,
        image_url=f"https://pictures.harbourpost.example/{number}.png" if pictured else None,
        image_alt=f"Picture: {topic.lower()} in Hamnvik" if number % 2 == 0 else "",
        image_width=1200 if pictured else None,
        image_height=750 if pictured else None,
        topics=(topic,),
        published_at=MORNING - timedelta(hours=3 * number),
    )


HARD = (
    replace(article(0), title="<script>alert(1)</script> & “quotes” =?UTF-8?Q?=0A?= \ue000confirm_url\ue001"),
    replace(
        article(1),
        title="ميناء المدينة يستقبل أول سفينة كهربائية هذا الصباح",
        topics=("الميناء",),
        summary="وصلت السفينة بعد رحلة استغرقت ثلاثة أيام من دون قطرة وقود واحدة.",
    ),
    replace(article(2), title="Harbour" * 43, summary="quay" * 75, author="von" * 60),
    replace(article(3), title="🐟🦀 Crab season opens 👩‍🔧🇳🇴, and the weather holds ☀️", topics=("🐚 Food",)),
    replace(article(4), title="港町の新しい市場が今朝開場し、早朝から列ができた", summary="市場は移転した。" * 20),
    replace(article(5), title="A headline that goes on, " * 12, url="https://long.example/" + "path/" * 60),
)
"""Titles with mark-up, a forged hole, right-to-left text, words without end, emoji, no spaces, no end."""


def digest(articles: tuple[Article, ...], newsletter: Newsletter | None = None) -> dict[str, object]:
    """The values of an edition with these articles."""
    return {
        "newsletter": newsletter or Newsletter(),
        "edition": Edition(),
        "articles": articles,
        "left_out": 0,
        "web_url": f"{Newsletter().url}/archive/{Edition().number}",
        "greets": False,
        "subscriber": Reader(""),
        "notice": "",
        "home_url": "https://www.harbourpost.example",
        "unsubscribe_url": Hole("unsubscribe_url"),
        "preferences_url": Hole("preferences_url"),
    }


def alarm(cause: str, seen: object, *, is_over: bool = False) -> dict[str, object]:
    """The values of a mail to the operator."""
    return {
        "newsletter": Newsletter(),
        "home_url": "https://www.harbourpost.example",
        "cause": cause,
        "is_over": is_over,
        "since": MORNING,
        "seen": seen,
        "trickle": 250,
        "window": "hour",
    }


def watch(kind: str, edition: int | None = None, *, is_over: bool = False) -> dict[str, object]:
    """The values of a mail of the watchdog."""
    return {
        "newsletter": Newsletter(),
        "home_url": "https://www.harbourpost.example",
        "kind": kind,
        "about": "17" if kind == "standstill" else "morning",
        "words": "" if is_over else "The slot of 2026-11-23 06:30 UTC has not been run.",
        "edition": edition,
        "is_over": is_over,
        "since": MORNING,
    }


GREETED = digest(tuple(article(number) for number in range(2))) | {"greets": True, "subscriber": Reader("Ann Lee")}
"""The digest of a newsletter that greets."""

MAILS = MappingProxyType(
    {
        "confirmation": {
            "newsletter": Newsletter(),
            "names": [Newsletter().name],
            "confirm_url": Hole("confirm_url"),
            "never_url": Hole("never_url"),
            "requested_on": MORNING,
            "hours": 72,
            "home_url": "https://www.harbourpost.example/",
        },
        "reminder": {
            "newsletter": Newsletter(),
            "names": [Newsletter().name],
            "confirm_url": Hole("confirm_url"),
            "never_url": Hole("never_url"),
            "deleted_on": MORNING + timedelta(days=13),
            "hours": 72,
            "home_url": "https://www.harbourpost.example/",
        },
        "watch": watch("late"),
        "alarm": alarm("breaker", Confirming(3120, 41)),
        "welcome": {
            "newsletter": Newsletter(),
            "schedule_words": "every weekday at 06:30",
            "unsubscribe_url": Hole("unsubscribe_url"),
            "preferences_url": Hole("preferences_url"),
        },
        "still_there": {
            "newsletter": Newsletter(),
            "names": [Newsletter().name],
            "still_url": Hole("still_url"),
            "preferences_url": Hole("preferences_url"),
            "ends_on": MORNING + timedelta(days=30),
            "home_url": "https://www.harbourpost.example/",
        },
        "fresh_link": {"newsletter": Newsletter(), "account_url": Hole("account_url"), "wish": []},
        "address_change": {
            "newsletter": Newsletter(),
            "change_url": Hole("change_url"),
            "home_url": "https://www.harbourpost.example/",
        },
        "address_changed": {"newsletter": Newsletter(), "changed_on": MORNING},
        "goodbye": {
            "newsletter": Newsletter(),
            "sign_up_url": "https://news.harbourpost.example/morning",
        },
        "digest": digest(tuple(article(number) for number in range(6))),
    }
)
"""Each mail by its name, as a reader of the paper would get it."""
