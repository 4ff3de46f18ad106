"""`newsletter source`: the feeds that articles come from."""

import click

from newsletter.articles.feeds import poll as poll_source
from newsletter.articles.feeds import poll_all
from newsletter.articles.queries import sources
from newsletter.articles.service import add_source
from newsletter.cli.output import Group, answer, open_house, table
from newsletter.core.fetcher import Fetcher


@click.group(cls=Group, name="source")
def group() -> None:
    """The feeds that articles come from."""


@group.command()
@click.argument("url")
@click.option("--credit", default="", help="Shown as the source of articles that name none themselves.")
def add(url: str, credit: str) -> None:
    """Read URL from now on: RSS, Atom, JSON Feed, a WordPress site, or a page that names its feed."""
    with open_house() as house:
        added = add_source(url, credit)
        polled = poll_source(added.id, Fetcher(allow=house.settings.fetch_allow))
        facts = {"id": added.id, "url": added.url, "new": polled.new, "problem": polled.problem}
        answer(facts, f"Source {added.id}: {polled.problem or f'{polled.new} articles read'}")


@group.command(name="list")
def list_() -> None:
    """All sources, and what is wrong with those that fail."""
    with open_house():
        facts = [
            {"id": each.id, "title": each.title, "kind": each.kind, "url": each.url, "problem": each.problem}
            for each in sources()
        ]
        columns = ["id", "title", "kind", "url", "problem"]
        answer(facts, table(columns, [[fact[column] for column in columns] for fact in facts]))


@group.command()
def poll() -> None:
    """Read all sources now."""
    with open_house() as house:
        polled = poll_all(Fetcher(allow=house.settings.fetch_allow))
        facts = [{"source": each.source_id, "new": each.new, "problem": each.problem} for each in polled]
        rows = [[each["source"], each["new"], each["problem"]] for each in facts]
        answer(facts, table(["source", "new", "problem"], rows))


def register(parent: click.Group) -> None:
    parent.add_command(group)
