"""The mailings of the slice at hand as plain values, each compiled once and filled for every recipient."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from newsletter.core.db import reading
from newsletter.core.errors import UnsafeMessage
from newsletter.core.tokens import Signer
from newsletter.delivery.links import Links
from newsletter.delivery.models import Mailing
from newsletter.delivery.queries import mailings, variant_template
from newsletter.delivery.service import Leased
from newsletter.delivery.service.queueing import NAME
from newsletter.mail.dkim import Signing, SigningKey
from newsletter.mail.headers import message_id
from newsletter.mail.message import Envelope, plain
from newsletter.mail.mime import Template

MOST_AT_HAND = 100
"""Wordings of one mailing that are kept ready to be filled."""


@dataclass(frozen=True)
class Stamps:
    """What messages are signed with: links by `signer`, headers and body by the DKIM keys, if there are any."""

    signer: Signer
    dkim: Sequence[SigningKey]


class _Original:
    """A mailing that no session can take back while its messages are under way."""

    def __init__(self, mailing: Mailing, stamps: Stamps) -> None:
        """Raises UnsafeMessage when it cannot be signed."""
        self._sender = mailing.sender
        self._domain = mailing.message_domain
        self._seed = mailing.seed
        self._links = Links(mailing.links, stamps.signer, mailing.created_at)
        self._id, self._created_at, self._dkim = mailing.id, mailing.created_at, stamps.dkim
        self._wordings = {0: self._ready(mailing.template)}
        self._verified: set[int] = set()

    def envelope(self, leased: Leased) -> Envelope:
        """The finished message; the same bytes on each attempt. Raises UnsafeMessage."""
        values = self._links.of(leased.subscriber_id)
        values["to"] = leased.address
        values["message_id"] = message_id(self._seed, leased.id, self._domain)
        values[NAME] = plain(leased.name) if leased.name else ""
        template, seal = self._wording(leased.variant)
        pieces = template.pieces(values)
        if seal:
            pieces.insert(0, seal.sign(pieces))
        return Envelope(leased.id, self._sender, leased.address, b"".join(pieces), is_dotless=True)

    def verify(self, envelope: Envelope, variant: int) -> None:
        """Check the first message of this wording as a receiver would, before it leaves. Raises UnsafeMessage."""
        _, seal = self._wordings[variant]
        if seal and variant not in self._verified:
            from newsletter.mail.dkim.checking import verify_own  # noqa: PLC0415 - as in `mail.house`.

            verify_own(envelope.data, seal.keys)
            self._verified.add(variant)

    def _wording(self, variant: int) -> tuple[Template, Signing | None]:
        if variant not in self._wordings:
            if len(self._wordings) > MOST_AT_HAND:
                self._wordings = {0: self._wordings[0]}
            with reading():
                self._wordings[variant] = self._ready(variant_template(self._id, variant))
        return self._wordings[variant]

    def _ready(self, stored: bytes) -> tuple[Template, Signing | None]:
        template = Template(stored)
        if not self._dkim:
            return template, None
        from newsletter.mail.dkim.seal import Seal  # noqa: PLC0415 - as in `mail.house`.

        seal = Seal(self._dkim, template, self._created_at)
        return template, seal if seal.keys else None


class Originals:
    """Ready to be filled; `unfit` says of a mailing why none of it may leave."""

    def __init__(self, stamps: Stamps) -> None:
        self._stamps = stamps
        self._kept: dict[int, _Original] = {}
        self.unfit: dict[int, str] = {}

    def fetch(self, mailing_ids: Collection[int]) -> None:
        """Have these at hand and no others, with one query for those that are new."""
        self._kept = {key: kept for key, kept in self._kept.items() if key in mailing_ids}
        self.unfit = {}
        with reading():
            # No transaction stays open while a slow server takes the messages.
            new = mailings(set(mailing_ids) - self._kept.keys())
        for each in new:
            try:
                self._kept[each.id] = _Original(each, self._stamps)
            except UnsafeMessage as error:
                self.unfit[each.id] = str(error)

    def envelope(self, leased: Leased) -> Envelope | None:
        """The finished message of this delivery; None when its mailing is unfit.

        Raises UnsafeMessage when it is this recipient's values that cannot be sent.
        """
        if leased.mailing_id in self.unfit:
            return None
        original = self._kept[leased.mailing_id]
        envelope = original.envelope(leased)
        try:
            original.verify(envelope, leased.variant)
        except UnsafeMessage as error:
            self.unfit[leased.mailing_id] = str(error)
            del self._kept[leased.mailing_id]
            return None
        return envelope
