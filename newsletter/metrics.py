"""`GET /metrics`: a few figures in Prometheus' text format (exposition format 0.0.4), for who runs the service.

They say how much mail waits and what is wrong, so they are for nobody else: either the token is asked for, or the
request comes from this machine itself and through no proxy.
"""

import hmac
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from flask import Response, request
from sqlalchemy import func, select

from newsletter.alarms.queries import open_alarms
from newsletter.articles.models import Source
from newsletter.core.clock import now
from newsletter.core.db import db, reading
from newsletter.core.errors import NotFound
from newsletter.delivery.models import IS_LEASED, IS_OPEN, IS_WAITING, Delivery, Mailing
from newsletter.delivery.policy import OPEN, Status
from newsletter.digests.policy.watching import Kind
from newsletter.editions.models import Edition
from newsletter.editions.policy import EditionStatus
from newsletter.newsletters.models import Newsletter
from newsletter.web import current
from newsletter.web.headers import names_loopback

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_PROXIED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
_KINDS = ("breaker", "budget", *Kind)
_UNFINISHED = (
    EditionStatus.DRAFT,
    EditionStatus.SCHEDULED,
    EditionStatus.HELD,
    EditionStatus.SENDING,
    EditionStatus.PAUSED,
)


@dataclass(frozen=True)
class Gauge:
    """One figure by the values of one label, or by "" where it has none; `help` says what it counts."""

    name: str
    help: str
    label: str
    values: Mapping[str, int]


def metrics() -> Response:
    """The figures. Raises NotFound for who may not see them, as for any page that is not there."""
    if not _may_see():
        raise NotFound(kind="page", name="metrics")
    with reading():
        page = exposed(gauges())
    answer = Response(page, content_type=CONTENT_TYPE)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def gauges() -> Sequence[Gauge]:
    """What there is to say at this moment."""
    failing, known = db.session.execute(
        select(func.count(Source.failing_since), func.count()).where(
            Source.paused_at.is_(None), Source.removed_at.is_(None)
        )
    ).one()
    alarms = Counter(each.cause.partition(" ")[0] for each in open_alarms())
    return (
        Gauge("newsletter_deliveries", "Deliveries that are not at their end.", "state", _queues()),
        Gauge("newsletter_editions", "Editions that are not at their end.", "state", _editions()),
        Gauge(
            "newsletter_last_edition_age_seconds",
            "Seconds since the sending of the last edition began.",
            "newsletter",
            _ages(),
        ),
        Gauge("newsletter_sources", "Sources that are read.", "", {"": known}),
        Gauge("newsletter_sources_failing", "Sources that could not be read the last time.", "", {"": failing}),
        Gauge("newsletter_alarms_open", "What is wrong now.", "kind", {kind: alarms[kind] for kind in _KINDS}),
    )


def exposed(all_of: Iterable[Gauge]) -> str:
    """The text that Prometheus reads, with a line end after each line, also the last."""
    lines: list[str] = []
    for gauge in all_of:
        lines += [f"# HELP {gauge.name} {gauge.help}", f"# TYPE {gauge.name} gauge"]
        for value_of, value in gauge.values.items():
            label = f'{{{gauge.label}="{_escaped(value_of)}"}}' if gauge.label else ""
            lines.append(f"{gauge.name}{label} {value}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _may_see() -> bool:
    token = current.settings().metrics_token
    if token:
        given = request.headers.get("Authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {token}".encode())
    # A proxy on this machine asks from a loopback address too, for anybody; it adds one of these or our host.
    if any(name in request.headers for name in _PROXIED) or not names_loopback(request.headers.get("Host", "")):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _queues() -> dict[str, int]:
    """By the two partial indexes, within the few mailings that are not at their end."""
    those = select(Mailing.id).where(IS_OPEN)
    found = {status.value: 0 for status in OPEN}
    for state in (IS_WAITING, IS_LEASED):
        rows = db.session.execute(
            select(Delivery.status, func.count())
            .where(Delivery.mailing_id.in_(those), state)
            .group_by(Delivery.status)
        )
        found |= {Status(status).value: count for status, count in rows}
    return found


def _editions() -> dict[str, int]:
    rows = db.session.execute(
        select(Edition.status, func.count()).where(Edition.status.in_(_UNFINISHED)).group_by(Edition.status)
    )
    found = {EditionStatus(status).value: count for status, count in rows}
    return {status.value: found.get(status.value, 0) for status in _UNFINISHED}


def _ages() -> dict[str, int]:
    """By newsletter; those that have sent nothing are left out."""
    last = (
        select(Edition.mailing_id)
        .where(Edition.newsletter_id == Newsletter.id, Edition.mailing_id.is_not(None))
        .order_by(Edition.number.desc())
        .limit(1)
        .correlate(Newsletter)
        .scalar_subquery()
    )
    rows = db.session.execute(select(Newsletter.slug, Mailing.created_at).join(Mailing, Mailing.id == last))
    return {row.slug: int((now() - row.created_at).total_seconds()) for row in rows.all()}
