"""`newsletter subscriber import`, `imports`, `import-undo` and `export`."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from tqdm import tqdm

from newsletter.cli.output import Command, answer, open_house, speaks_json, table
from newsletter.core.db import db
from newsletter.newsletters.queries import newsletters
from newsletter.subscriptions.importer import Choices, Order, Preview, preview, take_in, undo
from newsletter.subscriptions.importer.previewing import Reject, check
from newsletter.subscriptions.importer.rows import Rejected
from newsletter.subscriptions.models import Import
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.service.exporting import COLUMNS, Filter, export, guarded


@click.command(cls=Command, name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--newsletter", required=True, metavar="SLUG", help="Whom these people subscribed to.")
@click.option("--provenance", default="", help="Where and how they agreed; required to apply.")
@click.option("--consent-note", default="", help="You answer for it that they have confirmed, and this is why.")
@click.option("--ask", is_flag=True, help="Ask those who are pending by mail, as fast as the budgets allow.")
@click.option("--column", multiple=True, metavar="NAME=MEANING", help="What a column is; may be repeated.")
@click.option("--status", multiple=True, metavar="WORD=MEANING", help="What a status means; may be repeated.")
@click.option("--rejected", type=click.Path(dir_okay=False, path_type=Path), help="Write rejected rows there.")
@click.option("--apply", "approved", default="", metavar="PLAN", help="Do what was shown with this plan.")
def import_(file: Path, approved: str, rejected: Path | None, **said: Any) -> None:  # noqa: ANN401 - click's options.
    """Show what importing FILE would do; with --apply, do it. An import that was killed is gone on with."""
    order = Order(
        newsletter=said["newsletter"],
        provenance=said["provenance"],
        consent_note=said["consent_note"],
        asks=said["ask"],
        choices=Choices(_pairs(said["column"]), _pairs(said["status"])),
    )
    with open_house() as house, _writing(rejected) as reject:
        if not approved:
            _show(preview(file, order, house, reject), order)
            return
        with _bar() as bar:
            done = take_in(file, approved, order, house, reject, lambda rows: bar.update(rows - bar.n))
        facts = {"import": done.id, "rows": done.rows_done, **done.counts}
        lines = [f"Import {done.id}: {done.rows_done} rows.", "", *_counted(done.counts)]
        lines += ["", f"To take it back before the next edition: newsletter subscriber import-undo {done.id}"]
        answer(facts, "\n".join(lines))


@click.command(cls=Command)
def imports() -> None:
    """All imports, newest first."""
    with open_house():
        slugs = {each.id: each.slug for each in newsletters()}
        rows = [
            _line(each, slugs[each.newsletter_id])
            for each in db.session.scalars(select(Import).order_by(Import.id.desc()).limit(100))
        ]
        columns = ("import", "began", "newsletter", "state", "rows", "file", "provenance")
        answer([dict(zip(columns, row, strict=True)) for row in rows], table(columns, rows))


def _line(each: Import, slug: str) -> list[object]:
    began = f"{each.started_at:%Y-%m-%d %H:%M}"
    return [each.id, began, slug, each.state, each.rows_done, each.file_name, each.provenance]


@click.command(cls=Command, name="import-undo")
@click.argument("number", type=int)
def import_undo(number: int) -> None:
    """Take import NUMBER back; not once an edition has gone to these people."""
    with open_house():
        undo(number)
        answer({"import": number, "state": "undone"}, f"Import {number} is undone.")


@click.command(cls=Command, name="export")
@click.option("--newsletter", required=True, metavar="SLUG")
@click.option("--status", multiple=True, type=click.Choice(list(SubscriptionStatus)), help="May be repeated.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only who signed up from this day on.")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Standard output without it.")
def export_(newsletter: str, form: str, output: Path | None, **chosen: Any) -> None:  # noqa: ANN401 - click's options.
    """All subscriptions of a newsletter with what was consented to, as CSV or a JSON object a line."""
    since = chosen["since"].replace(tzinfo=UTC) if isinstance(chosen["since"], datetime) else None
    statuses = [SubscriptionStatus(status) for status in chosen["status"]]
    with open_house():
        rows = export(Filter(newsletter, statuses, since))
        if output is None:
            _write(rows, form, sys.stdout)
            return
        with output.open("w", encoding="utf-8", newline="") as file:
            written = _write(rows, form, file)
        answer({"rows": written, "file": str(output)}, f"Wrote {written} rows to {output}.")


def _write(rows: Iterable[dict[str, str]], form: str, file: Any) -> int:  # noqa: ANN401 - anything that writes.
    number = 0
    writer = csv.writer(file)
    if form == "csv":
        writer.writerow(COLUMNS)
    for number, row in enumerate(rows, start=1):  # noqa: B007 - counted.
        if form == "csv":
            writer.writerow([guarded(cell) for cell in row.values()])
        else:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return number


def _show(shown: Preview, order: Order) -> None:
    wrong = sum(shown.rejected.values())
    taken = [[name, meaning] for name, meaning in shown.columns.items()]
    lines = [
        f"Looks like an export of {shown.service}, in {shown.encoding}.",
        "",
        table(("column", "is taken for"), taken),
        "",
        "They were there:",
        *_counted(shown.standings),
        "They will be here:",
        *_counted(shown.outcomes),
        *([f"Rejected, {wrong} rows:", *_counted(shown.rejected)] if wrong else []),
    ]
    if shown.samples:
        columns = tuple(shown.samples[0])
        lines += ["", table(columns, [list(each.values()) for each in shown.samples])]
    lines += ["", "Nothing was changed.", *_what_next(shown, order)]
    answer(shown.as_dict(), "\n".join(lines))


def _what_next(shown: Preview, order: Order) -> list[str]:
    try:
        check(order)
    except Exception as problem:  # noqa: BLE001 - told as what is still to be said.
        return [str(problem)]
    return [f"To do exactly this, say the same again with: --apply {shown.plan}"]


def _counted(counts: dict[str, int] | Any) -> list[str]:  # noqa: ANN401 - any mapping of counts.
    return [f"  {count:>9,}  {name}" for name, count in counts.items() if count]


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = dict(text.partition("=")[::2] for text in texts)
    if "" in pairs.values():
        problem = "expected NAME=MEANING"
        raise click.BadParameter(problem)
    return pairs


@contextmanager
def _writing(path: Path | None) -> Iterator[Reject]:
    if path is None:
        yield lambda _header, _rows: None
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer, begun = csv.writer(file), False

        def reject(header: Sequence[str], rows: Iterable[Rejected]) -> None:
            nonlocal begun
            if not begun:
                writer.writerow(["line", "reason", *header])
                begun = True
            for row in rows:
                writer.writerow([row.line, row.reason, *map(guarded, row.cells)])

        yield reject


@contextmanager
def _bar() -> Iterator[Any]:
    with tqdm(unit=" rows", disable=speaks_json() or not sys.stderr.isatty(), file=sys.stderr) as bar:
        yield bar


def register(group: click.Group) -> None:
    for command in (import_, imports, import_undo, export_):
        group.add_command(command)
