"""A device that keeps passkeys, in software: it signs what it is asked, or lies where a test tells it to."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40
"""Flags of authenticator data (WebAuthn 3, §6.1)."""


@dataclass
class Device:
    """One passkey and its counter; the browser around it says `origin` and `rp_id`, `flags` say what it did."""

    origin: str = "https://letters.example.org"
    rp_id: str = "letters.example.org"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    step: int = 1
    handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: str) -> str:
        """What the browser brings back for options to add a passkey."""
        asked = json.loads(options)
        self.handle = unpacked(asked["user"]["id"])
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + self._public()
        statement = {"fmt": "none", "attStmt": {}, "authData": self._data(self.flags | WITH_KEY) + attested}
        return self._said(
            clientDataJSON=self._client_data("webauthn.create", asked["challenge"]),
            attestationObject=cbor2.dumps(statement),
        )

    def sign(self, options: str, **lies: str) -> str:
        """What it brings back for options to enter; `lies` go into what the browser says."""
        self.count += self.step
        client_data = self._client_data("webauthn.get", json.loads(options)["challenge"], **lies)
        data = self._data(self.flags)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._said(
            clientDataJSON=client_data, authenticatorData=data, signature=signature, userHandle=self.handle
        )

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _public(self) -> bytes:
        """The public key as COSE has it: EC2, ES256, P-256 (RFC 9053 §7.1)."""
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def _client_data(self, kind: str, challenge: str, **lies: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps({**said, **lies}).encode()

    def _said(self, **response: bytes) -> str:
        named = packed(self.credential_id)
        parts: dict[str, Any] = {name: packed(part) for name, part in response.items()}
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": parts})


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
