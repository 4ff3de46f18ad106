"""The report as a page of the documentation."""

from newsletter.bench.report import Report, Rows

_INTRODUCTION = """\
# Benchmarks

`make bench` measures and writes this page anew. This one comes from

    {command}

Figures are medians of the rounds, with the lowest and the highest in brackets. Machines differ and so do their
moods: compare within one table, not between two machines.
"""

_MEASURES = """\
## What counts

A ratio is taken round by round, because both sides then had the same machine, and the median of these is shown.
*At least* and *go for* are what the service is held to.
"""

_RUNS = """\
## All contestants

They take turns; in each round everybody runs once into each sink. CPU time is user and system time of the
sender's own processes while they send; what PostgreSQL's server uses is not in it. Memory is the highest sum over
the sender's processes and, for the service, the one that queues: RSS, looked at five times a second, counts a page
that several share once for each of them, PSS, looked at once a second, only once. Of `smtp-source`, which ran with
1 to 10 sessions, the best is shown; the ratio above takes the best of each round.
"""

_QUEUEING = """\
## Queueing and sending apart

*Queueing* is `edition send`: rendering once and writing a row for each recipient. *First lease to last record* is
what workers do then. The rates above are of both together, with what a worker takes to notice.
"""

_PROFILE = """\
## Where the time goes

One sender, `newsletter deliver` under cProfile, which itself more than doubles the cost of short functions and
counts the ledger for its progress bar. The {count} functions with the most time of their own:
"""

_METHOD = """\
## What is measured, and how

- **The service** is the whole path with its own processes, as `newsletter run` starts them, but for the web
  server: an edition is queued for everybody with one statement, workers lease, fill, send, write their journal and
  record. The clock runs from the call that queues to the last record in the ledger. The edition is rendered from
  articles like any other, with an unsubscribe link, an address and a Message-ID of its own in each message. SQLite
  runs as it does in production, with `synchronous=FULL`. A run counts only if the ledger says that everybody's
  message was accepted and, where the sink counts, it counted as many.
- **`smtplib`, `aiosmtplib` and `smtp-source`** send the same message from memory, prepared, without queue,
  database or journal; each in processes of its own. `smtplib` and `aiosmtplib` have one connection.
- **The bare pipelined client** is the ceiling: what Python can do if it does nothing but write prepared bytes
  ahead and count answers, with as many processes and connections as the service has.
- **20 ms away** means a proxy that holds everything back for 10 ms in each direction, and 8 connections for both.
- **Sinks.** `smtp-sink` is Postfix's and makes figures comparable with those of others. The fast sink,
  `newsletter/bench/fastsink.c`, takes less of the machine, so that a sender meets its own limit; it also counts.
- Sender, sink and database share the machine's cores, and everything goes to 127.0.0.1. A real receiving server
  looks at each message, and is slower than any of these.
"""


def page(report: Report) -> str:
    """All of it, as Markdown."""
    facts = [["", ""], *([name, value] for name, value in report.machine.items())]
    parts = [
        _INTRODUCTION.format(command=report.command),
        _table(facts),
        _MEASURES,
        _table(report.measure_rows()),
        _RUNS,
        _table(report.run_rows()),
        _QUEUEING,
        _table(report.queueing_rows()),
    ]
    if report.profile:
        parts += [_PROFILE.format(count=len(report.profile)), _table(report.profile_rows())]
    if report.left_out:
        parts += ["## Left out\n", "\n".join(f"- {sentence}" for sentence in report.left_out) + "\n"]
    return "\n".join([*parts, _METHOD])


def _table(rows: Rows) -> str:
    heading, *rest = rows
    lines = [heading, ["---"] * len(heading), *rest]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"
