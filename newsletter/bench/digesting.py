"""`newsletter bench digest`: feeds polled and stored, a digest built over it, an edition made for many choices."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, insert, select

from newsletter import schema
from newsletter.articles.feeds import poll_all
from newsletter.articles.models import Article
from newsletter.articles.service import add_source
from newsletter.bench.children import Child, python
from newsletter.bench.figures import TROUBLE
from newsletter.bench.grounds import Ground, Outcome, grounds
from newsletter.bench.installation import Installation
from newsletter.bench.meter import Meter
from newsletter.bench.stage import NEWSLETTER
from newsletter.bench.wishing import gather, holding
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import BackendUnavailable
from newsletter.core.fetcher import Fetcher
from newsletter.core.settings import HostPort
from newsletter.digests.models import Digest
from newsletter.digests.policy import Selection, next_slots
from newsletter.digests.service import Rule, add_digest, propose
from newsletter.editions import service as editions
from newsletter.editions.emails import Told, renderings
from newsletter.editions.queries import articles_of, edition, layout_of
from newsletter.editions.queries.audiences import reach
from newsletter.mail.house import House
from newsletter.newsletters.queries import newsletter
from newsletter.newsletters.service import add_newsletter

SLUG = "tidewater"
WAITED = "of it, with the write lock held"
OLD = timedelta(days=60)
"""How long ago what is stored beyond the polled articles came: before the window of any digest here."""


@dataclass(frozen=True)
class Asked:
    """How many sources with how many entries are polled, how many articles are stored, for how many choices.

    `readers` have these choices when the edition is queued.
    """

    sources: int = 500
    entries: int = 40
    stored: int = 100_000
    choices: int = 200
    readers: int = 100_000


@dataclass(frozen=True)
class Feat:
    """`number` things took `seconds` and `cpu` CPU seconds; `rss` is this process's memory in bytes meanwhile."""

    database: str
    name: str
    number: int
    seconds: float
    cpu: float
    rss: int
    aim: str = ""

    def as_dict(self) -> dict[str, object]:
        return {
            "database": self.database,
            "step": self.name,
            "number": self.number,
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu, 3),
            "peak_rss_bytes": self.rss,
            "aim": self.aim,
        }


def measure(asked: Asked, postgres: str, tell: Callable[[str], None]) -> Outcome[Feat]:
    """Every step on each kind of database that there is; `tell` hears of each."""
    numbers = (
        f"--sources {asked.sources} --entries {asked.entries} --stored {asked.stored} --choices {asked.choices} "
        f"--readers {asked.readers}"
    )
    found = Outcome[Feat](f"newsletter bench digest {numbers}")
    with (
        tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder,
        grounds(folder, postgres) as here,
        Child(python("newsletter.bench.newsstand", str(asked.entries)), Path(folder)) as stand,
    ):
        found.note(here)
        for ground in here.here:
            try:
                for feat in _feats(ground, asked, int(stand.first_line)):
                    found.results.append(feat)
                    tell(f"{feat.name} on {feat.database}: {feat.seconds:.2f} s")
            except TROUBLE as error:
                found.left_out.append(f"{ground.name}: {error}")
                tell(found.left_out[-1])
    return found


def _feats(ground: Ground, asked: Asked, port: int) -> Iterator[Feat]:
    """Raises BackendUnavailable when something did not do what it should."""
    installation = Installation(ground.folder, ground.databases.make("digest"))
    with installation.entered() as house:
        digest = _founded(asked, port)
        taken = _Taken(ground.name)
        polled = asked.sources * asked.entries
        with taken.taking("polled, parsed and stored", polled, "60 s for 20,000"):
            poll_all(Fetcher(allow=(HostPort("127.0.0.1", port),)))
        _check(_stored(), polled, "stored")
        yield taken.feats[-1]
        _fill(asked.stored - polled)
        _check(_stored(), max(polled, asked.stored), "stored")
        slot = now()
        for name in ("digest built and explained", "the same again"):
            db.session.expunge_all()
            with taken.taking(name, asked.stored, "0.5 s"):
                proposal = propose(digest, slot)
                next_slots(digest.cron, digest.timezone, slot)
            _check(sum(bool(each.reason) for each in proposal.choice.decisions), polled, "reasons")
            yield taken.feats[-1]
        drafted = editions.draft(digest.newsletter_id, proposal.window, proposal.articles, proposal.layout)
        with taken.taking("rendered for each choice", asked.choices, "20 ms each"):
            _render(drafted.id, asked.choices, house)
        yield taken.feats[-1]
        gather(newsletter(SLUG), asked.readers, asked.choices)
        with (
            holding() as held,
            taken.taking("queued for readers of these choices", asked.readers, "10 s for 100,000"),
        ):
            sent = editions.send(drafted.id, house)
        _check(reach(sent), asked.readers, "queued")
        yield taken.feats[-1]
        if held.seconds:
            yield replace(taken.feats[-1], name=WAITED, seconds=held.seconds, cpu=held.cpu, aim="5 s for 100,000")
    ground.databases.drop(installation.database_url)


class _Taken:
    """What each block took."""

    def __init__(self, database: str) -> None:
        self._database = database
        self.feats: list[Feat] = []

    @contextmanager
    def taking(self, name: str, number: int, aim: str) -> Iterator[None]:
        db.session.commit()
        with Meter(os.getpid()) as meter:
            began, before = time.monotonic(), time.process_time()
            yield
            seconds, cpu = time.monotonic() - began, time.process_time() - before
        self.feats.append(Feat(self._database, name, number, seconds, cpu, meter.rss, aim))


def _founded(asked: Asked, port: int) -> Digest:
    schema.upgrade()
    add_newsletter(NEWSLETTER, SLUG)
    sources = [add_source(f"http://127.0.0.1:{port}/{number}.xml").id for number in range(asked.sources)]
    return add_digest("morning", SLUG, Rule("30 6 * * *", selection=Selection(most=40)), sources)


def _stored() -> int:
    return db.session.scalar(select(func.count()).select_from(Article)) or 0


def _fill(missing: int) -> None:
    """Copies of what is stored, from before the window."""
    columns = [each for each in Article.__table__.columns if each.name not in {"id", "available_at"}]
    while missing > 0:
        with transaction():
            moment = now() - OLD + timedelta(seconds=missing)
            rows = db.session.execute(select(*columns).limit(min(missing, 5000))).mappings().all()
            db.session.execute(insert(Article), [{**row, "available_at": moment} for row in rows])
        missing -= len(rows)


def _render(edition_id: int, choices: int, house: House) -> None:
    """For each choice another part of its articles, by the bits of its number."""
    of, chosen = newsletter(SLUG), edition(edition_id)
    articles, layout = articles_of(edition_id), layout_of(chosen)
    whole = Told(chosen, articles, layout)
    sizes = set()
    for choice in range(1, choices + 1):
        part = [each for place, each in enumerate(articles) if choice >> (place % 8) & 1] or articles[:1]
        made = renderings(replace(whole, articles=part), of, house)
        sizes.add(len(made.contents[0].html))
    _check(len(sizes) > 1, expected=True, what="different editions")


def _check(found: object, expected: object, what: str) -> None:
    if found != expected:
        problem = f"{what}: {found}, and not {expected}."
        raise BackendUnavailable(problem)
