"""All that is kept of a person, for themselves (GDPR Art. 15 and 20)."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from newsletter.core.db import db
from newsletter.delivery.queries import deliveries_of
from newsletter.newsletters.queries import newsletters
from newsletter.subscriptions.models import AddressChange, ConsentEvent, Subscriber, Subscription
from newsletter.subscriptions.queries import consent_of, subscriptions_of
from newsletter.subscriptions.service.exporting import guarded

_KIND_OF = {"subscriptions": "subscription", "consent": "consent", "mails": "mail", "changes": "change"}


def all_data(person: Subscriber) -> dict[str, Any]:
    """As plain values: `person`, and lists of `subscriptions`, `consent`, `mails` and `changes` of address."""
    slugs = {each.id: each.slug for each in newsletters()}
    return {
        "person": _columns(person, leaving_out=("address_key",)),
        "subscriptions": [_subscription(each, slugs) for each in subscriptions_of(person.id)],
        "consent": [_consent(each, slugs) for each in consent_of(person.id)],
        "mails": [
            {"kind": mailing.kind, "at": delivery.ended_at or mailing.created_at}
            | {"address": delivery.address, "state": delivery.status, "server": delivery.words}
            for mailing, delivery in deliveries_of(person.id)
        ],
        "changes": [
            _columns(each, leaving_out=("id", "subscriber_id", "address_key"))
            for each in db.session.scalars(
                select(AddressChange).where(AddressChange.subscriber_id == person.id).order_by(AddressChange.id)
            )
        ],
    }


def as_csv(told: Mapping[str, Any]) -> str:
    """What `all_data` told, as one table: `about` says what a row is, and a column is empty where it has no place.

    It begins with a byte order mark, without which spreadsheets take it for another encoding.
    """
    rows = list(_rows(told))
    columns = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([guarded(_cell(row.get(name))) for name in columns] for row in rows)
    return "\ufeff" + file.getvalue()


def _rows(told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield {"about": "person", **told["person"]}
    for part, kind in _KIND_OF.items():
        for each in told[part]:
            yield {"about": kind, **each}


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return "|".join(":".join(_cell(part) for part in each.values()) for each in value)
    return str(value)


def _subscription(each: Subscription, slugs: Mapping[int, str]) -> dict[str, Any]:
    return {
        "newsletter": slugs[each.newsletter_id],
        **_columns(each, leaving_out=("id", "subscriber_id", "newsletter_id", "nonce", "import_id")),
        "follows": [{"kind": follow.kind, "value": follow.value} for follow in each.follows],
        "stints": [{"cadence": stint.cadence, "until": stint.until} for stint in each.stints],
    }


def _consent(each: ConsentEvent, slugs: Mapping[int, str]) -> dict[str, Any]:
    return {
        "newsletter": slugs[each.newsletter_id],
        **_columns(each, leaving_out=("id", "subscriber_id", "newsletter_id", "wording_id")),
        "wording": each.wording.text if each.wording else None,
        "ip": each.origin.ip if each.origin else None,
        "user_agent": each.origin.user_agent if each.origin else None,
    }


def _columns(row: Any, leaving_out: Sequence[str]) -> dict[str, object]:  # noqa: ANN401 - any of our models.
    names = (column.name for column in row.__table__.columns)
    return {name: getattr(row, name) for name in names if name not in leaving_out}
