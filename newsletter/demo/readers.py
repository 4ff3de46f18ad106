"""Thirty invented readers, who do with a browser's requests what people do: sign up, open the mail, press."""

import re
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Collection
from email import message_from_bytes, policy
from http.client import HTTPResponse

from newsletter.core.errors import BackendUnavailable
from newsletter.demo.catcher import Catcher
from newsletter.demo.mailstore import Caught

NAMES = (
    *("ada", "ben", "cleo", "dan", "edith", "finn", "greta", "hugo", "ida", "jonas"),
    *("kaya", "leo", "mara", "nils", "olga", "pia", "quentin", "rosa", "sam", "tilda"),
    *("una", "vera", "wim", "xenia", "yara", "zoe", "arlo", "bea", "cyril", "dora"),
)

ADDRESSES = tuple(f"{name}@readers.example" for name in NAMES)
LEAVING = 2
"""So many of them change their mind before the first edition."""

PATIENCE = 20.0
"""Seconds that a mail may take."""


def join(newsletter_url: str, catcher: Catcher, addresses: Collection[str] = ADDRESSES) -> None:
    """All of them sign up and confirm. Raises BackendUnavailable when a mail does not come."""
    for address in addresses:
        _get(newsletter_url)
        _post(f"{newsletter_url}/subscribe", {"email": address})
    for address in addresses:
        link = _link(_awaited(catcher, address, lambda mail: "/confirm/" in _text(mail)), "confirm")
        _get(link)
        _post(link, {})


def leave(catcher: Catcher, addresses: Collection[str]) -> None:
    """They use the link at the foot of their welcome mail, as a mail provider would for them (RFC 8058)."""
    for address in addresses:
        link = _link(_awaited(catcher, address, lambda mail: "/unsubscribe/" in _text(mail)), "unsubscribe")
        _post(link, {"List-Unsubscribe": "One-Click"})


def editions_of(mails: Collection[Caught], edition_id: int) -> list[Caught]:
    """Those of the mails that are this edition, by their Feedback-ID."""
    return [mail for mail in mails if f"\r\nFeedback-ID: e{edition_id}:".encode() in mail.raw]


def _awaited(catcher: Catcher, address: str, is_it: Callable[[Caught], bool]) -> Caught:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for mail in catcher.messages(address):
            if is_it(mail):
                return mail
        time.sleep(0.05)
    problem = f"No mail came for {address} within {PATIENCE:.0f} seconds."
    raise BackendUnavailable(problem)


def _text(mail: Caught) -> str:
    part = message_from_bytes(mail.raw, policy=policy.default).get_body(("plain",))
    return str(part.get_content()) if part else ""


def _link(mail: Caught, purpose: str) -> str:
    found = re.search(rf"http\S+/{purpose}/\S+", _text(mail))
    if found is None:
        problem = f"The mail for {mail.recipient} has no link to {purpose}."
        raise BackendUnavailable(problem)
    return found.group()


def _get(url: str) -> None:
    _read(urllib.request.Request(url))  # noqa: S310 - addresses of our own service.


def _post(url: str, fields: dict[str, str]) -> None:
    _read(urllib.request.Request(url, data=urllib.parse.urlencode(fields).encode()))  # noqa: S310 - as above.


def _read(request: urllib.request.Request) -> None:
    answer: HTTPResponse
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - as above.
        answer.read()
