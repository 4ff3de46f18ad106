"""`newsletter subscriber`: what is known of one address."""

from datetime import timedelta

import click

from newsletter.cli.output import Group, answer, open_house, table
from newsletter.core.addresses import parse
from newsletter.core.clock import now
from newsletter.core.errors import NotFound
from newsletter.newsletters.queries import newsletters
from newsletter.subscriptions.models import ConsentEvent, Verdict
from newsletter.subscriptions.policy.budgets import is_collapsed
from newsletter.subscriptions.queries import consent_of, find_subscriber, subscriptions_of, verdicts_since
from newsletter.subscriptions.service.budgeting import confirming
from newsletter.suppressions.queries import find_suppression

COLUMNS = ("at", "event", "newsletter", "method", "ip")


@click.group(cls=Group, name="subscriber")
def group() -> None:
    """The people behind the addresses."""


@group.command()
@click.argument("address")
def show(address: str) -> None:
    """The whole story of ADDRESS: subscriptions, consent events, suppression."""
    with open_house() as house:
        mailbox = parse(address)
        found = find_subscriber(mailbox.key(house.settings.pepper))
        if found is None:
            raise NotFound(kind="subscriber", name=mailbox)
        names = {each.id: each.slug for each in newsletters()}
        suppression = find_suppression(found.address_key)
        events = [
            [
                f"{event.at:%Y-%m-%d %H:%M:%S}",
                event.kind,
                names[event.newsletter_id],
                event.method,
                _ip(event),
            ]
            for event in consent_of(found.id)
        ]
        states = {names[each.newsletter_id]: str(each.status) for each in subscriptions_of(found.id)}
        facts = {
            "address": found.address,
            "subscriptions": states,
            "suppressed": suppression and suppression.reason,
            "consent": [dict(zip(COLUMNS, event, strict=True)) for event in events],
        }
        lines = [f"{found.address}, since {found.created_at:%Y-%m-%d}"]
        lines += [f"  {slug}: {status}" for slug, status in states.items()]
        lines += [f"  suppressed: {suppression.reason} {suppression.words}"] if suppression else []
        answer(facts, "\n".join([*lines, "", table(COLUMNS, events)]))


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


def _ip(event: ConsentEvent) -> str:
    return event.origin.ip if event.origin else ""


def register(parent: click.Group) -> None:
    parent.add_command(group)
