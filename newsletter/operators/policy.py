"""What each role may do, how operators get in, and how long they stay. Pure."""

import base64
import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from newsletter.core.settings import SecondFactor
from newsletter.core.words import said

LINK_LIFE = timedelta(hours=24)
"""How long a one-time link works."""

IDLE, LONGEST = timedelta(hours=2), timedelta(hours=12)
"""A session ends when nothing was asked for so long, and in any case after the longer of the two."""

PENDING = timedelta(minutes=10)
"""How long somebody who gave the password may look for the second factor."""

SEEN_EVERY = timedelta(minutes=1)
"""A session notes no more often that it was used: pages that ask again and again would write each time."""

WINDOW = timedelta(minutes=15)
MOST_OF_ACCOUNT, MOST_OF_NETWORK = 10, 40
"""Failed tries within the window after which an account, and a network, has to wait (NIST SP 800-63B §5.2.2)."""

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 256
FEWEST_LETTERS = 5
"""Different characters in a password."""

RECOVERY_CODES = 10
_RECOVERY_BYTES = 7

LONGEST_NAME = 100

CHALLENGE_LIFE = timedelta(minutes=5)
"""How long a device, or a provider, may take to answer."""

MOST_PASSKEYS = 20
LONGEST_KEY_NAME = 60
LONGEST_CREDENTIAL = 1364
"""Characters of a credential's id in base64url; it has at most 1023 bytes (WebAuthn 3, §5.1)."""

LONGEST_ANSWER = 20_000
"""Characters of what a browser brings from a device; the longest one with an RSA key is a tenth of it."""


LONGEST_WISH = 300
"""Characters of a path that is brought back after a visit to the provider."""

PROVIDER_SECONDS = 10.0
"""For each question to the provider; somebody waits for it."""

PROVIDER_LEEWAY = 60
"""Seconds by which the provider's clock may differ."""

SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""How a provider may sign: with a key of its own; a public key taken for a secret is known to anybody."""


class Role(StrEnum):
    """What an operator may do; each role may all that those before it may."""

    VIEWER = "viewer"  # Looks.
    EDITOR = "editor"  # Arranges, writes, tries and holds editions; looks after sources.
    PUBLISHER = "publisher"  # Lets editions leave, pauses and cancels; looks after subscribers.
    OWNER = "owner"  # Says who may do what, and how the house is set up.

    def reaches(self, wanted: "Role") -> bool:
        """Whether it may all that the wanted role may."""
        return _RANKS[self] >= _RANKS[wanted]


_RANKS = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True)
class Powers:
    """The roles of one operator: in the whole house, None for none, and beyond that by newsletter's id."""

    house: Role | None = None
    by_newsletter: Mapping[int, Role] = field(default_factory=dict)

    def may(self, role: Role, newsletter_id: int | None = None) -> bool:
        """Whether the role is reached for this newsletter; None for what is of the whole house."""
        held = (self.house, self.by_newsletter.get(newsletter_id) if newsletter_id is not None else None)
        return any(each is not None and each.reaches(role) for each in held)

    def may_somewhere(self, role: Role) -> bool:
        """Whether the role is reached in the house, or for any newsletter."""
        return self.may(role) or any(each.reaches(role) for each in self.by_newsletter.values())

    def visible(self) -> frozenset[int] | None:
        """The newsletters that may be looked at; None for all of them."""
        return None if self.house else frozenset(self.by_newsletter)


def must_add_factor(powers: Powers, rule: SecondFactor) -> bool:
    """Whether somebody with these powers may do nothing before they have a second factor."""
    return rule == "everybody" or (rule == "publishers" and powers.may_somewhere(Role.PUBLISHER))


@dataclass(frozen=True)
class RelyingParty:
    """What passkeys are bound to (WebAuthn 3, §4): the host, and the origin that a browser names."""

    id: str
    origin: str


def relying_party(base_url: str) -> RelyingParty | None:
    """What the passkeys of this address belong to; None where it is a number, to which none can be bound."""
    parts = urlsplit(base_url)
    host, usual = parts.hostname or "", {"http": 80, "https": 443}[parts.scheme]
    if ":" in host or host.rpartition(".")[2].isdecimal():
        return None
    port = "" if parts.port in {None, usual} else f":{parts.port}"
    return RelyingParty(host, f"{parts.scheme}://{host}{port}")


_COMMONEST = frozenset(
    {
        "123456789012", "1234567890123", "12345678901234", "123456789012345", "1234567890123456",
        "012345678901", "098765432109", "qwertyuiop12", "qwertyuiop123", "qwertyuiop[]", "qwerty123456",
        "1q2w3e4r5t6y", "1q2w3e4r5t6y7u8i", "1qaz2wsx3edc", "1qaz2wsx3edc4rfv", "zaq12wsxcde3", "qazwsxedcrfv",
        "asdfghjkl123", "abcdefghijkl", "abcdefghijklm", "abcd1234abcd", "abc123abc123", "password1234",
        "password12345", "password123456", "passwordpassword", "password2025", "password2026", "password2027",
        "passw0rd1234", "p@ssw0rd1234", "iloveyou1234", "iloveyouiloveyou", "letmeinletmein", "welcome12345",
        "welcome123456", "administrator", "administrator1", "admin1234567", "adminadminadmin", "changemechangeme",
        "changeme1234", "sunshine1234", "football1234", "princess1234", "dragon123456", "monkey123456",
        "superman1234", "trustno1trustno1", "newsletter12", "newsletter123", "newsletter1234",
        "newsletternewsletter",
        "correcthorsebatterystaple", "correct horse battery staple", "thequickbrownfox", "mypasswordis",
    }
)  # fmt: skip
"""Of at least twelve characters, in small letters: what guessing begins with."""


def as_kept(password: str) -> str:
    """One spelling for what looks the same, whichever keyboard it comes from (NIST SP 800-63B §5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def password_problem(password: str, address: str) -> str | None:
    """Why this cannot be the password of who has this address, as a sentence; None if it can.

    Length counts, not which kinds of characters there are (NIST SP 800-63B §5.1.1.2).
    """
    kept = as_kept(password)
    plain = kept.casefold()
    if len(kept) < SHORTEST_PASSWORD:
        return said(
            "A password has at least %(least)s characters; a few words in a row are easy to keep.",
            least=SHORTEST_PASSWORD,
        )
    if len(kept) > LONGEST_PASSWORD:
        return said("A password has at most %(most)s characters here.", most=LONGEST_PASSWORD)
    if plain in _COMMONEST or len(set(plain)) < FEWEST_LETTERS:
        return said("This is one of the first that somebody would guess; choose another.")
    local = address.casefold().partition("@")[0]
    left = plain.replace(address.casefold(), "").replace(local, "") if local else plain
    if len(left) < SHORTEST_PASSWORD // 2 and left != plain:
        return said("This is little more than your address; choose another.")
    return None


def recovery_code(chance: bytes) -> str:
    """Words to write down, such as `k3vq7-a2m4x`, from at least seven random bytes (50 of their bits)."""
    letters = base64.b32encode(chance[:_RECOVERY_BYTES]).decode().lower()[:10]
    return f"{letters[:5]}-{letters[5:]}"


def plain_code(typed: str) -> str:
    """A code as somebody typed it, without what people put between its letters."""
    return "".join(letter for letter in typed.lower()[:100] if letter.isalnum())


def digest_of(secret: str) -> str:
    """What is kept of a long random text, so that a copy of the database lets nobody in: 64 hex digits."""
    return hashlib.sha256(secret.encode()).hexdigest()
