"""Signed strings for links: itsdangerous with SHA-256, one salt per purpose, several keys for rotation.

A token says who and what by number, never by address. It is not a secret store: whoever holds it can read
its payload, nobody can change it. The same bytes can be written in several ways that all verify (base64
leaves spare bits), so single use must rest on a claim inside, never on the text of the token.
"""

import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode, int_to_bytes

from newsletter.core.errors import LinkDamaged, LinkExpired

MAX_LENGTH = 1024
"""No token of ours comes near this; longer ones are refused before any work is done on them."""

LEEWAY = timedelta(minutes=5)
"""How far in the future a token may have been made: clocks of two machines differ, and clocks step back."""

VERSION = 1


@dataclass(frozen=True)
class Token:
    """What a genuine token says: its claims, and when it was signed (UTC, whole seconds)."""

    claims: Mapping[str, Any]
    signed_at: datetime


_URL_ALPHABET = bytes.maketrans(b"+/", b"-_")


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SHORT = re.compile(r"[0-9a-z]{1,13}(?:-[0-9a-z]{1,13}){0,7}", re.ASCII)


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits


def _url_safe(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False).translate(_URL_ALPHABET, b"=")


class Signer:
    """Signs and reads tokens with a ring of keys, newest first: the first signs, each verifies."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        # itsdangerous signs with the last of its keys and wants them oldest first.
        self._keys = list(reversed(keys))
        # An edition signs a link for each recipient at one moment; only the claims differ.
        self._stamper = lru_cache(maxsize=64)(self._make_stamper)
        self._reader = lru_cache(maxsize=64)(self._make_reader)

    def sign(self, purpose: str, claims: Mapping[str, Any], *, at: datetime) -> str:
        """A URL-safe token; the same arguments give the same text, so that a retried mail stays the same."""
        # As the serializer writes it, but without trying to compress what is a few letters long.
        payload = base64_encode(json.dumps({"v": VERSION, **claims}, separators=(",", ":")))
        return self._stamper(purpose, int(at.timestamp())).sign(payload).decode()

    def series(
        self, purpose: str, claims: Mapping[str, Any], last: str, *, at: datetime
    ) -> Callable[[int | None], str]:
        """As `sign`, for an audience: a function that makes the token in which the claim `last` has its argument.

        What is the same for all is done here, once: the key is derived, the moment and the other claims written.
        """
        stamper = self._stamper(purpose, int(at.timestamp()))
        keyed = hmac.new(stamper.derive_key(), digestmod="sha256")
        head = json.dumps({"v": VERSION, **claims}, separators=(",", ":"))[:-1] + f',"{last}":'
        tail = stamper.sep + base64_encode(int_to_bytes(int(at.timestamp())))
        separator = stamper.sep.decode()

        def token(value: int | None) -> str:
            payload = f"{head}{'null' if value is None else value}}}".encode()
            signed = _url_safe(payload) + tail
            # A copy, because to take the key in costs more than to sign so few letters.
            signature = keyed.copy()
            signature.update(signed)
            return f"{signed.decode()}{separator}{_url_safe(signature.digest()).decode()}"

        return token

    def read(self, purpose: str, token: str, *, now: datetime, max_age: timedelta | None) -> Token:
        """The claims of a token made for this purpose; `max_age` None means it never expires.

        Raises LinkDamaged if it was not signed by one of our keys for this purpose, LinkExpired if it is
        older than `max_age`.
        """
        if len(token) > MAX_LENGTH:
            raise LinkDamaged(purpose)
        try:
            claims, signed_at = self._reader(purpose).loads(token, return_timestamp=True)
        except (BadData, SignatureExpired, ValueError) as error:
            raise LinkDamaged(purpose) from error
        if not isinstance(claims, dict) or claims.get("v") != VERSION:
            raise LinkDamaged(purpose)
        # We judge the age ourselves: itsdangerous calls a token from one second ahead "expired".
        age = now - signed_at.astimezone(UTC)
        if age < -LEEWAY:
            raise LinkDamaged(purpose)
        if max_age is not None and age > max_age:
            raise LinkExpired(purpose)
        return Token(claims=claims, signed_at=signed_at)

    def short(self, purpose: str, numbers: tuple[int, ...]) -> str:
        """A token of a few letters for numbers from 0 to 2**63 that are the same for all and never expire."""
        payload = "-".join(map(_base36, numbers))
        return f"{payload}.{self._seal(self._keys[-1], purpose, payload)}"

    def read_short(self, purpose: str, token: str, *how_many: int) -> tuple[int, ...]:
        """The numbers of a token that `short` made, as many of them as one of `how_many`. Raises LinkDamaged."""
        payload, _, seal = token[:MAX_LENGTH].partition(".")
        if not _SHORT.fullmatch(payload) or not seal.isascii():
            raise LinkDamaged(purpose)
        numbers = tuple(int(each, 36) for each in payload.split("-"))
        is_ours = any(hmac.compare_digest(self._seal(key, purpose, payload), seal) for key in self._keys)
        if not is_ours or len(numbers) not in how_many or max(numbers) >= 2**63:
            raise LinkDamaged(purpose)
        return numbers

    @staticmethod
    def _seal(key: str, purpose: str, payload: str) -> str:
        """72 bits: a forged one would only lead to where a genuine one leads."""
        signed = f"newsletter.{purpose}:short1\0{payload}".encode()
        return _url_safe(hmac.digest(key.encode(), signed, "sha256")[:9]).decode()

    def _make_stamper(self, purpose: str, moment: int) -> TimestampSigner:
        class Stamper(TimestampSigner):
            def get_timestamp(self) -> int:
                return moment

        serializer = self._serializer(purpose, Stamper)
        return cast("TimestampSigner", serializer.make_signer(serializer.salt))

    def _make_reader(self, purpose: str) -> URLSafeTimedSerializer:
        return self._serializer(purpose, TimestampSigner)

    def _serializer(self, purpose: str, signer: type[TimestampSigner]) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._keys,
            salt=f"newsletter.{purpose}:v1",
            signer=signer,
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )
