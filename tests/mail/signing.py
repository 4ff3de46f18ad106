"""Keys to sign with, and dkimpy as the receiver that looks at what was signed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from newsletter.mail.dkim.keys import Key, make_rsa
from newsletter.mail.dkim.seal import Seal
from newsletter.mail.mime import Template
from tests.mail.letters import VALUES

AT = datetime(2025, 11, 23, 9, 0, tzinfo=UTC)
"""When the mailings were made; verifiers refuse what was signed in their future."""

RSA = Key("courier.example", "r2026", make_rsa())
ED25519 = Key("courier.example", "e2026", Ed25519PrivateKey.generate())
KEYS = (RSA, ED25519)


def sealed(template: Template, values: Mapping[str, str] = VALUES, keys: Sequence[Key] = KEYS) -> bytes:
    """A message as it goes on the wire."""
    pieces = template.pieces(values)
    return Seal(keys, template, AT).sign(pieces) + b"".join(pieces)


def verdicts(message: bytes, keys: Sequence[Key] = KEYS) -> list[bool]:
    """What a receiver says of each signature, in the order in which they stand."""
    records = {f"{key.record_name}.".encode(): key.record.encode() for key in keys}
    head = message.partition(b"\r\n\r\n")[0]
    return [_verdict(message, index, records) for index in range(head.lower().count(b"dkim-signature:"))]


def _verdict(message: bytes, index: int, records: Mapping[bytes, bytes]) -> bool:
    try:
        return bool(dkim.DKIM(message).verify(idx=index, dnsfunc=lambda name, **_: records.get(name)))
    except dkim.ValidationError:
        return False


def tags(message: bytes, index: int = 0) -> dict[str, str]:
    """The tags of a signature, without white space."""
    found = message_from_bytes(message, policy=policy.compat32).get_all("DKIM-Signature", [])[index]
    return dict(tag.split("=", 1) for tag in "".join(found.split()).split(";"))
