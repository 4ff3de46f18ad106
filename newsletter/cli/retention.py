"""`newsletter retention`: what is kept how long, and how much of it is due."""

import click

from newsletter.cli.output import Command, answer, open_house, table
from newsletter.digests.service import pictures_step
from newsletter.subscriptions.service import retain
from newsletter.subscriptions.service.retaining import steps


@click.command(cls=Command)
@click.option("--run", "runs", is_flag=True, help="Let go of what is due now, instead of at the next hour.")
def retention(runs: bool) -> None:
    """What is kept how long, and how many of each kind are due to be let go of."""
    with open_house() as house:
        pictures = pictures_step(house.images)
        known = (*steps(house.settings), pictures)
        rows = [(step.name, step.what, step.period.days, step.count_due()) for step in known]
        gone = retain(house.settings, pictures) if runs else {}
        columns = ("step", "what", "days", "due", "gone") if runs else ("step", "what", "days", "due")
        told = [(*row, gone[row[0]]) if runs else row for row in rows]
        answer([dict(zip(columns, row, strict=True)) for row in told], table(columns, told))


def register(group: click.Group) -> None:
    group.add_command(retention)
