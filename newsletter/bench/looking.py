"""How long the pages of the console take, each asked for by an owner who is logged in, one after the other."""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.routing import Rule

from newsletter.bench.crowd import FORMS, TOPIC
from newsletter.bench.holdings import Holdings
from newsletter.bench.installation import BASE_URL
from newsletter.bench.papers import DIGEST
from newsletter.console.gate import needed_for
from newsletter.core.errors import BackendUnavailable

AIM = 0.15
"""Seconds of server time that a page of the console may take."""

FOUND, HOST = 200, urlsplit(BASE_URL).netloc

LEFT_OUT = frozenset(
    {
        "console_passkeys.ask_remove",  # Nobody has one here.
        "console_sending.live",  # It goes on for a minute.
        "console_imports.rejected",  # A file as it lies on the disk.
        "console_snippets.overview",  # It leads to the page of a newsletter.
    }
)

_AT = "console_editions.show"
_PEOPLE = "/console/subscribers"


class Answer(Protocol):
    """Of a server, its body not read yet."""

    @property
    def status(self) -> int: ...

    def read(self) -> bytes: ...


class Line(Protocol):
    """A connection, as `http.client` has it."""

    def request(self, method: str, url: str, *, headers: Mapping[str, str]) -> None: ...

    def getresponse(self) -> Answer: ...


@dataclass(frozen=True)
class Page:
    """`name` is what tables call it; `path` is asked for."""

    name: str
    path: str


@dataclass(frozen=True)
class Look:
    """Seconds from a request to the end of its answer: at the first look, and at those after it."""

    database: str
    page: str
    first: float
    others: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.others)

    @property
    def is_slow(self) -> bool:
        return max(self.first, self.median) > AIM

    def as_dict(self) -> dict[str, object]:
        return {
            "database": self.database,
            "page": self.page,
            "first_ms": round(self.first * 1000, 1),
            "median_ms": round(self.median * 1000, 1),
            "aim_ms": round(AIM * 1000),
        }


def pages(app: Flask, held: Holdings, slug: str, subscribers: int) -> Iterator[Page]:
    """Every route of the console that shows something, and lists as they are narrowed."""
    values = _values(held, slug, subscribers)
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: each.rule):
        if _is_page(app, rule):
            for words, chosen in _choices(rule, held):
                yield Page(f"{rule.rule}{words}", _path(rule, {**values, **chosen}))
    yield from _narrowed(slug, subscribers)


def _is_page(app: Flask, rule: Rule) -> bool:
    """What is open to all is for who is not logged in."""
    is_shown = rule.rule == "/console" or rule.rule.startswith("/console/")
    if not is_shown or "GET" not in (rule.methods or ()) or rule.endpoint in LEFT_OUT:
        return False
    return needed_for(app.view_functions[rule.endpoint]) is not None


def look_at(page: Page, looks: int, line: Line, database: str, held: Holdings) -> Look:
    """Once and then so many times again. Raises BackendUnavailable for an answer that is no page."""
    took = [_seconds(page, line, held.key) for _ in range(1 + looks)]
    return Look(database, page.name, took[0], took[1:])


def _seconds(page: Page, line: Line, key: str) -> float:
    began = time.perf_counter()
    line.request("GET", page.path, headers={"Host": HOST, "Cookie": f"__Host-console={key}"})
    answer = line.getresponse()
    body = answer.read()
    took = time.perf_counter() - began
    if answer.status != FOUND or not body:
        problem = f"{page.path} was answered with {answer.status} and {len(body)} bytes."
        raise BackendUnavailable(problem)
    return took


def _values(held: Holdings, slug: str, subscribers: int) -> Mapping[str, str]:
    return {
        "newsletter": slug,
        "digest": DIGEST,
        "part": "body.html",
        "kind": "unsubscribe",
        "source_id": str(held.papers.source_id),
        "operator_id": str(held.operator_id),
        "key": held.address_key,
        "edition_id": str(held.papers.draft),
        "what": "growth",
        # Of a person in the middle; of an act and of a file there are fewer.
        "number": str(subscribers // 2),
    }


def _choices(rule: Rule, held: Holdings) -> Sequence[tuple[str, Mapping[str, str]]]:
    """What an address may stand for, with a word for each."""
    papers = held.papers
    if rule.endpoint == _AT:
        editions = {"draft": papers.draft, "being sent": papers.sending, "sent": papers.sent}
        return [(f" ({word})", {"edition_id": str(number)}) for word, number in editions.items()]
    if rule.endpoint.startswith("console_sending."):
        return [("", {"edition_id": str(papers.sending)})]
    if rule.endpoint in ("console_bulk.one", "console_imports.one"):
        return [("", {"number": "1"})]
    if rule.endpoint == "console_numbers.take_along":
        return [(f" ({what})", {"what": what}) for what in ("growth", "editions", "failures", "confirmed-by-page")]
    return [("", {})]


def _path(rule: Rule, values: Mapping[str, str]) -> str:
    """Raises BackendUnavailable for an argument of which nobody has said what it stands for."""
    if unknown := rule.arguments - set(values):
        problem = f"{rule.rule}: nothing is known to stand for {', '.join(sorted(unknown))}."
        raise BackendUnavailable(problem)
    built = rule.build({name: values[name] for name in rule.arguments})
    query = {"console_bulk.offer": f"?newsletter={values['newsletter']}&form={FORMS[0]}"}
    query["console_numbers.take_along"] = f"?newsletter={values['newsletter']}"
    return (built[1] if built else rule.rule) + query.get(rule.endpoint, "")


def _narrowed(slug: str, subscribers: int) -> Iterator[Page]:
    of = f"newsletter={slug}"
    queries = {
        "half-way down": f"before={subscribers // 2}",
        "of a newsletter, in a state": f"{of}&status=confirmed",
        "by the beginning of an address": "text=reader77",
        "at a small domain": "text=@d77.example.org",
        "at a large domain": "text=@gmail.com",
        "at a provider": "provider=GMX",
        "by form": f"form={FORMS[0]}",
        "by topic": f"topic={TOPIC}",
        "by day": "since=2020-01-01&until=2020-12-31",
        "by six fields, many": f"{of}&status=confirmed&form={FORMS[0]}&since=2020-01-01&provider=GMX&cadence=each",
        "by six fields, nobody": f"{of}&status=paused&form={FORMS[1]}&topic={TOPIC}&provider=other&cadence=weekly",
    }
    for words, query in queries.items():
        yield Page(f"{_PEOPLE}, {words}", f"{_PEOPLE}?{query}")
    yield Page("/console/articles, by two words", "/console/articles?q=harbour+trawler")
    yield Page("/console/editions, in a state", f"/console/editions?{of}&state=sent")
    yield Page("/console/suppressions, by reason", "/console/suppressions?reason=complaint")
