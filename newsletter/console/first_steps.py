"""The way from an empty installation to a first test mail, in five steps that tick themselves off."""

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.articles.queries import sources
from newsletter.console.places import find_place
from newsletter.digests.queries import digests
from newsletter.editions.policy import PUBLIC
from newsletter.editions.queries import listed
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletters
from newsletter.operators.queries import was_done
from newsletter.subscriptions.queries import is_anybody_there

TRIED = "sent a test of"
"""What the trail says of a test mail."""


@dataclass(frozen=True)
class Step:
    """`command` is what does the same on the machine."""

    title: str
    told: str
    is_done: bool
    url: str | None
    label: str
    command: str = ""


def steps() -> Sequence[Step]:
    """All five, in order; nothing once each of them is done."""
    founded = newsletters()
    has_sent = bool(listed(list(PUBLIC), None, 1))
    found = [
        _sender(founded),
        Step(
            "Read your first source",
            "The feed of your site: RSS, Atom, JSON Feed, or WordPress.",
            bool(sources()),
            find_place("/console/sources"),
            "Add a source",
            "newsletter source add URL",
        ),
        Step(
            "Say what comes when",
            "A digest takes new articles at each slot of its schedule, and makes an edition of them.",
            bool(digests()),
            find_place("/console/digests"),
            "Make a digest",
            "newsletter digest add --help",
        ),
        Step(
            "Put the form on your site",
            "One line of HTML under your articles; done with the first sign-up.",
            is_anybody_there(),
            find_place(f"/{founded[0].slug}/snippets") if founded else None,
            "Copy the snippet",
        ),
        Step(
            "Send yourself a test",
            "The real mail, in your own inbox.",
            has_sent or was_done(TRIED),
            find_place("/console/editions"),
            "To the editions",
            "newsletter edition try EDITION ADDRESS",
        ),
    ]
    return [] if all(step.is_done for step in found) else found


def _sender(founded: Sequence[Newsletter]) -> Step:
    return Step(
        "Found a newsletter",
        "Its name, who sends it, and the postal address that the law asks for.",
        bool(founded),
        find_place("/console/newsletters"),
        "Found it",
        "newsletter newsletter add --help",
    )
