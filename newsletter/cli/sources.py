"""`newsletter source`: the feeds that articles come from."""

import click

from newsletter.articles.feeds import poll as poll_source
from newsletter.articles.feeds import poll_all
from newsletter.articles.models import Source
from newsletter.articles.queries import source, sources
from newsletter.articles.service import add_source, pause_source, remove_source, resume_source
from newsletter.cli.output import Group, answer, open_house, table
from newsletter.core.fetcher import Fetcher
from newsletter.digests.service import Ties, ties


@click.group(cls=Group, name="source")
def group() -> None:
    """The feeds that articles come from."""


@group.command()
@click.argument("url")
@click.option("--credit", default="", help="Shown as the source of articles that name none themselves.")
def add(url: str, credit: str) -> None:
    """Read URL from now on: RSS, Atom, JSON Feed, a WordPress site, or a page that names its feed.

    A source that was removed comes back, with the articles that it had.
    """
    with open_house() as house:
        added = add_source(url, credit)
        polled = poll_source(added.id, Fetcher(allow=house.settings.fetch_allow))
        facts = {"id": added.id, "url": added.url, "new": polled.new, "problem": polled.problem}
        answer(facts, f"Source {added.id}: {polled.problem or f'{polled.new} articles read'}")


@group.command(name="list")
def list_() -> None:
    """All sources, which of them are paused, and what is wrong with those that fail."""
    with open_house():
        facts = [
            {"id": each.id, "title": each.title, "kind": each.kind, "url": each.url}
            | {"paused_at": each.paused_at, "problem": each.problem}
            for each in sources()
        ]
        rows = [
            [each.id, each.title, each.kind, each.url, "paused" if each.paused_at else "", each.problem]
            for each in sources()
        ]
        answer(facts, table(["id", "title", "kind", "url", "state", "problem"], rows))


@group.command()
def poll() -> None:
    """Read all sources now, but those that are paused."""
    with open_house() as house:
        polled = poll_all(Fetcher(allow=house.settings.fetch_allow))
        facts = [{"source": each.source_id, "new": each.new, "problem": each.problem} for each in polled]
        rows = [[each["source"], each["new"], each["problem"]] for each in facts]
        answer(facts, table(["source", "new", "problem"], rows))


@group.command()
@click.argument("number", type=int, metavar="ID")
def pause(number: int) -> None:
    """Read the source no more until it is resumed; nobody is told meanwhile that it is missing."""
    with open_house():
        paused = pause_source(number)
        facts = {"id": paused.id, "paused_at": paused.paused_at}
        answer(facts, f"Source {paused.id} is paused; `newsletter source resume {paused.id}` reads it again.")


@group.command()
@click.argument("number", type=int, metavar="ID")
def resume(number: int) -> None:
    """Read the source again, from the next poll on."""
    with open_house():
        resumed = resume_source(number)
        answer({"id": resumed.id, "paused_at": None}, f"Source {resumed.id} is read again.")


@group.command()
@click.argument("number", type=int, metavar="ID")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def remove(number: int, is_sure: bool) -> None:
    """Read the source no more, and let no digest take from it; says what hangs on it, and asks.

    Its articles stay, because editions link to them. `newsletter source add` brings it back.
    """
    with open_house():
        of, hanging = source(number), ties(number)
        if not is_sure:
            click.confirm(f"{_told(of, hanging)} Remove it?", abort=True, err=True)
        removed = remove_source(number)
        facts = {
            "id": removed.id,
            "url": removed.url,
            "removed_at": removed.removed_at,
            "articles": hanging.articles,
            "editions": hanging.editions,
            "digests": hanging.digests,
            "sections": hanging.sections,
        }
        answer(facts, f"{_told(of, hanging)}\nRemoved. `newsletter source add {removed.url}` brings it back.")


def _told(of: Source, hanging: Ties) -> str:
    rules = f" Rules that name it, to be mended: {', '.join(hanging.sections)}." if hanging.sections else ""
    return (
        f"Source {of.id}, {of.title or of.url}: {hanging.articles} articles, which stay,"
        f" {hanging.editions} editions that carry some,"
        f" and the digests that take from it: {', '.join(hanging.digests) or 'none'}.{rules}"
    )


def register(parent: click.Group) -> None:
    parent.add_command(group)
