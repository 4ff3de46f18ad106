"""`docs/benchmarks-web.md` and `docs/benchmarks-digest.md`: a chapter for each bench, which writes it anew."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from newsletter.bench.digesting import Feat
from newsletter.bench.grounds import Outcome
from newsletter.bench.importing import Step
from newsletter.bench.looking import AIM, Look
from newsletter.bench.means import POSTGRES, SQLITE
from newsletter.bench.web import Rush, Seen

Rows = list[list[str]]

_PAGE = """\
# Benchmarks: import and web

Two commands measure and write the chapters of this page anew, each its own. Machines differ and so do their
moods: compare within one table, not between two machines. How fast the service sends stands in
[Benchmarks](benchmarks.md).
"""

_DIGEST_PAGE = """\
# Benchmarks: digests

The command measures and writes this page anew. Machines differ and so do their moods: compare within one table,
not between two machines. How fast the service sends stands in [Benchmarks](benchmarks.md).
"""

_DIGEST = """\
## Feeds, a digest, an edition for many choices

    {command}

Each source is a feed on 127.0.0.1, served by another process, with two kilobytes of text in each entry; the
worker's own poll asks eight at a time, parses, sanitises and stores. What is stored beyond that is older than
the window of the digest. The digest draws from all sources, all that was just polled is a candidate, and
*built and explained* is what `newsletter digest explain` works out, with a reason for each. The edition has forty
articles; each choice has another part of them, rendered to HTML and text with inlined styles. At last it is
queued for readers who follow different sets of topics: rendered, compiled, frozen and committed. Who signs up or
leaves meanwhile waits on SQLite for as long as the *write lock is held*; on PostgreSQL they wait for nothing. A
figure counts only if everything was stored, every candidate was decided, the editions differ, and everybody is
queued. CPU time and memory are those of the service's process; the feeds' server and PostgreSQL's share the cores.
"""

_IMPORT = """\
## Import, export, undo

    {command}

One file, always the same: {rows} rows with names, states and times, three fifths at twelve large providers and
the others at sixty thousand domains; one in a thousand is no address and comes back with its reason. Each step
is the command that an operator types, from its start to its end, and counts only if the subscriptions are then
those that the file says. Memory is the highest sum of the command's processes, looked at five times a second;
CPU time is theirs, without PostgreSQL's server.
"""

_WEB = """\
## Web

    {command}

A database with many subscribers, and `newsletter web` with two processes. One client keeps its connections and
sends, for some seconds each, sign-ups (the form, with a stamp that is valid), confirmations (the button behind
the link) and one-click unsubscribes (RFC 8058), each by somebody else. A figure is shown only if every request
was answered as it should be, and the tables then hold exactly as many changes, of as many people. Client, web
server and database share the cores. CPU time is that of the web server's processes, without PostgreSQL's server.

What a request costs is mostly Python around short statements: an unsubscribe has six of them, begin and
commit among them; a confirmation has more than twice as many and queues the welcome mail. The disk
is not what limits: on SQLite the threads of a process share one sync for all that they commit at a time.
"""


_PAGES = """\
## Pages of the console

    {command}

The same database with many subscribers, and in it also hundreds of editions, of which one is being sent to all of
them and one has been; sources, articles, imports, acts on many, suppressions, the trail, and sums of more than a
year; in proportion where there are fewer than a million. An owner asks for each page over one connection, one
after the other: for the first time since the server began, and {looks} times again, of which the median is shown.
Milliseconds from the request to the last byte of the answer; the aim is {aim:.0f}.
{words}

No page waits for a million rows. A large edition's deliveries, and whom an act on many is for, are counted beside:
the page says as of when its figures are, or that they are still being counted, and renews itself.
"""


def import_rows(outcome: Outcome[Step]) -> Rows:
    """Heading first."""
    heading = ["database", "step", "rows", "seconds", "rows/s", "CPU s", "peak MB"]
    return [heading, *(_step_row(step) for step in outcome.results)]


def web_rows(outcome: Outcome[Rush]) -> Rows:
    """Heading first."""
    heading = ["database", "request", "requests", "per second", "aim", "p50 ms", "p95 ms", "CPU ms each"]
    return [heading, *(_rush_row(rush) for rush in outcome.results)]


def page_rows(looks: Sequence[Look]) -> Rows:
    """Heading first; one row for each page, with a dash where a database has not shown it."""
    heading = [
        "page",
        "aim ms",
        *(f"{kind}, {which}" for kind in (SQLITE, POSTGRES) for which in ("first", "median")),
    ]
    known = {(each.page, each.database): each for each in looks}
    names = dict.fromkeys(each.page for each in looks)
    aim = f"{AIM * 1000:.0f}"
    return [heading, *([name, aim, *_times(known, name)] for name in names)]


def _times(known: Mapping[tuple[str, str], Look], page: str) -> list[str]:
    cells = []
    for kind in (SQLITE, POSTGRES):
        look = known.get((page, kind))
        cells += [f"{look.first * 1000:,.0f}", f"{look.median * 1000:,.0f}"] if look else ["-", "-"]
    return cells


def write_import(path: Path, outcome: Outcome[Step]) -> None:
    rows = max((step.rows for step in outcome.results), default=0)
    text = _IMPORT.format(command=outcome.command, rows=f"{rows:,}")
    _write(path, "import", _chapter(text, import_rows(outcome), outcome.machine, outcome.left_out))


def write_web(path: Path, outcome: Seen) -> None:
    """A chapter for the requests and one for the pages; what was not measured stays as it is there."""
    if outcome.results or not outcome.looks:
        text = _WEB.format(command=outcome.command)
        _write(path, "web", _chapter(text, web_rows(outcome), outcome.machine, outcome.left_out))
    if outcome.looks:
        # The name of an argument would be taken for a tag.
        heading, *rows = page_rows(outcome.looks)
        marked = [heading, *([f"`{name}`", *cells] for name, *cells in rows)]
        _write(path, "pages", _chapter(_of_pages(outcome), marked, outcome.machine, outcome.left_out))


def _of_pages(outcome: Seen) -> str:
    looks = outcome.looks
    slow = len({each.page for each in looks if each.is_slow})
    words = f"Of {len({each.page for each in looks})} pages {slow or 'none'} took longer on one of the databases."
    return _PAGES.format(command=outcome.command, looks=len(looks[0].others), aim=AIM * 1000, words=words)


def digest_rows(outcome: Outcome[Feat]) -> Rows:
    """Heading first."""
    heading = ["database", "step", "number", "seconds", "ms each", "CPU s", "peak MB", "aim"]
    return [heading, *(_feat_row(feat) for feat in outcome.results)]


def write_digest(path: Path, outcome: Outcome[Feat]) -> None:
    text = _DIGEST.format(command=outcome.command)
    chapter = _chapter(text, digest_rows(outcome), outcome.machine, outcome.left_out)
    _write(path, "digest", chapter, _DIGEST_PAGE)


def _feat_row(feat: Feat) -> list[str]:
    each = f"{feat.seconds * 1000 / feat.number:,.3f}"
    figures = [f"{feat.seconds:,.2f}", each, f"{feat.cpu:,.2f}", f"{feat.rss / 1e6:,.0f}"]
    return [feat.database, feat.name, f"{feat.number:,}", *figures, feat.aim]


def _step_row(step: Step) -> list[str]:
    took = step.took
    figures = [f"{took.seconds:,.1f}", f"{step.rows / took.seconds:,.0f}", f"{took.cpu:,.1f}"]
    return [step.database, step.name, f"{step.rows:,}", *figures, f"{took.rss / 1e6:,.0f}"]


def _rush_row(rush: Rush) -> list[str]:
    figures = [f"{rush.requests / rush.seconds:,.0f}", f"{rush.kind.aim:,}" if rush.kind.aim else "-"]
    figures += [f"{rush.p50 * 1000:,.1f}", f"{rush.p95 * 1000:,.1f}", f"{rush.cpu * 1000 / rush.requests:,.2f}"]
    return [rush.database, rush.kind.name, f"{rush.requests:,}", *figures]


def _chapter(text: str, rows: Rows, machine: dict[str, str], left_out: Sequence[str]) -> str:
    facts = [["", ""], *([name, value] for name, value in machine.items())]
    parts = [text, _table(rows), _table(facts)]
    if left_out:
        parts.append("Left out:\n\n" + "".join(f"- {sentence}\n" for sentence in left_out))
    return "\n".join(parts)


def _table(rows: Rows) -> str:
    heading, *rest = rows
    lines = [heading, ["---"] * len(heading), *rest]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def _write(path: Path, name: str, chapter: str, empty: str = _PAGE) -> None:
    """In place of the old one between its two marks, or at the end."""
    before, after = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    page = path.read_text(encoding="utf-8") if path.exists() else empty
    whole = before + chapter + after
    written, found = re.subn(f"{re.escape(before)}.*?{re.escape(after)}", lambda _: whole, page, flags=re.DOTALL)
    path.write_text(written if found else f"{page}\n{whole}", encoding="utf-8")
