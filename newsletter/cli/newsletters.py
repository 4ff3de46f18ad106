"""`newsletter newsletter`: founding and listing newsletters."""

from datetime import timedelta

import click

from newsletter.cli.output import Group, answer, open_house, table
from newsletter.delivery.policy import CanaryRule
from newsletter.newsletters.emails import page_url
from newsletter.newsletters.queries import newsletters
from newsletter.newsletters.service import Masthead, add_newsletter, measure_clicks, send_first
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.queries import counts


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
def add(slug: str, greets: bool, **masthead: str) -> None:
    """Found a newsletter; readers can join it at once."""
    masthead["postal_address"] = masthead["postal_address"].replace("\\n", "\n")
    with open_house() as house:
        founded = add_newsletter(Masthead(**masthead, greets=greets), slug)
        url = page_url(founded, house.settings.base_url)
        answer({"slug": founded.slug, "url": url}, f"Founded {founded.name}: {url}")


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
