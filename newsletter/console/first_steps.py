"""The way from an empty installation to a first test mail, in five steps that tick themselves off."""

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.articles.queries import sources
from newsletter.console.places import find_place
from newsletter.core.words import said
from newsletter.digests.queries import digests
from newsletter.editions.policy import OPEN, PUBLIC
from newsletter.editions.queries import listed
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import is_dressed, newsletters
from newsletter.operators.queries import was_done
from newsletter.subscriptions.queries import is_anybody_there

TRIED, DRESSED, LOGO = "sent a test of", "changed the look of", "changed the logo of"
"""What the trail says of a test mail, and of a look and a logo that somebody has chosen."""


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
        _source(),
        _look(founded, has_sent),
        Step(
            said("Put the form on your site"),
            said("One line of HTML under your articles; done with the first sign-up."),
            is_anybody_there(),
            find_place(f"/console/snippets/{founded[0].slug}") if founded else None,
            said("Copy the snippet"),
        ),
        _test(has_sent),
    ]
    return [] if all(step.is_done for step in found) else found


def _sender(founded: Sequence[Newsletter]) -> Step:
    return Step(
        said("Start a newsletter"),
        said("Its name, who sends it, and the postal address that the law asks for."),
        bool(founded),
        find_place("/console/newsletters"),
        said("Start it"),
        "newsletter newsletter add --help",
    )


def _source() -> Step:
    """A source alone sends nothing: the step is done once a digest takes from it."""
    if not sources():
        told, path, label = (
            said("The feed of your site: RSS, Atom, JSON Feed, or WordPress."),
            "/console/sources",
            said("Add a source"),
        )
        command = "newsletter source add URL"
    else:
        told, path, label = (
            said("It is there. Now say what comes when: a digest takes new articles at each of its times."),
            "/console/digests/+add",
            said("Make a digest"),
        )
        command = "newsletter digest add --help"
    return Step(said("Read your first source"), told, bool(digests()), find_place(path), label, command)


def _look(founded: Sequence[Newsletter], has_sent: bool) -> Step:  # noqa: FBT001 - passed by `steps` alone.
    place = find_place(f"/console/newsletters/{founded[0].slug}") if founded else None
    return Step(
        said("Give it its look"),
        said("Theme, colours, fonts, logo, head and foot. Keep it as it is if you like it so."),
        has_sent or was_done(DRESSED) or was_done(LOGO) or any(is_dressed(each) for each in founded),
        f"{place}#look" if place else None,
        said("Choose the look"),
        "newsletter newsletter set SLUG --theme letter",
    )


def _test(has_sent: bool) -> Step:  # noqa: FBT001 - passed by `steps` alone.
    """It leads to an edition, or to the digest that makes one."""
    told, label = said("The real mail, in your own inbox."), said("To the editions")
    place = find_place("/console/editions")
    if waiting := listed(list(OPEN), None, 1):
        place, label = find_place(f"/console/editions/{waiting[0].edition.id}"), said("Send a test")
        place = f"{place}#try" if place else None
    elif known := digests():
        told = said("The real mail, in your own inbox. Run your digest once: its edition waits for you.")
        place, label = find_place(f"/console/digests/{known[0].slug}"), said("Run the digest")
    return Step(
        said("Send yourself a test"),
        told,
        has_sent or was_done(TRIED),
        place,
        label,
        "newsletter edition try EDITION ADDRESS",
    )
