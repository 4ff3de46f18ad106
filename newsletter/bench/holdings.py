"""What a house has beside its subscribers, so that each page of its console has something to show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

from sqlalchemy import insert, literal, select

from newsletter.bench.crowd import FORMS
from newsletter.bench.papers import Papers, print_editions, read_sources, store_articles
from newsletter.core.clock import now
from newsletter.core.db import UtcDateTime, db, transaction
from newsletter.delivery.service import count_ended
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.operators.models import AuditEvent
from newsletter.operators.policy import Role
from newsletter.operators.service import Browser, Post, add_operator, enter_by_link
from newsletter.subscriptions.models import (
    BulkAction,
    BulkKind,
    BulkState,
    ConfirmCount,
    GrowthCount,
    Import,
    ImportState,
    Subscriber,
    Upload,
    UploadState,
)
from newsletter.subscriptions.policy.providers import DOMAINS
from newsletter.subscriptions.service.growing import count_growth, count_standings
from newsletter.suppressions.models import Reason, Suppression

MILLION = 1_000_000
PASSWORD = "seven grey gulls at noon"  # noqa: S105 - of a database that is thrown away.
DAYS_OF_SUMS = 400


@dataclass(frozen=True)
class Holdings:
    """Of each kind something to look at; `key` is that of a session whose operator owns the house."""

    key: str
    operator_id: int
    papers: Papers
    address_key: str


def hold(of: Newsletter, subscribers: int, house: House) -> Holdings:
    """Hundreds of each where there are a million subscribers, and in proportion where there are fewer."""

    def share(most: int) -> int:
        return max(3, most * subscribers // MILLION)

    key, operator_id = _operators(share(20), house)
    source_ids = read_sources(share(200))
    store_articles(share(20_000), source_ids, of, house)
    papers = print_editions(of, share(300), source_ids, subscribers)
    with transaction():
        _bring(of.id, share(60))
        _act(of.id, share(60))
        _note(operator_id, share(20_000))
        _sum(of.id, [f"https://tidewater.example/page/{number}" for number in range(share(30))])
        address_key = _suppress(share(50_000))
    # As the worker does each minute.
    count_growth()
    count_standings()
    count_ended()
    return Holdings(key, operator_id, papers, address_key)


def _operators(how_many: int, house: House) -> tuple[str, int]:
    """The key of an owner's session, and the owner's number."""
    for number in range(how_many):
        add_operator((f"desk{number}@tidewater.example", ""), Post(Role.EDITOR), None, house)
    owner, link = add_operator(("owner@tidewater.example", "Ines Marlow"), Post(Role.OWNER), None, house)
    browser = Browser("192.0.2.9", "newsletter-bench")
    return enter_by_link(link.rpartition("/")[2], PASSWORD, browser, house).key, owner.id


def _bring(newsletter_id: int, how_many: int) -> None:
    """Imports that are done, and files that wait for somebody to approve them."""
    moment = now()
    said = {"newsletter_id": newsletter_id, "provenance": "Signed up at the kiosk, 2019 to 2026"}
    for number in range(1, how_many + 1):
        at = moment - timedelta(days=number)
        file = {"file_name": f"kiosk-{number}.csv", **said}
        counts = {"confirmed": 900, "stays confirmed": 100}
        done = {"state": ImportState.DONE, "rows_done": 1000, "counts": counts, "started_at": at, "ended_at": at}
        db.session.add(Import(file_sha256="0" * 64, plan=f"{number:08}", **file, **done))
        sent = {"size": 40_000, "choices": {}, "rows_done": 1000, "created_at": at, "changed_at": at}
        db.session.add(Upload(state=UploadState.SHOWN, preview=_PREVIEW, **file, **sent))


_PREVIEW = {
    "plan": "00000001",
    "service": "a spreadsheet",
    "encoding": "utf-8",
    "delimiter": ",",
    "rows": 1000,
    "columns": {"email": "email", "name": "name", "status": "status"},
    "standings": {"active": 1000},
    "outcomes": {"confirmed": 900, "stays confirmed": 100},
    "rejected": {},
    "samples": [
        {"line": number, "address": "r…@example.org", "name": "", "was": "active", "becomes": "confirmed"}
        for number in range(2, 12)
    ],
    "words": [{"word": "active", "rows": 1000, "means": "active"}],
}


def _act(newsletter_id: int, how_many: int) -> None:
    for number in range(1, how_many + 1):
        at = now() - timedelta(days=number)
        told = {"words": "newsletter: The Tidewater Post; form: popup", "because": "the competition is over"}
        ended = {"shown": 700, "done": 700, "up_to": 1000, "reached": 1000, "started_at": at, "ended_at": at}
        wanted = {"newsletter_ids": [newsletter_id], "form": "popup"}
        db.session.add(BulkAction(kind=BulkKind.UNSUBSCRIBE, state=BulkState.DONE, wanted=wanted, **told, **ended))


def _note(operator_id: int, how_many: int) -> None:
    row = {"operator_id": operator_id, "who": "Ines Marlow", "what": "exported", "about": "subscribers", "ip": ""}
    moment = now()
    rows = [{**row, "at": moment - timedelta(minutes=how_many - number)} for number in range(how_many)]
    db.session.execute(insert(AuditEvent), rows)


def _sum(newsletter_id: int, pages: Sequence[str]) -> None:
    """More than a year of who came and left, and of who was asked: by day, form, page and provider."""
    db.session.execute(insert(GrowthCount), list(_grown(newsletter_id)))
    db.session.execute(insert(ConfirmCount), list(_asked(newsletter_id, pages)))


def _grown(newsletter_id: int) -> Iterator[dict[str, Any]]:
    today = now().date()
    for days in range(1, DAYS_OF_SUMS):
        yield {
            "newsletter_id": newsletter_id,
            "day": today - timedelta(days=days),
            "joined": 1500 + days % 7 * 100,
            "left": 300 + days % 5 * 20,
        }


def _asked(newsletter_id: int, pages: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Of each day eight in ten of the rows that there could be have nobody."""
    today, providers = now().date(), sorted(DOMAINS)[:12]
    places = [place for number, place in enumerate(product(FORMS, pages, providers)) if number % 5 == 0]
    for days in range(DAYS_OF_SUMS):
        for form, page, provider in places:
            yield {
                "newsletter_id": newsletter_id,
                "day": today - timedelta(days=days),
                "form": form,
                "page": page,
                "provider": provider,
                "asked": 9,
                "confirmed": 7,
                "within_hour": 5,
                "reminded": 2,
                "after_reminder": 1,
            }


def _suppress(how_many: int) -> str:
    """The first of those who have left, for each reason in turn; the key of one of them."""
    reasons = list(Reason)
    values: dict[Any, Any] = {
        Suppression.address_key: Subscriber.address_key,
        Suppression.words: literal("550 5.1.1 There is no such mailbox"),
        Suppression.created_at: literal(now() - timedelta(days=3), UtcDateTime),
    }
    each = how_many // len(reasons) + 1
    for place, reason in enumerate(reasons):
        chosen = select(*values.values(), literal(reason.value)).order_by(Subscriber.id)
        chosen = chosen.offset(place * each).limit(each)
        db.session.execute(insert(Suppression).from_select([*values, Suppression.reason], chosen))
    return db.session.scalars(select(Suppression.address_key).limit(1)).one()
