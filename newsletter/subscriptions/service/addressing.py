"""Which addresses may sign up, and what was likely meant by one that looks mistyped.

Nothing here looks at who is known, so no answer can tell. Beside the name servers nobody is asked: what a mail
server would say of a mailbox is only ever learned by writing to it.
"""

from functools import lru_cache
from urllib.parse import urlsplit

from newsletter.core.addresses import Address, parse, parse_and_ask_dns
from newsletter.core.errors import InvalidAddress
from newsletter.core.setting_urls import LOOPBACK_HOSTS
from newsletter.core.words import said
from newsletter.mail.house import House
from newsletter.subscriptions.policy.screening import Sort, is_reserved, sort_of
from newsletter.subscriptions.policy.typos import find_meant


def acceptable(text: str, house: House) -> Address:
    """The address, if somebody may sign up with it here. Raises InvalidAddress, with what to do about it."""
    mailbox = parse(text)
    if sort_of(mailbox.local) is Sort.ROLE and house.settings.role_addresses == "refuse":
        problem = said(
            "This looks like the address of an office, which several people read; please use one of your own."
        )
        raise InvalidAddress(problem)
    if mailbox.domain in house.disposable:
        problem = said("Addresses that last only for a while cannot sign up; please use one that you keep.")
        raise InvalidAddress(problem)
    check_brought(mailbox, house)
    if mailbox.is_international and not house.takes_international:
        problem = said(
            "Our mail server cannot write to addresses with letters such as ü or 字 before the @; "
            "please use another address."
        )
        raise InvalidAddress(problem)
    return parse_and_ask_dns(text) if house.settings.check_dns else mailbox


def check_brought(mailbox: Address, house: House) -> None:
    """Raises InvalidAddress for what not even an operator can bring: no mail would arrive, or nobody read it.

    Offices and domains that last for a while are for them to judge.
    """
    if sort_of(mailbox.local) is Sort.MACHINE:
        problem = said("Nobody reads what is sent to this address; please use one that you read.")
        raise InvalidAddress(problem)
    if is_reserved(mailbox.domain) and not _is_a_try(house.settings.base_url):
        problem = said("This domain is kept for examples and private networks, and no mail arrives there.")
        raise InvalidAddress(problem)


def find_suggestion(text: str) -> str | None:
    """The whole address that was likely meant, to be shown to who typed it; None where nothing looks mistyped.

    Raises InvalidAddress.
    """
    mailbox = parse(text)
    meant = find_meant(mailbox.domain)
    return f"{mailbox.local}@{meant}" if meant else None


@lru_cache(maxsize=8)
def _is_a_try(base_url: str) -> bool:
    """Whether the house itself is at a name that is kept for examples, or at no public one: a demo, or a test."""
    host = urlsplit(base_url).hostname or ""
    return host in LOOPBACK_HOSTS or is_reserved(host)
