"""`newsletter digest`: the rules that turn new articles into editions."""

from pathlib import Path

import click

from newsletter.cli.output import Group, answer, open_house, table
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.digests import queries, service
from newsletter.digests.policy import in_words
from newsletter.digests.service import Rule, add_digest, propose
from newsletter.editions.service import preview_content
from newsletter.newsletters.models import Newsletter


@click.group(cls=Group, name="digest")
def group() -> None:
    """The rules that turn new articles into editions."""


@group.command()
@click.argument("slug")
@click.option("--newsletter", required=True, metavar="SLUG", help="Whose subscribers get it.")
@click.option("--cron", required=True, help="When: '30 6 * * 1-5' is 06:30, Monday to Friday.")
@click.option("--timezone", metavar="ZONE", help="Of the cron times; the newsletter's own without it.")
@click.option("--source", "sources", type=int, multiple=True, required=True, help="A source's id; several times.")
@click.option("--least", default=1, show_default=True, help="With fewer new articles they wait for the next slot.")
@click.option("--most", default=20, show_default=True, help="More than these are left out.")
def add(slug: str, newsletter: str, sources: tuple[int, ...], **rule: object) -> None:
    """Make a digest that runs by itself from its next slot on."""
    with open_house():
        added = add_digest(slug, newsletter, Rule(**rule), sources)  # type: ignore[arg-type]
        words = in_words(added.cron, added.timezone)
        facts = {"slug": added.slug, "schedule": words, "next_due_at": added.next_due_at}
        answer(facts, f"Digest {added.slug}: {words}; next at {added.next_due_at:%Y-%m-%d %H:%M} UTC")


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
        content = preview_content(of, proposal.window, proposal.articles, house)
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
        what = f"Edition {ran.edition_id} is queued" if ran.edition_id else "No edition"
        answer(facts, f"{what}: {ran.reason}.")


@group.command()
@click.argument("slug")
def runs(slug: str) -> None:
    """What came of its last slots, and why."""
    with open_house():
        facts = [
            {"slot": each.due_at, "outcome": each.outcome, "edition": each.edition_id, "reason": each.reason}
            for each in queries.runs(queries.digest(slug).id)
        ]
        columns = ["slot", "outcome", "edition", "reason"]
        answer(facts, table(columns, [[fact[column] for column in columns] for fact in facts]))


def register(parent: click.Group) -> None:
    parent.add_command(group)
