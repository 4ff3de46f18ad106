"""`newsletter bench`: what the service can do on this machine, beside other programs."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict, Unpack

import click

from newsletter.bench.plan import ANY_POSTGRES, SCENARIOS, Plan, Senders
from newsletter.cli import bench_people
from newsletter.cli.output import Command, Group, answer, table
from newsletter.core.errors import NotFound

A_MILLION, PROFILED = 1_000_000, 20_000


class Asked(TypedDict):
    """The options of `bench delivery`, but for where to write."""

    recipients: int
    size: int
    repeat: int
    senders: int
    connections: int
    only: tuple[str, ...]
    million: bool
    profile: bool
    postgres: str


@click.group(cls=Group, name="bench")
def group() -> None:
    """Measure the service on this machine."""


@group.command(cls=Command)
@click.option("--recipients", default=100_000, type=click.IntRange(1), show_default=True, help="Of the edition.")
@click.option("--size", default=10_000, type=click.IntRange(1), show_default=True, help="Bytes of a message.")
@click.option("--repeat", default=3, type=click.IntRange(1), show_default=True, help="How many rounds.")
@click.option("--senders", default=0, type=click.IntRange(0, 64), help="Sending processes; 0: one per core.")
@click.option("--connections", default=4, type=click.IntRange(1, 100), show_default=True, help="Of all senders.")
@click.option("--only", multiple=True, type=click.Choice(SCENARIOS), help="This scenario; may be repeated.")
@click.option("--million", is_flag=True, help="Memory and queueing with a million recipients; takes minutes.")
@click.option("--profile", is_flag=True, help="Where one sender's time goes.")
@click.option("--postgres", default=ANY_POSTGRES, envvar="NEWSLETTER_TEST_DATABASE_URL", help="A server's URL.")
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="Write it as Markdown, too.")
def delivery(write: Path | None, **asked: Unpack[Asked]) -> None:
    """Send an edition to many, beside smtplib, aiosmtplib and Postfix's smtp-source; all on 127.0.0.1."""
    if not find_spec("psutil"):
        raise NotFound(kind="Python package", name="psutil")
    from newsletter.bench.delivery import measure  # noqa: PLC0415 - psutil comes with the developer's packages.
    from newsletter.bench.markdown import page  # noqa: PLC0415 - as above.

    report = measure(_plan(asked), lambda words: click.echo(words, err=True))
    if write:
        write.write_text(page(report), encoding="utf-8")
    tables = [report.measure_rows(), report.run_rows(), report.queueing_rows(), report.profile_rows()]
    answer(report.as_dict(), "\n\n".join(table(rows[0], rows[1:]) for rows in tables if rows[1:]))


def _plan(asked: Asked) -> Plan:
    processes = asked["senders"] or os.cpu_count() or 1
    return Plan(
        recipients=asked["recipients"],
        size=asked["size"],
        senders=Senders(processes, asked["connections"]),
        repeat=asked["repeat"],
        million=A_MILLION if asked["million"] or any("million" in name for name in asked["only"]) else 0,
        profiled=PROFILED if asked["profile"] else 0,
        only=asked["only"],
        postgres=asked["postgres"],
    )


def register(parent: click.Group) -> None:
    bench_people.register(group)
    parent.add_command(group)
