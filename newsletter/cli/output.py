"""How commands answer: in words for people, or as JSON for other programs."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from newsletter.base import create_base
from newsletter.mail.house import House
from newsletter.web import current

_JSON = "newsletter.json"


class Command(click.Command):
    """A command with `--json` added."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's own signature.
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(
                ["--json"],
                is_flag=True,
                expose_value=False,
                help="Answer as JSON, for other programs.",
                callback=_remember,
            )
        )


class Group(click.Group):
    """Makes every command under it, at any depth, one with `--json`."""

    command_class = Command
    group_class = type


def _remember(context: click.Context, _option: click.Parameter, value: bool) -> None:
    context.meta[_JSON] = value


def answer(facts: object, words: str) -> None:
    """Print the facts as JSON when that was asked for, and otherwise the words."""
    if click.get_current_context().meta.get(_JSON):
        click.echo(json.dumps(facts, default=str, ensure_ascii=False, indent=2))
    else:
        click.echo(words)


def speaks_json() -> bool:
    return bool(click.get_current_context().meta.get(_JSON))


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as they need, for the terminal; a dash where there is nothing."""
    cells = [list(map(str.upper, headings))]
    cells += [["-" if cell in ("", None) else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)
    return "\n".join(line.rstrip() for line in lines)


@contextmanager
def open_house() -> Iterator[House]:
    """The installation that the environment describes, with an app context around the block."""
    with create_base().app_context():
        yield current.house()
