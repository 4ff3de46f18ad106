"""What part of those who were asked have confirmed: by what it is counted, and when it is low."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from newsletter.subscriptions.policy.providers import OTHER

MOST_FORMS, MOST_PAGES = 20, 50
"""Of a day and newsletter. Anybody can claim to come from anywhere; what is more than these counts as one."""

OTHER_FORMS, OTHER_PAGES = "other forms", "other pages"
LONGEST_PAGE, LONGEST_STEP = 200, 80

FEWEST = 30
"""Below so many that were asked a ratio says nothing."""

LOW = 0.5
"""The part of the others' ratio under which a provider's is low."""


@dataclass(frozen=True)
class Ratio:
    """Of `asked`, those who confirmed; `name` is the form, page, provider or day they are counted by."""

    name: str
    asked: int
    confirmed: int
    within_hour: int
    reminded: int
    after_reminder: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where nobody was asked."""
        return self.confirmed / self.asked if self.asked else None


def page_of(referrer: str) -> str:
    """Scheme, host and path of the page; "" for what is no web address.

    What follows the path, and steps of it that hold an address or are as long as a token, say who somebody is.
    """
    try:
        url = urlsplit(referrer)
        host, port = url.hostname or "", url.port
    except ValueError:
        return ""
    if url.scheme not in {"http", "https"} or not host:
        return ""
    steps = ("…" if _may_name_somebody(step) else step for step in url.path.split("/"))
    place = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{place}{f':{port}' if port else ''}{'/'.join(steps)}"[:LONGEST_PAGE]


def _may_name_somebody(step: str) -> bool:
    return "@" in step or "%40" in step or len(step) > LONGEST_STEP


def known_or(value: str, known: Collection[str], most: int, otherwise: str) -> str:
    """The value, if it is one of the known, or there is room for one more; else what stands for all others."""
    return value if value in known or len(known) < most else otherwise


def low(ratios: Sequence[Ratio]) -> Sequence[Ratio]:
    """The providers whose readers confirm less than half as often as those of all others together."""
    return [
        each
        for each in ratios
        if each.name != OTHER and _is_low(each, [other for other in ratios if other != each])
    ]


def _is_low(one: Ratio, others: Sequence[Ratio]) -> bool:
    asked, confirmed = sum(each.asked for each in others), sum(each.confirmed for each in others)
    if one.asked < FEWEST or asked < FEWEST:
        return False
    return one.confirmed * asked < LOW * confirmed * one.asked
