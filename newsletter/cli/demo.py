"""`newsletter demo`: the whole main job on an invented paper."""

import sys
from pathlib import Path

import click

from newsletter.cli.output import Command, speaks_json


@click.command(cls=Command)
@click.option("--once", is_flag=True, help="Unattended: play it through, print the ledger, exit 0 if it agrees.")
@click.option(
    "--folder",
    default=Path("var/demo"),
    type=click.Path(file_okay=False, path_type=Path),
    show_default=True,
    help="Where its database and mail lie; emptied at each start.",
)
def demo(once: bool, folder: Path) -> None:
    """A paper, its feeds, thirty readers and their inbox, on this machine alone."""
    from newsletter.demo import play  # noqa: PLC0415 - aiosmtpd and the paper are loaded by nobody else.

    sys.exit(play.once(folder, as_json=speaks_json()) if once else play.until_stopped(folder))


def register(parent: click.Group) -> None:
    parent.add_command(demo)
