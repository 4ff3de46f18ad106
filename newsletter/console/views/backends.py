"""The ways out: their weights and rates, and what they could not get rid of lately."""

from datetime import UTC, timedelta

from flask import Blueprint, render_template

from newsletter.console import gate
from newsletter.console.gate import HOUSE, Answer
from newsletter.core.clock import now
from newsletter.core.words import said
from newsletter.delivery.queries import unaccepted_lately
from newsletter.mail.limits import Rate
from newsletter.mail.pool import Member
from newsletter.operators.policy import Role
from newsletter.web.current import house

LATELY = timedelta(hours=1)

blueprint = Blueprint("console_backends", __name__, url_prefix="/console/backends")


@blueprint.get("")
@gate.requires(Role.PUBLISHER, HOUSE)
def index() -> Answer:
    limits, unaccepted = house().domain_limits, unaccepted_lately(now() - LATELY)
    return render_template(
        "console/backends.html",
        members=[(each, _rates(each), unaccepted.get(each.backend.name)) for each in house().pool],
        weights=sum(each.weight for each in house().pool),
        limits=[
            *(
                (domain, limit.rate and per(limit.rate), limit.connections)
                for domain, limit in limits.named.items()
            ),
            *(
                [("", limits.others.rate and per(limits.others.rate), limits.others.connections)]
                if limits.others.rate or limits.others.connections
                else []
            ),
        ],
    )


def _rates(member: Member) -> list[str]:
    """What holds the backend back today, in words."""
    told: list[str] = [said("at most %(rate)s", rate=per(member.rate))] if member.rate else []
    if member.ramp:
        today = per(member.ramp.on(now().astimezone(UTC).date()))
        told.append(said("warming up since %(day)s: today %(rate)s", day=member.ramp.begins, rate=today))
    return told


def per(rate: Rate) -> str:
    """`200 a second`, or in the unit in which it is at least one."""
    if rate.per_second >= 1:
        return said("%(number)s a second", number=f"{rate.per_second:,.0f}")
    if rate.per_second * 60 >= 1:
        return said("%(number)s a minute", number=f"{rate.per_second * 60:,.0f}")
    if rate.per_second * 3600 >= 1:
        return said("%(number)s an hour", number=f"{rate.per_second * 3600:,.0f}")
    return said("%(number)s a day", number=f"{rate.per_second * 86400:,.0f}")
