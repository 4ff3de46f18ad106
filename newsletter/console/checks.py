"""Whether this installation is fit to send: what an operator should know before the first edition does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum

from sqlalchemy.engine import make_url

from newsletter.core.logs import redacted
from newsletter.core.settings import Settings, names
from newsletter.delivery.service import is_at_home
from newsletter.mail.house import House
from newsletter.operators.policy import Role
from newsletter.operators.queries import has_second_step, operators, powers


class State(StrEnum):
    """As the badges have them."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and what to do about it."""

    title: str
    state: State
    told: str


@dataclass(frozen=True)
class Shown:
    """A setting as it may be shown: nothing in it opens anything."""

    name: str
    value: str
    is_usual: bool


def checks(house: House) -> Sequence[Check]:
    """All of them, the worst first."""
    found = [*_of_place(house.settings), *_of_sending(house), *_of_operators(house.settings)]
    order = [State.BAD, State.WARN, State.GOOD]
    return sorted(found, key=lambda each: order.index(each.state))


def shown_settings(house: House) -> Sequence[Shown]:
    """Every setting with its value; secrets only with whether they are set."""
    settings = house.settings
    usual = {each.name: each.default for each in fields(Settings)}
    return [
        Shown(name, _shown(attribute, house), getattr(settings, attribute) == usual[attribute])
        for name, attribute in names().items()
    ]


def _shown(attribute: str, house: House) -> str:
    settings = house.settings
    told: dict[str, str] = {
        "secret_keys": f"{len(settings.secret_keys)} set",
        "pepper": "set",
        "backends": ", ".join(member.backend.name for member in house.pool),
        "database_url": make_url(settings.database_url).render_as_string(hide_password=True),
        "operator": settings.operator or "not set",
        "oidc_client_secret": "set" if settings.oidc_client_secret else "",
        "dkim": ", ".join(f"{key.domain}:{key.selector}" for key in settings.dkim) or "none",
        "budgets": ", ".join(f"{each.by} {each.most} in {_span(each.window)}" for each in settings.budgets),
    }
    return told.get(attribute) or _plain(getattr(settings, attribute))


def _plain(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None | "" | ():
            return "off"
        case timedelta():
            return _span(value)
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return redacted(str(value))


def _span(value: timedelta) -> str:
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        count, rest = divmod(value.total_seconds(), unit)
        if count >= 1 and not rest:
            return f"{count:.0f} {name if count > 1 else name.removesuffix('s')}"
    return f"{value.total_seconds():g} seconds"


def _of_place(settings: Settings) -> Iterator[Check]:
    is_encrypted = settings.base_url.startswith("https:")
    yield Check(
        "Encrypted pages",
        State.GOOD if is_encrypted else State.WARN,
        "Pages and links are under https."
        if is_encrypted
        else "NEWSLETTER_BASE_URL is http: passwords go over the line in the open. Good on one machine only.",
    )
    at_home = is_at_home()
    yield Check(
        "The database is at home",
        State.GOOD if at_home else State.BAD,
        "It sends from the place that it knows."
        if at_home
        else "It is a copy, and sends nothing. Stop the original for good, then run `newsletter adopt`.",
    )
    yield Check(
        "Somebody is told",
        State.GOOD if settings.operator else State.WARN,
        f"Alarms and drafts are mailed to {settings.operator}."
        if settings.operator
        else "NEWSLETTER_OPERATOR names nobody: alarms and drafts are mailed to no one.",
    )


def _of_sending(house: House) -> Iterator[Check]:
    kept = [member.backend.name for member in house.pool if not member.backend.name.startswith("smtp")]
    yield Check(
        "Mail leaves",
        State.WARN if kept else State.GOOD,
        f"What goes to {', '.join(kept)} reaches nobody: name your mail server in NEWSLETTER_BACKENDS."
        if kept
        else f"It goes to {', '.join(member.backend.name for member in house.pool)}.",
    )
    domains = sorted({key.domain for key in house.settings.dkim})
    yield Check(
        "Mail is signed",
        State.GOOD if domains else State.WARN,
        f"With DKIM, for {', '.join(domains)}."
        if domains
        else "NEWSLETTER_DKIM names no key. Unless your mail server signs, large providers refuse your editions.",
    )


def _of_operators(settings: Settings) -> Iterator[Check]:
    bare = [
        each.called
        for each in operators()
        if powers(each.id).may_somewhere(Role.PUBLISHER) and not has_second_step(each, settings.second_factor)
    ]
    yield Check(
        "Second factors",
        State.WARN if bare else State.GOOD,
        f"Without one, though they may send: {', '.join(bare)}. NEWSLETTER_SECOND_FACTOR=publishers asks for it."
        if bare
        else f"Everybody who may send has one (NEWSLETTER_SECOND_FACTOR={settings.second_factor}).",
    )
