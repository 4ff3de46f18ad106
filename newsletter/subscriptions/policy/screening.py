"""Addresses that are well formed and still not those of a person who could want a newsletter."""

from enum import StrEnum
from functools import lru_cache


class Sort(StrEnum):
    """Whose address it is, as far as its local part tells."""

    PERSON = "person"
    ROLE = "role"  # Of an office: several people read it, or a program, and nobody of them asked.
    MACHINE = "machine"  # Nobody reads it, or answering it makes a loop.


ROLES = frozenset(
    {
        # RFC 2142 §2 to §5, in its order.
        *("info", "marketing", "sales", "support"),
        *("abuse", "noc", "security"),
        *("postmaster", "hostmaster", "usenet", "news", "webmaster", "www", "uucp", "ftp"),
        # What else is an office everywhere, also by M3AAWG's practice.
        *("admin", "administrator", "root", "sysadmin", "dns", "registrar", "billing", "compliance", "privacy"),
        *("spam", "phish", "phishing", "fbl", "help", "helpdesk", "list", "all", "everyone", "staff", "subscribe"),
        *("unsubscribe", "dmarc", "dmarc-reports", "tls-reports", "tlsrpt", "mailmaster", "majordomo", "listserv"),
    }
)

MACHINES = frozenset(
    {
        *(
            "noreply",
            "no-reply",
            "no_reply",
            "no.reply",
            "donotreply",
            "do-not-reply",
            "do_not_reply",
            "do.not.reply",
        ),
        *("dontreply", "nobody", "null", "devnull", "dev-null", "mailer-daemon", "mailerdaemon", "mail-daemon"),
        *("maildaemon", "bounce", "bounces", "undisclosed-recipients", "autoresponder", "auto-reply", "autoreply"),
        *("double-bounce", "devnul"),
    }
)

_OF_A_LIST = ("-request", "-owner", "-subscribe", "-unsubscribe", "-admin")
"""RFC 2142 §6: whoever looks after the mailing list of the name before it."""

_OF_BOUNCES = ("-bounce", "-bounces")

RESERVED = frozenset(
    {
        # RFC 2606 and 6761, and no mailbox in any of them.
        *("example", "test", "invalid", "localhost", "example.com", "example.net", "example.org"),
        # Multicast DNS (RFC 6762), Tor (7686), home networks (8375), other name systems (9476), and a name that
        # ICANN keeps free for networks inside.
        *("local", "onion", "arpa", "alt", "internal"),
        # Never given to anybody, because so many networks use them inside.
        *("corp", "home", "lan", "localdomain"),
    }
)


_DEEPEST = 1 + max(name.count(".") for name in RESERVED)


def sort_of(local: str) -> Sort:
    """Whose it is; a plus tag changes nothing."""
    name = local.lower().partition("+")[0]
    if name in MACHINES or name.endswith(_OF_BOUNCES):
        return Sort.MACHINE
    if name in ROLES or name.endswith(_OF_A_LIST) or name.startswith("owner-"):
        return Sort.ROLE
    return Sort.PERSON


@lru_cache(maxsize=10_000)
def is_reserved(host: str) -> bool:
    """Whether the domain (A-labels, lower case) can have no mailbox that others can write to."""
    last = host.rsplit(".", _DEEPEST)[-_DEEPEST:]
    return any(".".join(last[first:]) in RESERVED for first in range(len(last)))


def with_those_above(domain: str) -> tuple[str, ...]:
    """`a.b.example`, `b.example`, `example`."""
    labels = domain.split(".")
    return tuple(".".join(labels[first:]) for first in range(len(labels)))
