"""`newsletter subscriber ratio`: how many of those who were asked have confirmed."""

from collections.abc import Sequence
from datetime import timedelta

import click

from newsletter.cli.output import Command, answer, open_house, table
from newsletter.core.clock import now
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions.policy.ratios import Ratio, low
from newsletter.subscriptions.queries import By, confirm_ratios

COLUMNS = ("asked", "confirmed", "ratio", "within hour", "reminded", "after reminder")
LONGEST = 400
"""Days; what is older is forgotten."""


ADVICE = """\
Most likely they do not see the mail. Sign up there yourself and check where the confirmation lands. If it is
in the spam folder, look whether SPF, DKIM and DMARC pass in its headers, and at the provider's own advice."""


@click.command(cls=Command)
@click.option("--newsletter", "slug", metavar="SLUG", help="Of this newsletter only.")
@click.option("--days", type=click.IntRange(1, LONGEST), default=30, help="How far to look back; 30 without it.")
@click.option(
    "--by",
    type=click.Choice(("form", "page", "provider", "day")),
    default="provider",
    help="What to tell it by; provider without it.",
)
def ratio(slug: str | None, days: int, by: By) -> None:
    """How many of those who were asked have confirmed, so that lost confirmations are seen."""
    with open_house():
        since = (now() - timedelta(days=days - 1)).date()
        newsletter_id = newsletter(slug).id if slug else None
        ratios = confirm_ratios(by, since, newsletter_id)
        poor = low(confirm_ratios("provider", since, newsletter_id))
        facts = {
            "since": since,
            "by": by,
            "ratios": [_facts(each) for each in ratios],
            "low_providers": [each.name for each in poor],
        }
        rows = [[_named(each), *_cells(each)] for each in ratios]
        words = table((by, *COLUMNS), rows) if rows else f"Nobody was asked since {since}."
        answer(facts, "\n".join([words, *_advice(poor)]))


def _named(each: Ratio) -> str:
    return each.name or "(none)"


def _facts(each: Ratio) -> dict[str, object]:
    return {
        "name": each.name,
        "asked": each.asked,
        "confirmed": each.confirmed,
        "ratio": None if each.share is None else round(each.share, 3),
        "within_hour": each.within_hour,
        "reminded": each.reminded,
        "after_reminder": each.after_reminder,
    }


def _cells(each: Ratio) -> list[object]:
    share = "-" if each.share is None else f"{each.share:.0%}"
    return [each.asked, each.confirmed, share, each.within_hour, each.reminded, each.after_reminder]


def _advice(poor: Sequence[Ratio]) -> list[str]:
    if not poor:
        return []
    found = [f"{each.name}: only {each.share:.0%} confirm, less than half as many as elsewhere." for each in poor]
    return ["", *found, ADVICE]
