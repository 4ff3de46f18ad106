"""Asking DNS whether a domain receives mail, with a real name server on loopback."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from dns.resolver import Resolver

from newsletter.core.addresses import parse_and_ask_dns
from newsletter.core.errors import InvalidAddress

pytestmark = pytest.mark.loopback

ZONE = {
    ("mx.example.com.", "MX"): "10 mail.example.com.",
    ("null.example.com.", "MX"): "0 .",
    # RFC 7505 §3: beside others it says nothing.
    ("both.example.com.", "MX"): ("0 .", "10 mail.example.com."),
    # A domain that says no to mail stays without, whatever address it has.
    ("null.and.a.example.com.", "MX"): "0 .",
    ("null.and.a.example.com.", "A"): "93.184.215.14",
    ("plain.example.com.", "A"): "93.184.215.14",
    ("six.example.com.", "AAAA"): "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    ("private.example.com.", "A"): "10.0.0.1",
    ("private.example.com.", "AAAA"): "fd00::1",
    ("text.example.com.", "TXT"): "hello",
    ("alias.example.com.", "CNAME"): "mx.example.com.",
    ("alias-of-null.example.com.", "CNAME"): "null.example.com.",
    ("alias-of-none.example.com.", "CNAME"): "nowhere.example.com.",
    ("xn--strae-oqa.example.com.", "MX"): "10 mail.example.com.",
}
BROKEN = "broken.example.com."


@contextmanager
def name_server(slowness: float = 0.0) -> Iterator[Resolver]:
    """Answers from the zone, after so many seconds; a resolver that asks nobody else."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            wire, caller = line.recvfrom(4096)
            if not wire:
                return
            time.sleep(slowness)
            line.sendto(answer_to(wire), caller)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    resolver = Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], line.getsockname()[1]
    resolver.lifetime = 2.0
    try:
        yield resolver
    finally:
        line.sendto(b"", line.getsockname())
        thread.join()
        line.close()


def answer_to(wire: bytes) -> bytes:
    """As a recursive name server does: an alias is followed, and both stand in the answer."""
    question = dns.message.from_wire(wire)
    response = dns.message.make_response(question)
    asked = question.question[0]
    name, kind = asked.name.to_text().lower(), dns.rdatatype.to_text(asked.rdtype)
    if (name, "CNAME") in ZONE:
        alias = ZONE[name, "CNAME"]
        response.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", alias))
        name = str(alias)
    if name == BROKEN:
        response.set_rcode(dns.rcode.SERVFAIL)
    elif (name, kind) in ZONE:
        found = ZONE[name, kind]
        texts = (found,) if isinstance(found, str) else found
        response.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *texts))
    elif name not in {known for known, _ in ZONE}:
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response.to_wire()


@pytest.mark.parametrize("domain", ["mx", "plain", "six", "both", "alias", "straße", "broken"])
def test_a_domain_with_a_mail_server_or_an_address_receives_mail(domain: str) -> None:
    with name_server() as resolver:
        assert parse_and_ask_dns(f"ann@{domain}.example.com", resolver).local == "ann"


@pytest.mark.parametrize(
    "domain", ["null", "null.and.a", "nowhere", "private", "text", "alias-of-null", "alias-of-none"]
)
def test_a_domain_that_says_no_or_has_nothing_or_is_not_there_is_refused(domain: str) -> None:
    with name_server() as resolver, pytest.raises(InvalidAddress, match="does not receive mail") as refused:
        parse_and_ask_dns(f"ann@{domain}.example.com", resolver)
    assert "example.com" not in str(refused.value)


def test_a_server_that_takes_its_time_for_each_answer_gets_no_more_of_it() -> None:
    with name_server(slowness=0.4) as resolver:
        resolver.lifetime = 0.5
        began = time.monotonic()

        assert parse_and_ask_dns("ann@text.example.com", resolver).local == "ann"
        assert time.monotonic() - began < 0.9


def test_a_silent_name_server_is_no_fault_of_the_visitor() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        resolver = Resolver(configure=False)
        resolver.nameservers, resolver.port, resolver.lifetime = ["127.0.0.1"], silent.getsockname()[1], 0.3

        assert parse_and_ask_dns("ann@mx.example.com", resolver).domain == "mx.example.com"


def test_syntax_is_looked_at_before_anybody_is_asked() -> None:
    with pytest.raises(InvalidAddress, match="does not look like"):
        parse_and_ask_dns("ann at example", Resolver(configure=False))
