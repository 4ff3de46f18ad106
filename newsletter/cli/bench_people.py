"""`newsletter bench import`, `web` and `digest`: how fast people and articles come in, and go out again."""

from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from newsletter.bench.plan import ANY_POSTGRES
from newsletter.cli.output import Command, answer, table
from newsletter.core.errors import NotFound

_POSTGRES = click.option(
    "--postgres", default=ANY_POSTGRES, envvar="NEWSLETTER_TEST_DATABASE_URL", help="A server's URL."
)
_WRITE = click.option(
    "--write",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it into this page in Markdown, too, in place of the chapter that is there.",
)


@click.command(cls=Command, name="import")
@click.option("--rows", default=1_000_000, type=click.IntRange(1), show_default=True, help="Of the file.")
@_POSTGRES
@_WRITE
def import_(rows: int, postgres: str, write: Path | None) -> None:
    """Show, import, export and take back a file of many people, on SQLite and PostgreSQL."""
    _require_psutil()
    from newsletter.bench.chapters import import_rows, write_import  # noqa: PLC0415 - psutil comes with others.
    from newsletter.bench.importing import measure  # noqa: PLC0415 - as above.

    outcome = measure(rows, postgres, _tell)
    if write:
        write_import(write, outcome)
    heading, *rest = import_rows(outcome)
    answer(outcome.as_dict(), table(heading, rest))


@click.command(cls=Command)
@click.option(
    "--subscribers", default=1_000_000, type=click.IntRange(100), show_default=True, help="In the database."
)
@click.option(
    "--seconds",
    default=10.0,
    type=click.FloatRange(0),
    show_default=True,
    help="For each kind; 0: the pages only.",
)
@click.option(
    "--looks",
    default=7,
    type=click.IntRange(0),
    show_default=True,
    help="After the first, at each page; 0: no pages.",
)
@_POSTGRES
@_WRITE
def web(subscribers: int, seconds: float, looks: int, **told: Any) -> None:  # noqa: ANN401 - options.
    """Time the console's pages, and count the sign-ups, confirmations and one-click unsubscribes of a second.

    On SQLite and PostgreSQL.
    """
    _require_psutil()
    from newsletter.bench.chapters import page_rows, web_rows, write_web  # noqa: PLC0415 - psutil comes with others.
    from newsletter.bench.web import Asked, measure  # noqa: PLC0415 - as above.

    outcome = measure(Asked(subscribers, seconds, looks), told["postgres"], _tell)
    if told["write"]:
        write_web(told["write"], outcome)
    tables = [web_rows(outcome), *([page_rows(outcome.looks)] if outcome.looks else [])]
    answer(outcome.as_dict(), "\n\n".join(table(heading, rest) for heading, *rest in tables))


@click.command(cls=Command)
@click.option("--sources", default=500, type=click.IntRange(1), show_default=True, help="Feeds that are polled.")
@click.option("--entries", default=40, type=click.IntRange(2), show_default=True, help="Of each feed.")
@click.option(
    "--stored", default=100_000, type=click.IntRange(1), show_default=True, help="Articles of the digest."
)
@click.option("--choices", default=200, type=click.IntRange(2), show_default=True, help="Of topics.")
@click.option("--readers", default=100_000, type=click.IntRange(1), show_default=True, help="Who have them.")
@_POSTGRES
@_WRITE
def digest(**told: Any) -> None:  # noqa: ANN401 - options.
    """Poll and store feeds, build a digest over all of it, render and queue an edition for many choices."""
    _require_psutil()
    from newsletter.bench.chapters import digest_rows, write_digest  # noqa: PLC0415 - psutil comes with others.
    from newsletter.bench.digesting import Asked, measure  # noqa: PLC0415 - as above.

    asked = Asked(**{each.name: told[each.name] for each in fields(Asked)})
    outcome = measure(asked, told["postgres"], _tell)
    if told["write"]:
        write_digest(told["write"], outcome)
    heading, *rest = digest_rows(outcome)
    answer(outcome.as_dict(), table(heading, rest))


def _tell(words: str) -> None:
    click.echo(words, err=True)


def _require_psutil() -> None:
    """It comes with the developer's packages."""
    if not find_spec("psutil"):
        raise NotFound(kind="Python package", name="psutil")


def register(group: click.Group) -> None:
    group.add_command(import_)
    group.add_command(web)
    group.add_command(digest)
