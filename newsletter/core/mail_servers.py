"""Whether a domain receives mail, as its name servers say."""

import time
from ipaddress import ip_address
from typing import Any

import dns.name
from dns.exception import DNSException
from dns.resolver import NXDOMAIN, Resolver

DNS_SECONDS = 5
"""How long name servers may take, all questions about one domain together."""


def receives_mail(domain: str, resolver: Resolver | None = None) -> bool:
    """Whether there is a mail server, or at least a public address to try (RFC 5321 §5.1, RFC 7505 to say no).

    Where no name server answers in time it does: that is no fault of the visitor's. `resolver` None asks the name
    servers of this machine.
    """
    try:
        return _answers(domain, resolver or Resolver())
    except NXDOMAIN:
        return False
    except DNSException:
        return True


def _answers(domain: str, resolver: Resolver) -> bool:
    """Raises DNSException."""
    # All questions together: each may be answered by a server of whoever typed the address, as slowly as it likes.
    ends_at = time.monotonic() + min(DNS_SECONDS, resolver.lifetime)

    def answers(kind: str) -> list[Any]:
        left = max(0.0, ends_at - time.monotonic())
        return list(resolver.resolve(f"{domain}.", kind, lifetime=left, raise_on_no_answer=False).rrset or ())

    if servers := answers("MX"):
        return any(server.exchange != dns.name.root for server in servers)
    return any(ip_address(each.address).is_global for kind in ("A", "AAAA") for each in answers(kind))
