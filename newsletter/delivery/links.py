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


class Links:
    """The stored links of one mailing, ready to be signed for each recipient."""

    def __init__(self, links: Mapping[str, Mapping[str, Any]], signer: Signer, at: datetime) -> None:
        """Signed as of `at`, so that each attempt has the same bytes."""
        self._links = [
            (hole, link["base"], signer.series(link["purpose"], link["claims"], "s", at=at))
            for hole, link in links.items()
        ]

    def of(self, subscriber_id: int | None) -> dict[str, str]:
        """Each hole's URL for this recipient."""
        return {hole: base + token(subscriber_id) for hole, base, token in self._links}
