"""A small app with everything under `newsletter.web`, and what its page templates are shown with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from markupsafe import Markup
from wtforms import StringField

from newsletter.core.settings import Settings
from newsletter.digests.views import Piece
from newsletter.editions.views.printed import Issue, Part, Story
from newsletter.mail.house import make_house
from newsletter.web import csrf, current, errors, headers, pages, static_files

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
    schedule_words: str | None = "every weekday at 06:30"
    accent: str | None = "#0b6e6e"


@dataclass(frozen=True)
class Subscribed:
    cadence: str
    paused_until: datetime | None


@dataclass(frozen=True)
class Having:
    of: Sample
    status: str
    subscription: Subscribed | None
    topics: Sequence[str]

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


def small_app(base_url: str = SETTINGS.base_url) -> Flask:
    """Everything registered, and no route yet."""
    app = Flask(__name__, template_folder=str(TEMPLATES), static_folder=None)
    app.secret_key = SETTINGS.secret_keys[0]
    settings = replace(SETTINGS, base_url=base_url)
    current.hold(app, make_house(settings))
    for part in (headers, csrf, errors, pages, static_files):
        part.register(app)
    return app


def issue(number: int) -> Issue:
    url = f"https://letters.example.org/morning-tide/archive/{number}"
    return Issue(number, "The ferry sails on, and 6 more", "Fish market moves · A light is dark", url, MORNING)


def contexts(newsletter: Sample, form: SignUpForm) -> dict[str, dict[str, Any]]:
    """For each template of templates/pages, exactly what a view gives it."""
    base = SETTINGS.base_url
    page = {"newsletter": newsletter, "newsletter_url": f"{base}/{newsletter.slug}"}
    action = {"newsletter": newsletter, "action_url": f"{base}/confirm/some-token"}
    link = {"hours": 72}
    foot = {
        "proof": None,
        "archive_url": f"{base}/{newsletter.slug}/archive",
        "subscribe_url": f"{base}/{newsletter.slug}/subscribe",
        "stamp": "a-stamp",
    }
    others = [
        Sample(
            "Harbour Lights",
            "harbour-lights",
            description="The long reads of the week.",
            schedule_words=None,
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
            "others": [others[0]],
        },
        "did_you_mean.html": page
        | {
            "form": form,
            "subscribe_url": f"{base}/{newsletter.slug}/subscribe",
            "suggestion": "ann@harbour.example",
        },
        "check_your_inbox.html": page | {"hours": 72},
        "confirm.html": action | {"newsletters": [newsletter]},
        "confirmed.html": page | {"newsletters": [newsletter, others[0]]},
        "unsubscribe.html": action,
        "unsubscribed.html": page,
        "preferences.html": {
            "address": "a…@readers.example",
            "standings": [
                Having(newsletter, "confirmed", Subscribed("weekly", None), ["Harbour"]),
                Having(others[0], "paused", Subscribed("each", datetime(2026, 12, 24, tzinfo=UTC)), []),
                Having(others[1], "unsubscribed", None, []),
            ],
            "cadences": ["each", "daily", "weekly", "monthly"],
            "is_fresh": True,
            "action_url": f"{base}/account/some-token",
            "data_url": f"{base}/account/some-token/data.json",
            "notice": "Saved.",
            "problem": "",
        },
        "ask_link.html": {"problem": "Please enter an e-mail address.", "typed": "ann"},
        "link_sent.html": {},
        "erased.html": {},
        "nothing_kept.html": {},
        "never.html": {"action_url": f"{base}/never/some-token"},
        "never_again.html": {},
        "link_expired.html": link | {"purpose": "confirm"},
        "link_damaged.html": link | {"purpose": "unsubscribe"},
    }
