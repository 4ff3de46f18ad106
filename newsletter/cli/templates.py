"""`newsletter template`: what operators write for the mails of a newsletter."""

from typing import TextIO

import click

from newsletter.cli.output import Group, answer, open_house, table
from newsletter.newsletters.policy import Theme
from newsletter.newsletters.queries import newsletter
from newsletter.templates.policy import PARTS, difference, part
from newsletter.templates.queries import current, version, versions
from newsletter.templates.service import restore_template, save_template, take_look, take_theme

BY = "command"


@click.group(cls=Group, name="template")
def group() -> None:
    """Subject, header, body, footer and style of a newsletter's editions, written by yourself."""


@group.command(name="list")
@click.argument("newsletter_slug", metavar="NEWSLETTER")
def list_(newsletter_slug: str) -> None:
    """Which parts are written, and which the theme decides."""
    with open_house():
        found = current(newsletter(newsletter_slug).id)
        facts = [
            {"part": each.name, "version": found[each.name].number, "written": bool(found[each.name].source)}
            if each.name in found
            else {"part": each.name, "version": None, "written": False}
            for each in PARTS
        ]
        rows = [[fact["part"], fact["version"], "written" if fact["written"] else "the theme's"] for fact in facts]
        answer(facts, table(["part", "version", "what counts"], rows))


@group.command()
@click.argument("newsletter_slug", metavar="NEWSLETTER")
@click.argument("part_name", metavar="PART")
@click.option("--version", "number", type=int, help="An earlier one; the newest by default.")
def show(newsletter_slug: str, part_name: str, number: int | None) -> None:
    """Print what PART says."""
    with open_house():
        of = newsletter(newsletter_slug)
        newest = current(of.id).get(part(part_name).name)
        shown = version(of.id, part_name, number) if number else newest
        source = shown.source if shown else ""
        answer({"part": part_name, "source": source, "version": shown and shown.number}, source)


@group.command(name="set")
@click.argument("newsletter_slug", metavar="NEWSLETTER")
@click.argument("part_name", metavar="PART")
@click.argument("file", type=click.File(encoding="utf-8"))
def set_(newsletter_slug: str, part_name: str, file: TextIO) -> None:
    """Take PART from FILE ("-" reads standard input); an empty file gives it back to the theme.

    It is tried with ordinary and with difficult editions first; what cannot be used is not kept.
    """
    with open_house():
        saved = save_template(newsletter_slug, part_name, file.read(), BY)
        answer({"part": saved.part, "version": saved.number}, f"Saved as version {saved.number} of {saved.part}.")


@group.command()
@click.argument("newsletter_slug", metavar="NEWSLETTER")
@click.argument("part_name", metavar="PART")
def history(newsletter_slug: str, part_name: str) -> None:
    """All versions of PART, newest first."""
    with open_house():
        found = versions(newsletter(newsletter_slug).id, part(part_name).name)
        facts = [{"version": each.number, "at": each.saved_at, "by": each.saved_by} for each in found]
        answer(facts, table(["version", "at", "by"], [list(fact.values()) for fact in facts]))


@group.command()
@click.argument("newsletter_slug", metavar="NEWSLETTER")
@click.argument("part_name", metavar="PART")
@click.argument("before", type=int)
@click.argument("after", type=int)
def diff(newsletter_slug: str, part_name: str, before: int, after: int) -> None:
    """What changed from version BEFORE to version AFTER."""
    with open_house():
        of = newsletter(newsletter_slug).id
        lines = difference(version(of, part_name, before).source, version(of, part_name, after).source)
        answer({"difference": lines}, lines or "They say the same.")


@group.command()
@click.argument("newsletter_slug", metavar="NEWSLETTER")
@click.argument("part_name", metavar="PART")
@click.argument("number", type=int)
def restore(newsletter_slug: str, part_name: str, number: int) -> None:
    """Make version NUMBER the newest again."""
    with open_house():
        saved = restore_template(newsletter_slug, part_name, number, BY)
        words = f"Version {number} counts again, as version {saved.number} of {saved.part}."
        answer({"part": saved.part, "version": saved.number}, words)


@group.command()
@click.argument("newsletter_slug", metavar="NEWSLETTER")
@click.option(
    "--theme", type=click.Choice([each.value for each in Theme]), help="One of ours, as a beginning of your own."
)
@click.option("--from", "other", metavar="NEWSLETTER", help="Another newsletter, whose parts you want here too.")
def take(newsletter_slug: str, theme: str | None, other: str | None) -> None:
    """Take all parts from a theme or from another newsletter, as new versions."""
    if bool(theme) == bool(other):
        problem = "Say either --theme or --from."
        raise click.UsageError(problem)
    with open_house():
        saved = take_theme(newsletter_slug, theme, BY) if theme else take_look(newsletter_slug, str(other), BY)
        facts = [{"part": each.part, "version": each.number} for each in saved]
        answer(facts, "\n".join(f"Saved as version {each.number} of {each.part}." for each in saved))


def register(parent: click.Group) -> None:
    parent.add_command(group)
