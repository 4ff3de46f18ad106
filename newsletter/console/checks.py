"""Whether this installation is fit to send: what an operator should know before the first edition does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum

from sqlalchemy.engine import make_url

from newsletter.core.logs import redacted
from newsletter.core.settings import Budget, Settings, names
from newsletter.core.words import numbered, said, series
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
        "secret_keys": said("%(number)s set", number=len(settings.secret_keys)),
        "pepper": said("set"),
        "backends": ", ".join(member.backend.name for member in house.pool),
        "database_url": make_url(settings.database_url).render_as_string(hide_password=True),
        "operator": settings.operator or said("not set"),
        "oidc_client_secret": said("set") if settings.oidc_client_secret else "",
        "dkim": ", ".join(f"{key.domain}:{key.selector}" for key in settings.dkim) or said("none"),
        "budgets": series(_budget(each) for each in settings.budgets),
    }
    return told.get(attribute) or _plain(getattr(settings, attribute))


def _budget(budget: Budget) -> str:
    return said("%(by)s %(most)s in %(span)s", by=budget.by, most=budget.most, span=_span(budget.window))


def _plain(value: object) -> str:
    match value:
        case bool():
            return said("yes") if value else said("no")
        case None | "" | ():
            return said("off")
        case timedelta():
            return _span(value)
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return redacted(str(value))


def _span(value: timedelta) -> str:
    seconds = value.total_seconds()
    days, hours, minutes = (seconds / unit for unit in (86400, 3600, 60))
    if days >= 1 and days.is_integer():
        return numbered("%(num)s day", "%(num)s days", int(days))
    if hours >= 1 and hours.is_integer():
        return numbered("%(num)s hour", "%(num)s hours", int(hours))
    if minutes >= 1 and minutes.is_integer():
        return numbered("%(num)s minute", "%(num)s minutes", int(minutes))
    if seconds.is_integer():
        return numbered("%(num)s second", "%(num)s seconds", int(seconds))
    return said("%(number)s seconds", number=f"{seconds:g}")


def _of_place(settings: Settings) -> Iterator[Check]:
    is_encrypted = settings.base_url.startswith("https:")
    yield Check(
        said("Encrypted pages"),
        State.GOOD if is_encrypted else State.WARN,
        said("Pages and links are under https.")
        if is_encrypted
        else said(
            "NEWSLETTER_BASE_URL is http: passwords go over the line in the open. Good on one machine only."
        ),
    )
    at_home = is_at_home()
    yield Check(
        said("The database is at home"),
        State.GOOD if at_home else State.BAD,
        said("It sends from the place that it knows.")
        if at_home
        else said("It is a copy, and sends nothing. Stop the original for good, then run `newsletter adopt`."),
    )
    yield Check(
        said("Somebody is told"),
        State.GOOD if settings.operator else State.WARN,
        said("Alarms and drafts are mailed to %(address)s.", address=settings.operator)
        if settings.operator
        else said("NEWSLETTER_OPERATOR names nobody: alarms and drafts are mailed to no one."),
    )


def _of_sending(house: House) -> Iterator[Check]:
    names = [member.backend.name for member in house.pool]
    kept = ", ".join(name for name in names if not name.startswith("smtp"))
    yield Check(
        said("Mail leaves"),
        State.WARN if kept else State.GOOD,
        said(
            "What goes to %(backends)s reaches nobody: name your mail server in NEWSLETTER_BACKENDS.",
            backends=kept,
        )
        if kept
        else said("It goes to %(backends)s.", backends=", ".join(names)),
    )
    domains = ", ".join(sorted({key.domain for key in house.settings.dkim}))
    yield Check(
        said("Mail is signed"),
        State.GOOD if domains else State.WARN,
        said("With DKIM, for %(domains)s.", domains=domains)
        if domains
        else said(
            "NEWSLETTER_DKIM names no key. Unless your mail server signs, large providers refuse your editions."
        ),
    )


def _of_operators(settings: Settings) -> Iterator[Check]:
    bare = ", ".join(
        each.called
        for each in operators()
        if powers(each.id).may_somewhere(Role.PUBLISHER) and not has_second_step(each, settings.second_factor)
    )
    yield Check(
        said("Second factors"),
        State.WARN if bare else State.GOOD,
        said(
            "Without one, though they may send: %(names)s. NEWSLETTER_SECOND_FACTOR=publishers asks for it.",
            names=bare,
        )
        if bare
        else said(
            "Everybody who may send has one (NEWSLETTER_SECOND_FACTOR=%(rule)s).", rule=settings.second_factor
        ),
    )
