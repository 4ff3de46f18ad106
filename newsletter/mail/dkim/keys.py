"""The private keys that sign: where they come from, and what DNS must say about them."""

import base64
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from newsletter.core.errors import Conflict, SettingsError
from newsletter.core.logs import logger
from newsletter.core.settings import PREFIX, DkimKeyFile
from newsletter.mail.dkim import SigningKey

SHORTEST_RSA, LONGEST_RSA = 2048, 4096
"""Bits. RFC 8301 §3.2 asks signers for 2048, and promises that receivers can verify up to 4096."""

SETTING = PREFIX + "DKIM"
_MAKE_ONE = "`newsletter dkim key` makes one"
_PADDING, _SHA256 = PKCS1v15(), Prehashed(SHA256())
_LONGEST_TEXT = 255

log = logger(__name__)


@dataclass(frozen=True)
class Key:
    """Signs for a domain, and says by its selector which public key verifies it."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, digest: bytes) -> bytes:
        """The signature over a SHA-256 digest; always the same for the same digest."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(digest, _PADDING, _SHA256)
        return self.private.sign(digest)

    @property
    def record_name(self) -> str:
        """Where in DNS the public key stands (RFC 6376 §3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The TXT record: the public key as RFC 6376 §3.6.1 has it, or RFC 8463 §4."""
        public = self.private.public_key()
        if isinstance(self.private, RSAPrivateKey):
            raw, kind = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), "rsa"
        else:
            raw, kind = public.public_bytes(Encoding.Raw, PublicFormat.Raw), "ed25519"
        return f"v=DKIM1; k={kind}; p={base64.b64encode(raw).decode()}"

    @property
    def record_texts(self) -> list[str]:
        """The record in texts of at most 255 octets, as DNS keeps it (RFC 1035 §3.3, §3.3.14)."""
        record = self.record
        return [record[start : start + _LONGEST_TEXT] for start in range(0, len(record), _LONGEST_TEXT)]


def load_keys(files: Iterable[DkimKeyFile]) -> tuple[Key, ...]:
    """The keys of the setting, read from their files; RSA before Ed25519.

    Raises SettingsError for a file that holds no key that can be used, and for a domain with Ed25519 alone.
    """
    keys = tuple(sorted((_load(file) for file in files), key=lambda key: key.algorithm, reverse=True))
    with_rsa = {key.domain for key in keys if isinstance(key.private, RSAPrivateKey)}
    for key in keys:
        if key.domain not in with_rsa:
            # Many receivers do not know Ed25519 (RFC 8463 §1), and would take the mail for unsigned.
            problem = f"has only an Ed25519 key for {key.domain}; add an RSA key of that domain"
            raise SettingsError(SETTING, problem)
    return keys


def keys_for(keys: Sequence[SigningKey], domain: str) -> tuple[SigningKey, ...]:
    """Those that sign for a sender of this domain, in their order; none if no key stands for it.

    A key stands for its domain and all below it, which is what DMARC's relaxed alignment accepts (RFC 9989). The
    domain nearest to the sender's wins.
    """
    near = [key for key in keys if f".{domain}".endswith(f".{key.domain}")]
    nearest = max((key.domain for key in near), key=len, default="")
    return tuple(key for key in near if key.domain == nearest)


def make_rsa() -> RSAPrivateKey:
    """A fresh key; 2048 bits, because a longer one slows down each message and no receiver asks for it."""
    return generate_private_key(public_exponent=65537, key_size=SHORTEST_RSA)


def write_key(file: DkimKeyFile, private: RSAPrivateKey | Ed25519PrivateKey) -> Key:
    """Put the key into its file, which nobody else may read; raises Conflict where there is one already."""
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        number = os.open(file.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        # Its public half may stand in DNS already; what another key signs would not verify there.
        problem = f"'{file.path}' exists, and a key is never written over; name another file."
        raise Conflict(problem) from error
    with os.fdopen(number, "wb") as opened:
        opened.write(pem)
    return Key(file.domain, file.selector, private)


def _load(file: DkimKeyFile) -> Key:
    private = _private_key(file)
    match private:
        case RSAPrivateKey() if not SHORTEST_RSA <= private.key_size <= LONGEST_RSA:
            problem = (
                f"the key in '{file.path}' has {private.key_size} bits; "
                f"expected {SHORTEST_RSA} to {LONGEST_RSA}, {_MAKE_ONE}"
            )
            raise SettingsError(SETTING, problem)
        case RSAPrivateKey() | Ed25519PrivateKey():
            return Key(file.domain, file.selector, private)
        case _:
            problem = f"the key in '{file.path}' is neither RSA nor Ed25519; {_MAKE_ONE}"
            raise SettingsError(SETTING, problem)


def _private_key(file: DkimKeyFile) -> PrivateKeyTypes:
    try:
        pem = file.path.read_bytes()
        if file.path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            log.warning("dkim key open to others", path=str(file.path), expected="mode 0600")
        return load_pem_private_key(pem, password=None)
    except OSError as error:
        problem = f"the key file '{file.path}' cannot be read ({error.strerror}); {_MAKE_ONE}"
        raise SettingsError(SETTING, problem) from error
    except TypeError as error:
        problem = f"the key in '{file.path}' is locked with a password; expected one without"
        raise SettingsError(SETTING, problem) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        problem = f"'{file.path}' holds no private key in PEM that can be used; {_MAKE_ONE}"
        raise SettingsError(SETTING, problem) from error
