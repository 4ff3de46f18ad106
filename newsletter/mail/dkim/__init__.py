"""DKIM signatures (RFC 6376, RFC 8301, RFC 8463): one seal for each mailing, checked before use.

keys      the private keys that the settings name, and the DNS records that belong to them
relaxed   how header fields and bodies look to whoever hashes them
seal      signs the messages of one mailing; what they share is hashed once
checking  has a finished message verified by another implementation

Its modules are loaded where there are keys: cryptography takes ten megabytes in each process.
"""

from collections.abc import Sequence
from typing import Protocol


class SigningKey(Protocol):
    """What the seal needs of a key, and DNS of its public half."""

    @property
    def domain(self) -> str: ...
    @property
    def selector(self) -> str: ...
    @property
    def algorithm(self) -> str: ...
    @property
    def record_name(self) -> str: ...
    @property
    def record(self) -> str: ...
    @property
    def record_texts(self) -> list[str]: ...

    def sign(self, digest: bytes) -> bytes:
        """The signature over a SHA-256 digest; always the same for the same digest."""


class Signing(Protocol):
    """Signs the messages of one template (`newsletter.mail.dkim.seal.Seal`)."""

    @property
    def keys(self) -> Sequence[SigningKey]:
        """Those that stand for the sender."""

    def sign(self, pieces: Sequence[bytes]) -> bytes:
        """The header lines that go before this message."""
