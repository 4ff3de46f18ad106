"""`newsletter digest`: the rules that turn new articles into editions."""

from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import click

from newsletter.cli.explaining import explained, told_of
from newsletter.cli.output import Group, answer, open_house, table
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.digests import queries, service
from newsletter.digests.models import Digest
from newsletter.digests.policy import Approval, Mark, MarkKind, Selection, in_words, next_slots
from newsletter.digests.policy.rules import document, parsed
from newsletter.digests.policy.watching import Empty, Smaller, Watch
from newsletter.digests.service import Rule, add_digest, propose
from newsletter.editions.service import preview_content
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.policy import Cadence

WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")

_EMPTY = "When a slot brings no edition, or one with fewer articles than the rule's least."
_SMALLER = "When an edition has fewer readers than the last, by that share; hold keeps it back."


@click.group(cls=Group, name="digest")
def group() -> None:
    """The rules that turn new articles into editions."""


@group.command()
@click.argument("slug")
@click.option("--newsletter", required=True, metavar="SLUG", help="Whose subscribers get it.")
@click.option("--when", "--cron", required=True, help="'weekdays at 06:30', or cron text such as '30 6 * * 1-5'.")
@click.option("--timezone", metavar="ZONE", help="Of these times; the newsletter's own without it.")
@click.option("--source", "sources", type=int, multiple=True, required=True, help="A source's id; several times.")
@click.option("--least", type=int, help="With fewer new articles they wait for the next slot; 1 without it.")
@click.option("--most", type=int, help="More than these are left out; 20 without it.")
@click.option("--rule", "file", type=click.File(encoding="utf-8"), help="A rule in TOML; see `digest rule`.")
def add(slug: str, newsletter: str, sources: tuple[int, ...], file: IO[str] | None, **told: Any) -> None:  # noqa: ANN401 - options.
    """Make a digest that runs by itself from its next slot on."""
    with open_house():
        selection = parsed(file.read()) if file else Selection()
        bounds = {name: told[name] for name in ("least", "most") if told[name] is not None}
        rule = Rule(told["when"], told["timezone"], replace(selection, **bounds))
        _tell_schedule(add_digest(slug, newsletter, rule, sources))


@group.command()
@click.argument("slug")
@click.argument("words")
@click.option("--timezone", metavar="ZONE", help="Of these times; the one it has without it.")
def when(slug: str, words: str, timezone: str | None) -> None:
    """Let the digest come at other times, such as 'mondays and thursdays at 7'; shows the next ten."""
    with open_house():
        _tell_schedule(service.reschedule(slug, words, timezone))


@group.command()
@click.argument("slug")
@click.option("--lead", default=0, show_default=True, help="Minutes before its slot at which a draft is made.")
@click.option("--approval/--no-approval", default=False, help="Whether somebody must approve each edition.")
def release(slug: str, lead: int, approval: bool) -> None:
    """How its editions leave: drafted some time before, by themselves or once somebody has approved them."""
    with open_house():
        digest = service.release(slug, lead, Approval.NEEDED if approval else Approval.NOT_NEEDED)
        facts = {"lead_minutes": digest.lead_minutes, "needs_approval": digest.needs_approval}
        how = "once somebody has approved it" if approval else "unless somebody holds it"
        answer(facts, f"Drafted {lead} minutes before its slot; it leaves then, {how}.")


@group.command()
@click.argument("slug")
@click.option(
    "--late", default=10, show_default=True, help="Minutes after its slot at which it is late; 0: never."
)
@click.option("--empty", type=click.Choice(list(Empty)), default=Empty.ALARM, show_default=True, help=_EMPTY)
@click.option("--share", default=20, show_default=True, help="Per cent by which an edition counts as smaller.")
@click.option(
    "--smaller", type=click.Choice(list(Smaller)), default=Smaller.ALARM, show_default=True, help=_SMALLER
)
def watch(slug: str, late: int, empty: Empty, share: int, smaller: Smaller) -> None:
    """What its watchdog looks at: the operator hears by mail, log and metric before readers notice."""
    with open_house():
        watched = service.watch_by(slug, Watch(late, Empty(empty), share, Smaller(smaller))).watched
        facts = {"late": watched.late, "empty": watched.empty, "share": watched.share, "smaller": watched.smaller}
        lateness = f"late after {watched.late} minutes" if watched.late else "never late"
        answer(facts, f"{slug}: {lateness}; empty: {empty}; smaller by {share} %: {smaller}.")


@group.command()
@click.argument("slug")
@click.option(
    "--weekday",
    type=click.Choice(WEEKDAYS),
    default="monday",
    show_default=True,
    help="Who wants it weekly gets it at the first slot from this day on.",
)
@click.option("--month-day", default=1, show_default=True, help="As for a week: from this day of a month on.")
@click.option("--hour", type=int, help="For who has said a time zone and no hour; at once without it.")
def pace(slug: str, weekday: str, month_day: int, hour: int | None) -> None:
    """When readers get it who want it weekly, monthly or at an hour of their own."""
    with open_house():
        digest = service.pace(slug, WEEKDAYS.index(weekday), month_day, hour)
        facts = {"weekly_on": weekday, "monthly_on": digest.monthly_on, "local_hour": digest.local_hour}
        when_ = "at once" if hour is None else f"at {hour:02}:00 where they are"
        answer(facts, f"Weeks begin on {weekday.capitalize()}, months on day {month_day}; sent {when_}.")


@group.command()
@click.argument("slug")
@click.option(
    "--from", "file", type=click.File(encoding="utf-8"), help="A file with the new rule; - reads it here."
)
def rule(slug: str, file: IO[str] | None) -> None:
    """Print the rule by which the digest chooses, or give it another."""
    with open_house():
        digest = service.rule_by(slug, parsed(file.read())) if file else queries.digest(slug)
        answer(digest.selection, document(digest.rule))


@group.command()
@click.argument("slug")
@click.option("--at", metavar="MOMENT", help="Past or to come, such as 2026-12-24T06:30; now without it.")
@click.option("--cadence", type=click.Choice(list(Cadence)), default=Cadence.EACH, help="Whose edition.")
def explain(slug: str, at: str | None, cadence: str) -> None:
    """Say of each candidate why it is in or out, at any moment; when the next slots are, and for whom."""
    with open_house():
        digest = queries.digest(slug)
        proposal = propose(digest, service.slot_at(digest, at) if at else now(), Cadence(cadence))
        companies = service.companies(digest, proposal.window.end)
        titles = {each.id: each.title for each in proposal.candidates}
        slots = _slots(digest, proposal.window.end)
        facts = {
            "outcome": proposal.choice.outcome,
            "reason": proposal.choice.reason,
            "window": {"start": proposal.window.start, "end": proposal.window.end},
            "warnings": service.gaps(digest),
            "articles": [
                {"article": each.article_id, "in": each.is_in, "section": each.section, "reason": each.reason}
                | {"title": titles[each.article_id]}
                for each in proposal.choice.decisions
            ],
            "slots": slots,
            "readers": [asdict(each) for each in companies],
        }
        answer(facts, f"{explained(proposal, slots)}\n\n{told_of(companies)}".rstrip())


@group.command()
@click.argument("slug")
@click.argument("article", type=int)
def pin(slug: str, article: int) -> None:
    """Put an article at the head of its section in the next edition, whatever the rule says."""
    _mark(slug, article, Mark(MarkKind.PIN), "is pinned")


@group.command()
@click.argument("slug")
@click.argument("article", type=int)
def drop(slug: str, article: int) -> None:
    """Never send this article in this digest."""
    _mark(slug, article, Mark(MarkKind.DROP), "is dropped")


@group.command(name="keep-back")
@click.argument("slug")
@click.argument("article", type=int)
@click.argument("until")
def keep_back(slug: str, article: int, until: str) -> None:
    """Send this article not before a moment, such as 2026-12-24T06:30; it waits and is not forgotten."""
    with open_house():
        moment = service.slot_at(queries.digest(slug), until)
        service.mark(slug, article, Mark(MarkKind.KEEP_BACK, moment))
        answer({"article": article, "until": moment}, f"Article {article} waits for {moment:%Y-%m-%d %H:%M} UTC.")


@group.command()
@click.argument("slug")
@click.argument("article", type=int)
def unmark(slug: str, article: int) -> None:
    """Leave an article that was pinned, dropped or kept back to the rule again."""
    with open_house():
        service.unmark(slug, article)
        answer({"article": article}, f"Article {article} is left to the rule.")


@group.command()
@click.argument("slug")
@click.argument("text")
@click.option("--section", default="", help="The title of a section; the whole edition without it.")
def note(slug: str, text: str, section: str) -> None:
    """Print words in Markdown before the next edition or one of its sections; '' takes them out."""
    with open_house():
        digest = service.note(slug, text, section)
        answer(digest.notes, "Noted for the next edition." if text.strip() else "The next one has no such note.")


@group.command(name="list")
def list_() -> None:
    """All digests, the next one first."""
    with open_house():
        facts = [
            {"slug": each.slug, "schedule": in_words(each.cron, each.timezone), "next_due_at": each.next_due_at}
            for each in queries.digests()
        ]
        columns = ["slug", "schedule", "next_due_at"]
        answer(facts, table(columns, [[fact[column] for column in columns] for fact in facts]))


@group.command()
@click.argument("slug")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the mail as a page.")
def preview(slug: str, html: Path | None) -> None:
    """Print what the digest would send now, and write its HTML."""
    with open_house() as house:
        proposal = propose(queries.digest(slug), now())
        facts = {
            "outcome": proposal.choice.outcome,
            "reason": proposal.choice.reason,
            "articles": [{"title": each.title, "url": each.url} for each in proposal.articles],
        }
        if not proposal.articles:
            answer(facts, f"No edition: {proposal.choice.reason}.")
            return
        of = db.session.get_one(Newsletter, proposal.digest.newsletter_id)
        content = preview_content(proposal, of, house)
        path = html or Path(f"var/{slug}.html")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.html, encoding="utf-8")
        answer(facts | {"html": str(path)}, f"Subject: {content.subject}\n\n{content.text}\nHTML: {path}")


@group.command()
@click.argument("slug")
def run(slug: str) -> None:
    """Run the digest now, as if this moment were a slot of its schedule."""
    with open_house() as house:
        ran = service.run(queries.digest(slug).id, now(), house)
        facts = {"outcome": ran.outcome, "reason": ran.reason, "edition": ran.edition_id}
        what = f"Edition {ran.edition_id}" if ran.edition_id else "No edition"
        answer(facts, f"{what}: {ran.reason}.")


@group.command()
@click.argument("slug")
def runs(slug: str) -> None:
    """What came of its last slots, and why."""
    with open_house():
        facts = [
            {"slot": each.due_at, "cadence": each.cadence, "outcome": each.outcome}
            | {"edition": each.edition_id, "reason": each.reason}
            for each in queries.runs(queries.digest(slug).id)
        ]
        columns = ["slot", "cadence", "outcome", "edition", "reason"]
        answer(facts, table(columns, [[fact[column] for column in columns] for fact in facts]))


def _mark(slug: str, article: int, by: Mark, words: str) -> None:
    with open_house():
        service.mark(slug, article, by)
        answer({"article": article, "mark": by.kind}, f"Article {article} {words}.")


def _slots(digest: Digest, after: datetime) -> list[datetime]:
    return list(next_slots(digest.cron, digest.timezone, after))


def _tell_schedule(digest: Digest) -> None:
    words, slots = in_words(digest.cron, digest.timezone), _slots(digest, now())
    facts = {"slug": digest.slug, "schedule": words, "next_due_at": digest.next_due_at, "slots": slots}
    listed = "\n".join(f"  {slot:%a %Y-%m-%d %H:%M %Z}" for slot in slots)
    answer(facts, f"Digest {digest.slug}: {words}. The next ten:\n{listed}")


def register(parent: click.Group) -> None:
    parent.add_command(group)
