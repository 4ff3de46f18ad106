"""`newsletter newsletter`: founding and listing newsletters."""

import click

from newsletter.cli.output import Group, answer, open_house, table
from newsletter.newsletters.emails import page_url
from newsletter.newsletters.queries import newsletters
from newsletter.newsletters.service import Masthead, add_newsletter
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


def register(parent: click.Group) -> None:
    parent.add_command(group)
