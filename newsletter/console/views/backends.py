"""The ways out: their weights and rates, and what they could not get rid of lately."""

from datetime import UTC, timedelta

from flask import Blueprint, render_template

from newsletter.console import gate
from newsletter.console.gate import HOUSE, Answer
from newsletter.core.clock import now
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
                [("every other domain", limits.others.rate and per(limits.others.rate), limits.others.connections)]
                if limits.others.rate or limits.others.connections
                else []
            ),
        ],
    )


def _rates(member: Member) -> list[str]:
    """What holds the backend back today, in words."""
    told = [f"at most {per(member.rate)}"] if member.rate else []
    if member.ramp:
        told.append(
            f"warming up since {member.ramp.begins}: today {per(member.ramp.on(now().astimezone(UTC).date()))}"
        )
    return told


def per(rate: Rate) -> str:
    """`200 a second`, or in the unit in which it is at least one."""
    for seconds, unit in ((1, "a second"), (60, "a minute"), (3600, "an hour")):
        if rate.per_second * seconds >= 1:
            return f"{rate.per_second * seconds:,.0f} {unit}"
    return f"{rate.per_second * 86400:,.0f} a day"
