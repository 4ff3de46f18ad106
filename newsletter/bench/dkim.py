"""A key to sign with, and the setting that names it."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from newsletter.bench.installation import SECRETS
from newsletter.core.settings import PREFIX, from_mapping

DOMAIN, SELECTOR = "tidewater.example", "bench"
KEY_BITS = 2048
SHORTEST_SIGNATURE = 344
"""Bytes that the header adds at least: the base64 of 2048 bits."""


def settings(folder: Path) -> dict[str, str]:
    """The settings that make the service sign with a fresh key; raises SettingsError when it cannot sign."""
    file = folder / "dkim.pem"
    if not file.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        file.touch(mode=0o600)
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    chosen = {"DKIM": f"{DOMAIN}:{SELECTOR}:{file}"}
    tried = SECRETS | {PREFIX + "BACKENDS": "memory:"}
    from_mapping(tried | {PREFIX + name: value for name, value in chosen.items()})
    return chosen
