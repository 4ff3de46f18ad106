"""DKIM as a receiver checks it, and a key to sign with."""

from pathlib import Path

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def signing_key(path: Path) -> bytes:
    """Write a private key; the TXT record that belongs to it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    body = b"".join(public.splitlines()[1:-1])
    return b"v=DKIM1; k=rsa; p=" + body


def verifies(message: bytes, record: bytes) -> bool:
    """Whether the message is signed by the key of this record, whichever selector it names."""
    return bool(dkim.DKIM(message).verify(dnsfunc=lambda _name, **_: record))
