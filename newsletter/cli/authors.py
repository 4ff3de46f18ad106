"""`newsletter author`: what stands about the people who write, under their articles."""

import click

from newsletter.articles.queries import authors
from newsletter.articles.service import describe_author, forget_author
from newsletter.cli.output import Group, answer, open_house, table


@click.group(cls=Group, name="author")
def group() -> None:
    """What stands about the people who write, under their articles."""


@group.command(name="set")
@click.argument("name")
@click.option("--about", required=True, metavar="TEXT", help="A sentence or two, as plain text.")
@click.option("--url", default="", help="Their own page.")
def set_(name: str, about: str, url: str) -> None:
    """Say this of NAME, who is named so in the feeds; what was said before is gone."""
    with open_house():
        author = describe_author(name, about, url)
        facts = {"name": author.name, "about": author.about, "url": author.url}
        answer(facts, f"Under the articles of {author.name}: {author.about}")


@group.command(name="list")
def list_() -> None:
    """All of whom something is said."""
    with open_house():
        facts = [{"name": each.name, "about": each.about, "url": each.url} for each in authors()]
        columns = ["name", "about", "url"]
        answer(facts, table(columns, [[fact[column] for column in columns] for fact in facts]))


@group.command()
@click.argument("name")
def forget(name: str) -> None:
    """Say nothing of NAME any more."""
    with open_house():
        forget_author(name)
        answer({"name": name, "forgotten": True}, f"Nothing is said of {name} any more.")


def register(parent: click.Group) -> None:
    parent.add_command(group)
