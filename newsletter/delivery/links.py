"""The links in a mail that differ by recipient: stored with the mailing as what to sign, signed when it is filled.

So a queued edition holds no token, and an edition to a million is queued without making one.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from newsletter.core.tokens import Signer


@dataclass(frozen=True)
class Link:
    """A link whose token says `claims` and, as `s`, the subscriber; `base` is the URL before the token."""

    purpose: str
    base: str
    claims: Mapping[str, Any] = field(default_factory=dict)


def stored(links: Mapping[str, Link]) -> dict[str, Any]:
    """As the mailing keeps them."""
    return {hole: asdict(link) for hole, link in links.items()}


def signed(
    links: Mapping[str, Mapping[str, Any]], signer: Signer, subscriber_id: int | None, at: datetime
) -> dict[str, str]:
    """The stored links as URLs of one recipient; signed as of `at`, so that each attempt has the same bytes."""
    return {
        hole: link["base"] + signer.sign(link["purpose"], {**link["claims"], "s": subscriber_id}, at=at)
        for hole, link in links.items()
    }
