"""A small app with everything under `newsletter.web`, and what its page templates are shown with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

from flask import Flask
from markupsafe import Markup
from wtforms import StringField

from newsletter.core.settings import Settings
from newsletter.digests.views import Following, Piece
from newsletter.editions.views.printed import Issue, Part, Story
from newsletter.mail.house import make_house
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.forms import WordsField
from newsletter.subscriptions.views import wordings
from newsletter.subscriptions.views.foot import Foot
from newsletter.web import csrf, current, errors, headers, pages, static_files, words

TEMPLATES = Path(__file__).parents[2] / "templates"
SETTINGS = Settings(
    secret_keys=("a key for tests, 32 letters long.",),
    pepper="a pepper for tests, long enough..",
    backends="memory:",
    database_url="sqlite:////nowhere.db",
    base_url="https://letters.example.org",
)


@dataclass(frozen=True)
class Sample:
    name: str = "The Morning Tide"
    slug: str = "morning-tide"
    sender_name: str = "The Harbour Gazette"
    description: str = (
        "What happened on the quay, in the council chamber and out at sea, told before your coffee is cold."
    )
    postal_address: str = "12 Quay Street\n4051 Port Alder"
    language: str = "en"
    direction: str = "ltr"
    comes: str = "30 6 * * 1-5 Europe/Zurich"
    accent: str | None = "#0b6e6e"


@dataclass(frozen=True)
class Subscribed:
    cadence: str


@dataclass(frozen=True)
class Person:
    name: str = "Ann Lee"
    language: str = "en"
    timezone: str = "Europe/Zurich"
    local_hour: int | None = 7


@dataclass(frozen=True)
class Having:
    of: Sample
    status: str
    subscription: Subscribed | None
    topics: Sequence[str]
    paused_until: date | None = None
    earliest: date = date(2026, 11, 27)
    latest: date = date(2027, 11, 27)
    wished: Sequence[str] = ()

    def followed(self, kind: str) -> Sequence[str]:
        return self.topics if kind == "topic" else ()

    def choices(self, kind: str) -> Sequence[str]:
        return {"topic": self.topics, "author": ["Ida Holm", "Tom Reed"]}.get(kind, ())

    @property
    def is_on(self) -> bool:
        return self.status != "unsubscribed"


MORNING = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)

STORY = Story(
    title="Council votes to keep the ferry until spring",
    url="https://harbour.example/ferry",
    page_url="https://letters.example.org/articles/7/council-votes-to-keep-the-ferry-until-spring",
    summary="Seven votes to six: the boat will sail on, but only until April.",
    author="Ida Holm",
    credit="The Harbour Desk",
    topic="Transport",
    image_url="",
    image_alt="",
    moment=MORNING,
)

PIECE = Piece(
    title=STORY.title,
    url=STORY.url,
    own_url=STORY.page_url,
    moment=MORNING,
    dateline="Monday 23 November 2026, 06:30 UTC",
    author=STORY.author,
    credit=STORY.credit,
    standfirst=STORY.summary,
    body=Markup("<p>Nobody had thought that it would come to this.</p>"),
    picture_url="https://harbour.example/ferry.jpg",
    image_url="",
    image_alt="The ferry at the quay",
    topics=["Transport", "Port"],
    description=STORY.summary,
)


@dataclass(frozen=True)
class Writer:
    name: str
    about: str


class SignUpForm(csrf.PublicForm):
    email = StringField()
    name = StringField()
    topics = authors = sources = WordsField()


def small_app(base_url: str = SETTINGS.base_url) -> Flask:
    """Everything registered, and no route yet."""
    app = Flask(__name__, template_folder=str(TEMPLATES), static_folder=None)
    app.secret_key = SETTINGS.secret_keys[0]
    settings = replace(SETTINGS, base_url=base_url)
    current.hold(app, make_house(settings))
    for part in (headers, csrf, errors, words, pages, static_files):
        part.register(app)
    return app


def issue(number: int) -> Issue:
    url = f"https://letters.example.org/morning-tide/archive/{number}"
    return Issue(number, "The ferry sails on, and 6 more", "Fish market moves · A light is dark", url, MORNING)


def contexts(newsletter: Sample, form: SignUpForm) -> dict[str, dict[str, Any]]:
    """For each template of templates/pages, exactly what a view gives it."""
    base, of = SETTINGS.base_url, cast("Newsletter", newsletter)
    page = {"newsletter": newsletter, "newsletter_url": f"{base}/{newsletter.slug}"}
    action = {"newsletter": newsletter, "action_url": f"{base}/confirm/some-token"}
    link = {"hours": 72}
    foot = {
        "archive_url": f"{base}/{newsletter.slug}/archive",
        "foot": Foot(f"{base}/{newsletter.slug}/subscribe?form=foot", wordings.short_form(of), None, "a-stamp"),
    }
    others = [
        Sample(
            "Harbour Lights",
            "harbour-lights",
            description="The long reads of the week.",
            comes="",
            accent="#b3541e",
        ),
        Sample(
            "أخبار الميناء", language="ar", direction="rtl", description="أهم ما كتبناه هذا الأسبوع.", accent=None
        ),
    ]
    return {
        "index.html": {"newsletters": [(each, f"{base}/{each.slug}") for each in [newsletter, *others]]},
        "newsletter.html": page
        | {
            "stamp": "a-stamp",
            "form": form,
            "subscribe_url": f"{base}/{newsletter.slug}/subscribe",
            "proof": None,
            "told": wordings.sign_up(of),
        },
        "archive.html": page
        | foot
        | {
            "issues": [issue(214), issue(213)],
            "typed": "ferry",
            "is_first": False,
            "older_url": "?before=213",
            "newer_url": "?after=214",
        },
        "edition.html": page
        | foot
        | {
            "issue": issue(214),
            "note": Markup("<p>Good morning.</p>"),
            "parts": [
                Part("", "", [STORY, replace(STORY, title="Fish market moves")]),
                Part("Coast", Markup("<p>Wind from the west.</p>"), [STORY]),
            ],
            "pictured": None,
            "older": issue(213),
            "newer": issue(215),
        },
        "article.html": page
        | foot
        | {
            "piece": PIECE,
            "writers": [(Writer("Ida Holm", "Reports from the quays."), "https://harbour.example/ida")],
            "carried": [(issue(214), newsletter)],
            "follow": [Following("topic", "Harbour", "/harbour-brief?follow=7#sign-up")],
            "others": [others[0]],
        },
        "did_you_mean.html": page
        | {
            "form": form,
            "subscribe_url": f"{base}/{newsletter.slug}/subscribe",
            "suggestion": "ann@harbour.example",
        },
        "check_your_inbox.html": page | {"hours": 72},
        "confirm.html": action | {"told": wordings.confirm([of])},
        "confirmed.html": page | {"newsletters": [newsletter, others[0]]},
        "unsubscribe.html": action | {"told": wordings.leave(of), "less_url": f"{base}/preferences/some-token"},
        "unsubscribed.html": page | {"manage_url": f"{base}/preferences"},
        "preferences.html": {
            "address": "a…@readers.example",
            "standings": [
                Having(newsletter, "confirmed", Subscribed("weekly"), ["Harbour"]),
                Having(others[0], "paused", Subscribed("each"), [], paused_until=date(2026, 12, 24)),
                Having(others[1], "unsubscribed", None, []),
            ],
            "cadences": ["each", "daily", "weekly", "monthly"],
            "leaving": wordings.leave_one,
            "joining": wordings.join_one,
            "is_fresh": True,
            "is_narrow": False,
            "action_url": f"{base}/account/some-token",
            "person": Person(),
            "languages": {"ar": "العربية", "en": "English"},
            "zones": ["Europe/Zurich", "America/New_York"],
            "notice": "Saved.",
            "problem": "",
            "wrong_address": "Please enter an e-mail address.",
            "typed_address": "ann",
        },
        "erase.html": {"address": "ann@readers.example", "action_url": f"{base}/account/some-token"},
        "address_asked.html": {"address": "ann@readers.example", "action_url": f"{base}/account/some-token"},
        "address_slip.html": {
            "address": "ann@readers.example",
            "action_url": f"{base}/account/some-token",
            "typed": "ann@gmial.example",
            "suggestion": "ann@gmail.example",
        },
        "address_prove.html": {"action_url": f"{base}/email-change/some-token"},
        "address_changed.html": {},
        "ask_link.html": {"problem": "Please enter an e-mail address.", "typed": "ann"},
        "link_sent.html": {},
        "erased.html": {},
        "nothing_kept.html": {},
        "never.html": {"action_url": f"{base}/never/some-token", "told": wordings.never_write()},
        "never_again.html": {},
        "still_there.html": action | {"told": wordings.stay([of])},
        "stayed.html": {"newsletters": [newsletter, others[0]]},
        "link_expired.html": link | {"purpose": "confirm"},
        "link_damaged.html": link | {"purpose": "unsubscribe"},
    }
