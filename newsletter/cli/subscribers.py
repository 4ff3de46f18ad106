"""`newsletter subscriber`: what is known of one address."""

from datetime import timedelta

import click

from newsletter.cli import erasing, people
from newsletter.cli.output import Group, answer, open_house, table
from newsletter.cli.ratios import ratio
from newsletter.core.addresses import parse
from newsletter.core.clock import now
from newsletter.core.errors import NotFound
from newsletter.newsletters.queries import newsletters
from newsletter.subscriptions.models import Verdict
from newsletter.subscriptions.policy.budgets import is_collapsed
from newsletter.subscriptions.queries import find_subscriber, verdicts_since
from newsletter.subscriptions.queries.story import story
from newsletter.subscriptions.service.budgeting import confirming
from newsletter.suppressions.queries import find_suppression


@click.group(cls=Group, name="subscriber")
def group() -> None:
    """The people behind the addresses."""


@group.command()
@click.argument("address")
def show(address: str) -> None:
    """The whole story of ADDRESS, in the order of time: what was agreed to, mailed and withdrawn."""
    with open_house() as house:
        key = parse(address).key(house.settings.pepper)
        suppression, found = find_suppression(key), find_subscriber(key)
        if found is None and suppression is None:
            raise NotFound(kind="subscriber", name=parse(address))
        told = story(found, suppression, {each.id: each.slug for each in newsletters()})
        answer(told.as_dict(), told.words())


@group.command()
def budget() -> None:
    """What became of the sign-ups of the last hour and day, the budgets, and whether the breaker is open."""
    with open_house() as house:
        moment = now()
        hour, day = (verdicts_since(moment - timedelta(hours=hours)) for hours in (1, 24))
        seen = confirming(moment)
        budgets = {each.by: f"{each.most} in {each.window}" for each in house.settings.budgets}
        facts = {
            "last_hour": hour,
            "last_day": day,
            "budgets": budgets,
            "breaker": {"asked": seen.asked, "confirmed": seen.confirmed, "is_open": is_collapsed(seen)},
        }
        rows = [[verdict, hour.get(verdict, 0), day.get(verdict, 0)] for verdict in Verdict if verdict in day]
        state = "OPEN: only a trickle of confirmations leaves" if is_collapsed(seen) else "closed"
        lines = [
            table(("answer", "last hour", "last day"), rows),
            "",
            *(f"{by}: at most {most}" for by, most in budgets.items()),
            f"breaker: {state}; of {seen.asked} confirmations of the last day {seen.confirmed} were answered",
        ]
        answer(facts, "\n".join(lines))


def register(parent: click.Group) -> None:
    people.register(group)
    erasing.register(group)
    group.add_command(ratio)
    parent.add_command(group)
