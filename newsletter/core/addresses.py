"""The one address parser: forms, imports, commands and bounces all ask here.

Identity is the lower-cased local part at the A-label domain, so `Ann@Example.ORG` and `ann@example.org` are
one person; dots and plus tags stay, because only the receiving server knows what they mean there. Domains
follow IDNA 2008 with UTS 46 (RFC 5890-5895), not the older codec of the standard library, which would turn
`straße.example` into another domain.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from newsletter.core.errors import InvalidAddress
from newsletter.core.words import said

if TYPE_CHECKING:
    from dns.resolver import Resolver

MAX_LENGTH = 254
"""Octets in an address (RFC 5321 §4.5.3.1.3: a path has 256, two of which are its angle brackets)."""

MAX_LOCAL_LENGTH = 64
"""Octets before the @ (RFC 5321 §4.5.3.1.1)."""

_ENCODED_WORD = re.compile(r"=\?[^?]+\?[bq]\?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox that syntax allows: `local` as typed, `domain` in A-labels, lower case."""

    entered: str
    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def is_international(self) -> bool:
        """Whether the local part needs SMTPUTF8 (RFC 6531); an international domain alone does not."""
        return not self.local.isascii()

    @property
    def identity(self) -> str:
        """Equal for two spellings of one person."""
        return f"{self.local.lower()}@{self.domain}"

    def key(self, pepper: str) -> str:
        """32 hex digits that stand for the identity where the address itself must not be kept."""
        return keyed(self.identity, pepper)


def keyed(text: str, pepper: str) -> str:
    """32 hex digits that stand for a text which must not be kept; the same for the same text."""
    return hmac.digest(pepper.encode(), text.encode(), hashlib.sha256).hex()[:32]


def parse(text: str) -> Address:
    """The address that somebody typed; surrounding white space is forgiven, nothing else.

    Raises InvalidAddress, whose text says what is wrong without repeating what was typed.
    """
    entered = text.strip()
    if not entered:
        problem = said("Please enter an e-mail address.")
        raise InvalidAddress(problem)
    # The library's messages quote what was typed when it is this long or holds control characters.
    if len(entered.encode(errors="replace")) > MAX_LENGTH:
        problem = said("This e-mail address is too long; an address has at most 254 characters.")
        raise InvalidAddress(problem)
    if not entered.isprintable():
        problem = said("This e-mail address contains characters that cannot be printed.")
        raise InvalidAddress(problem)
    try:
        valid = validate_email(
            entered,
            allow_smtputf8=True,
            allow_quoted_local=False,
            allow_domain_literal=False,
            check_deliverability=False,
        )
    except EmailNotValidError as error:
        problem = said("This does not look like an e-mail address, such as name@example.org.")
        raise InvalidAddress(problem) from error
    address = Address(entered=entered, local=valid.local_part, domain=valid.ascii_domain.lower())
    _refuse_unwelcome(address)
    return address


_USUAL = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_+-]*(?:\.[A-Za-z0-9_+-]+)*)@([A-Za-z0-9.-]+)")
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_USUAL_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
_SPECIAL = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)
_ALWAYS_SMALL = frozenset(CASE_INSENSITIVE_MAILBOX_NAMES)


def parse_many(texts: Iterable[str]) -> Iterator[Address | InvalidAddress]:
    """As `parse` for each, an error in place of an address; a million take seconds.

    A usual local part means itself, and so does a usual domain in small letters. All others are parsed.
    """
    for text in texts:
        usual = _USUAL.fullmatch(text)
        domain = _find_usual_domain(usual[2]) if usual and len(text) <= MAX_LENGTH else None
        if usual and domain and len(usual[1]) <= MAX_LOCAL_LENGTH and usual[1].lower() not in _ALWAYS_SMALL:
            yield Address(text, usual[1], domain)
            continue
        try:
            yield parse(text)
        except InvalidAddress as problem:
            yield problem


@lru_cache(maxsize=10_000)
def _find_usual_domain(text: str) -> str | None:
    """The domain as `parse` has it; None where that takes a longer look. One text for all its addresses."""
    domain = text.lower()
    if "--" in domain or not domain[-1].isalpha() or f".{domain}".endswith(_SPECIAL):
        return None
    return domain if _USUAL_DOMAIN.fullmatch(domain) else None


def parse_and_ask_dns(text: str, resolver: "Resolver | None" = None) -> Address:
    """As `parse`, and the domain must be one that receives mail (`core.mail_servers`).

    `resolver` None asks the name servers of this machine.
    """
    from newsletter.core.mail_servers import receives_mail  # noqa: PLC0415 - a resolver is two megabytes.

    address = parse(text)
    if not receives_mail(address.domain, resolver):
        problem = said("The domain of this e-mail address does not receive mail.")
        raise InvalidAddress(problem)
    return address


def _refuse_unwelcome(address: Address) -> None:
    """What the grammar allows and no careful mail program sends to."""
    if address.local.startswith("-"):
        # Some programs that mail passes through would read it as an option.
        problem = said("An e-mail address cannot start with a hyphen here.")
        raise InvalidAddress(problem)
    if _ENCODED_WORD.search(address.local):
        # Some would decode it (RFC 2047) and see another address, or a line end.
        problem = said("An e-mail address cannot contain an encoded word here.")
        raise InvalidAddress(problem)
    if len(str(address).encode()) > MAX_LENGTH:
        problem = said("This e-mail address is too long; an address has at most 254 characters.")
        raise InvalidAddress(problem)
    if len(address.local.encode()) > MAX_LOCAL_LENGTH:
        problem = said("The part before the @ is too long; it has at most 64 characters.")
        raise InvalidAddress(problem)


def masked(address: str) -> str:
    """For logs and lists: `a…@example.org`."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}…{at}{domain}"
