"""The mailings of the slice at hand as plain values, each compiled once and filled for every recipient."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from newsletter.core.db import reading
from newsletter.core.errors import UnsafeMessage
from newsletter.core.tokens import Signer
from newsletter.delivery.links import Links
from newsletter.delivery.models import Mailing
from newsletter.delivery.queries import mailings
from newsletter.delivery.service import Leased
from newsletter.mail.dkim import SigningKey
from newsletter.mail.headers import message_id
from newsletter.mail.message import Envelope
from newsletter.mail.mime import Template


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
        self._template = Template(mailing.template)
        self._links = Links(mailing.links, stamps.signer, mailing.created_at)
        self._seal = None
        self._unverified = False
        if stamps.dkim:
            from newsletter.mail.dkim.seal import Seal  # noqa: PLC0415 - as in `mail.house`.

            self._seal = Seal(stamps.dkim, self._template, mailing.created_at)
            self._unverified = bool(self._seal.keys)

    def envelope(self, leased: Leased) -> Envelope:
        """The finished message; the same bytes on each attempt. Raises UnsafeMessage."""
        values = self._links.of(leased.subscriber_id)
        values["to"] = leased.address
        values["message_id"] = message_id(self._seed, leased.id, self._domain)
        pieces = self._template.pieces(values)
        if self._seal and self._seal.keys:
            pieces.insert(0, self._seal.sign(pieces))
        return Envelope(leased.id, self._sender, leased.address, b"".join(pieces), is_dotless=True)

    def verify(self, envelope: Envelope) -> None:
        """Check the first message as a receiver would, before it leaves. Raises UnsafeMessage."""
        if self._seal and self._unverified:
            from newsletter.mail.dkim.checking import verify_own  # noqa: PLC0415 - as in `mail.house`.

            verify_own(envelope.data, self._seal.keys)
            self._unverified = False


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
            original.verify(envelope)
        except UnsafeMessage as error:
            self.unfit[leased.mailing_id] = str(error)
            del self._kept[leased.mailing_id]
            return None
        return envelope
