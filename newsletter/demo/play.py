"""The play: the whole main job, with everything real but the people and the paper."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from newsletter import schema
from newsletter.app import create_app
from newsletter.articles.feeds import poll
from newsletter.articles.queries import sources
from newsletter.articles.service import add_source, describe_author
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.errors import BackendUnavailable
from newsletter.core.fetcher import Fetcher
from newsletter.delivery.queries import Ledger
from newsletter.demo import readers
from newsletter.demo.catcher import Catcher
from newsletter.demo.services import Service, free_port
from newsletter.demo.site import PaperSite
from newsletter.digests import service as digests
from newsletter.digests.policy import Selection
from newsletter.digests.service import Rule, add_digest
from newsletter.editions.models import Edition
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import progress
from newsletter.engine.worker import stop_on_signals
from newsletter.newsletters.service import Masthead, add_newsletter
from newsletter.operators.policy import Role
from newsletter.operators.service import Post, add_operator
from newsletter.web import current

SLUG = "morning-tide"
OWNER = ("ines.marlow@courier.example", "Ines Marlow")
DAILY, EACH_MINUTE = "30 6 * * *", "* * * * *"
LONGEST_SENDING = 20.0


@dataclass(frozen=True)
class Stage:
    """Everything that runs; `console_link` lets its owner in, once."""

    catcher: Catcher
    site: PaperSite
    service: Service
    console_link: str

    @property
    def newsletter_url(self) -> str:
        return f"{self.service.settings.base_url}/{SLUG}"


@dataclass(frozen=True)
class Account:
    """What the ledger says of an edition, and what the catcher holds of it."""

    edition: int
    ledger: Ledger
    caught: int
    distinct: int
    mailed_after_leaving: int

    @property
    def agrees(self) -> bool:
        everyone = self.ledger.audience == len(readers.ADDRESSES) - readers.LEAVING
        accepted = self.ledger.as_dict()["accepted"]
        counts = {self.ledger.audience, accepted, self.caught, self.distinct}
        return everyone and self.ledger.is_balanced and len(counts) == 1 and self.mailed_after_leaving == 0

    def as_dict(self) -> dict[str, int | bool]:
        return {
            "edition": self.edition,
            **self.ledger.as_dict(),
            "caught": self.caught,
            "distinct": self.distinct,
            "mailed_after_leaving": self.mailed_after_leaving,
            "agrees": self.agrees,
        }


def once(folder: Path, *, as_json: bool) -> int:
    """Play it through unattended and print the account; 0 only if every delivery is accounted for."""
    began = time.monotonic()
    with _staged(folder) as stage:
        edition_id = _first_edition(stage, DAILY)
        account = _account(stage, edition_id)
    if as_json:
        print(json.dumps(account.as_dict(), indent=2))
    else:
        print(_as_words(account, time.monotonic() - began))
    return 0 if account.agrees else 1


def until_stopped(folder: Path) -> int:
    """Set everything up, say where to look, and go on until Ctrl-C."""
    stop = Event()
    print("Setting the stage: a paper, thirty readers, an inbox …", flush=True)
    with _staged(folder) as stage:
        stop_on_signals(stop)
        _first_edition(stage, EACH_MINUTE)
        print(_welcome(stage), flush=True)
        stop.wait()
        print("\nStopping …", flush=True)
    return 0


@contextmanager
def _staged(folder: Path) -> Iterator[Stage]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    catcher = Catcher(folder / "caught", free_port(1025), free_port(8025))
    site_port = free_port(8026)
    with catcher:
        service = Service(folder, catcher.smtp_port, site_port)
        site = PaperSite(site_port, now(), f"{service.settings.base_url}/{SLUG}")
        with site:
            with create_app(service.settings).app_context():
                schema.upgrade()
                console_link = _set_up(site)
            with service:
                yield Stage(catcher, site, service, console_link)


def _set_up(site: PaperSite) -> str:
    """What an operator does with a few commands; the link to the console for them."""
    house = current.house()
    add_newsletter(_masthead(site), SLUG)
    fetcher = Fetcher(allow=house.settings.fetch_allow)
    for _, url in site.feeds():
        poll(add_source(url, "").id, fetcher)
    for author in site.newsroom.paper.staff.values():
        describe_author(author.name, author.about, f"{site.url}/staff/{author.key}")
    _, link = add_operator(OWNER, Post(Role.OWNER), None, house)
    return link


def _masthead(site: PaperSite) -> Masthead:
    paper = site.newsroom.paper
    return Masthead(
        name="The Morning Tide",
        sender_name=paper.name,
        sender_address="tide@courier.example",
        postal_address=paper.address.replace(", ", "\n"),
        description="What happened on the quay, in the council and out at sea, before your coffee is cold.",
        timezone=paper.zone.key,
    )


def _first_edition(stage: Stage, cron: str) -> int:
    """Readers join, two of them leave again, and the first edition goes to the others."""
    readers.join(stage.newsletter_url, stage.catcher)
    readers.leave(stage.catcher, readers.ADDRESSES[: readers.LEAVING])
    with create_app(stage.service.settings).app_context():
        digest = add_digest(
            "tide", SLUG, Rule(cron, selection=Selection(most=12)), [source.id for source in sources()]
        )
        ran = digests.run(digest.id, now(), current.house())
        if ran.edition_id is None:
            problem = f"There was no edition: {ran.reason}."
            raise BackendUnavailable(problem)
        _await_sent(ran.edition_id)
        return ran.edition_id


def _await_sent(edition_id: int) -> None:
    deadline = time.monotonic() + LONGEST_SENDING
    while time.monotonic() < deadline:
        edition = db.session.get_one(Edition, edition_id, populate_existing=True)
        db.session.commit()
        if edition.status == EditionStatus.SENT:
            return
        time.sleep(0.1)
    problem = f"The edition was not sent within {LONGEST_SENDING:.0f} seconds."
    raise BackendUnavailable(problem)


def _account(stage: Stage, edition_id: int) -> Account:
    mails = readers.editions_of(stage.catcher.messages(), edition_id)
    left = set(readers.ADDRESSES[: readers.LEAVING])
    with create_app(stage.service.settings).app_context():
        ledger = progress(db.session.get_one(Edition, edition_id))
    return Account(
        edition=edition_id,
        ledger=ledger,
        caught=len(mails),
        distinct=len({mail.message_id for mail in mails}),
        mailed_after_leaving=sum(mail.recipient in left for mail in mails),
    )


def _as_words(account: Account, seconds: float) -> str:
    lines = [
        f"{len(readers.ADDRESSES)} readers signed up and confirmed, {readers.LEAVING} left again.",
        f"Edition {account.edition}:",
        *(f"  {name:<10} {count:>4}" for name, count in account.ledger.as_dict().items()),
        f"  The catcher holds {account.caught} messages of it, {account.distinct} of them different;",
        f"  {account.mailed_after_leaving} went to somebody who had left.",
        f"{'Everything agrees' if account.agrees else 'THIS DOES NOT AGREE'}, after {seconds:.1f} s.",
    ]
    return "\n".join(lines)


def _welcome(stage: Stage) -> str:
    return f"""
  The paper        {stage.site.url}/
  The newsletter   {stage.newsletter_url}
  Past editions    {stage.newsletter_url}/archive
  The inbox        {stage.catcher.url}/
  The console      {stage.console_link}

  Sign up with any address, open the inbox, and confirm. A digest leaves each minute as long as the paper
  has something new, so the next one is yours. Each mail has a link to unsubscribe. The link to the console
  works once: choose any password of twelve characters behind it, for {OWNER[0]}.

  Ctrl-C stops everything.
"""
