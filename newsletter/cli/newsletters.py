"""`newsletter newsletter`: founding newsletters, saying how they look and what they say, and listing them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from newsletter.cli.output import Group, answer, open_house, table
from newsletter.core.db import transaction
from newsletter.delivery.policy import CanaryRule
from newsletter.newsletters.emails import page_url
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter, newsletters
from newsletter.newsletters.service import (
    Masthead,
    Statement,
    Style,
    add_newsletter,
    dress,
    hide_logo,
    measure_clicks,
    send_first,
    show_logo,
    state,
)
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.queries import counts

PICTURE = click.Path(path_type=Path, exists=True, dir_okay=False)
LOOK = (
    click.option("--theme", help="briefing (all at a glance), magazine (with pictures) or letter."),
    click.option("--language", metavar="TAG", help="Of the fixed words: en, de, fr, es or ar, also as in de-CH."),
    click.option("--accent", metavar="COLOUR", help="Of headlines and buttons by day, such as #8a1f1f."),
    click.option("--accent-dark", metavar="COLOUR", help="The same on dark screens, such as #f0a8a0."),
    click.option("--fonts", help="classic (headlines with serifs, text without), serif or sans."),
    click.option("--pictures", help="Of articles: link (from their servers), fetch (from ours) or none."),
    click.option("--header", help="One line under the name."),
    click.option("--footer", help="Markdown above the reason and the postal address; \\n starts a line."),
    click.option("--logo", type=PICTURE, help="A picture to stand in place of the name: PNG, JPEG, GIF or WebP."),
)


SAID = (
    click.option("--name", help="Its name."),
    click.option("--description", help="One sentence for its public page."),
    click.option("--from", "sender_address", metavar="ADDRESS", help="The sender's address."),
    click.option("--sender-name", help="The sender's name; '' for the newsletter's own."),
    click.option("--reply-to", metavar="ADDRESS", help="Where answers go; '' for the sender."),
    click.option("--postal-address", help="Stands in each mail, as the law asks; \\n starts a line."),
    click.option("--timezone", metavar="ZONE", help="Of its readers, such as Europe/Zurich; digests keep theirs."),
    click.option("--cadence", help="Of readers who say none: each (edition), daily, weekly or monthly."),
    click.option("--greets/--no-greets", default=None, help="Begin each edition with the reader's name."),
    click.option("--welcome/--no-welcome", "says_welcome", default=None, help="Mail a welcome on confirming."),
    click.option("--goodbye/--no-goodbye", "says_goodbye", default=None, help="Mail a receipt on leaving."),
)


def look_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(LOOK):
        command = option(command)
    return command


def said_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(SAID):
        command = option(command)
    return command


@click.group(cls=Group, name="newsletter")
def group() -> None:
    """What one subscribes to."""


@group.command()
@click.option("--name", required=True)
@click.option("--from", "sender_address", required=True, metavar="ADDRESS", help="The sender's address.")
@click.option("--postal-address", required=True, help="Stands in each mail, as the law asks; \\n starts a line.")
@click.option("--sender-name", default="", help="The sender's name; the newsletter's without it.")
@click.option("--description", default="", help="One sentence for its public page.")
@click.option("--timezone", default="UTC", metavar="ZONE", help="Such as Europe/Zurich.")
@click.option("--greets", is_flag=True, help="Begin each edition with the reader's name, where it is known.")
@click.option("--slug", default="", help="The last part of its address; made from the name without it.")
@look_options
def add(slug: str, greets: bool, logo: Path | None, **said: str | None) -> None:
    """Start a newsletter; readers can join it at once."""
    style = _style(said)
    masthead = {name: (value or "").replace("\\n", "\n") for name, value in said.items()}
    with open_house() as house:
        founded = add_newsletter(Masthead(**masthead, greets=greets), slug, style)
        if logo:
            show_logo(founded.slug, logo.read_bytes(), house.images)
        url = page_url(founded, house.settings.base_url)
        answer({"slug": founded.slug, "url": url}, f"Founded {founded.name}: {url}")


@group.command(name="set")
@click.argument("slug")
@said_options
@look_options
@click.option("--no-logo", "is_bare", is_flag=True, help="Show the name again.")
def set_(slug: str, logo: Path | None, is_bare: bool, **said: Any) -> None:  # noqa: ANN401 - options.
    """Change what the mails of a newsletter say, and how they look; what is not named stays as it is.

    Without options it only shows how it is.
    """
    with open_house() as house:
        style = _style(said)
        if said["postal_address"]:
            said["postal_address"] = said["postal_address"].replace("\\n", "\n")
        with transaction():
            state(slug, Statement(**said))
            dress(slug, style)
        if is_bare:
            hide_logo(slug)
        if logo:
            show_logo(slug, logo.read_bytes(), house.images)
        facts = _facts(newsletter(slug))
        answer(facts, "\n".join(f"{name:<14} {_shown(value)}" for name, value in facts.items()))


@group.command(name="list")
def list_() -> None:
    """All newsletters, with how many readers each has."""
    with open_house():
        facts = [
            {"slug": each.slug, "name": each.name}
            | {str(status): count for status, count in counts(each.id).items()}
            for each in newsletters()
        ]
        columns = ["slug", "name", *map(str, SubscriptionStatus)]
        answer(facts, table(columns, [[fact[column] for column in columns] for fact in facts]))


def _style(said: dict[str, str | None]) -> Style:
    """Takes what is about the look out of what was said."""
    looks = {name: said.pop(name, None) for name in Style.__dataclass_fields__}
    return Style(**{name: value and value.replace("\\n", "\n") for name, value in looks.items()})


def _facts(of: Newsletter) -> dict[str, object]:
    names = (*Statement.__dataclass_fields__, *Style.__dataclass_fields__, "direction", "logo")
    return {name: getattr(of, name) for name in names}


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or "-").replace("\n", "\n" + 15 * " ")


@group.command()
@click.argument("slug")
@click.option("--share", default=1.0, show_default=True, metavar="PERCENT", help="How many readers go first.")
@click.option("--least", default=20, show_default=True, help="At least so many of them.")
@click.option("--wait", default=30, show_default=True, metavar="MINUTES", help="How long they are watched.")
@click.option("--most", default=5.0, show_default=True, metavar="PERCENT", help="So many may fail; more stop it.")
@click.option("--off", is_flag=True, help="Let all readers get it together again.")
def canary(slug: str, off: bool, **chosen: float) -> None:
    """Let some readers get each edition first; if it goes badly, the rest waits for an operator."""
    share, least, wait, most = (chosen[name] for name in ("share", "least", "wait", "most"))
    rule = CanaryRule(share / 100, int(least), timedelta(minutes=wait), most / 100)
    with open_house():
        of = send_first(slug, None if off else rule)
        told = None if off else {"share": of.canary_share, "least": of.canary_least}
        words = f"{share:g} % of the readers, {least} at least, get each edition {wait} minutes before the others."
        answer({"slug": of.slug, "canary": told}, "All readers get each edition together." if off else words)


@group.command()
@click.argument("slug")
@click.option("--on/--off", "counted", required=True, help="Whether clicks are counted from the next edition on.")
def clicks(slug: str, counted: bool) -> None:
    """Count how often articles are opened from editions, or do not; nothing is kept of who opens them."""
    with open_house():
        of = measure_clicks(slug, counted=counted)
        words = "are counted from the next edition on" if counted else "are not counted from the next edition on"
        answer({"slug": of.slug, "counted": counted}, f"Clicks in editions of {of.name} {words}.")


def register(parent: click.Group) -> None:
    parent.add_command(group)
