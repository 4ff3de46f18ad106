"""Asking DNS whether a domain receives mail, with a real name server on loopback."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

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
    ("plain.example.com.", "A"): "93.184.215.14",
    ("xn--strae-oqa.example.com.", "MX"): "10 mail.example.com.",
}


@contextmanager
def name_server() -> Iterator[Resolver]:
    """Answers from the zone; a resolver that asks nobody else."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                wire, caller = line.recvfrom(4096)
                line.sendto(answer_to(wire), caller)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    resolver = Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], line.getsockname()[1]
    resolver.lifetime = 2.0
    try:
        yield resolver
    finally:
        line.close()
        thread.join(1)


def answer_to(wire: bytes) -> bytes:
    question = dns.message.from_wire(wire)
    response = dns.message.make_response(question)
    asked = question.question[0]
    name, kind = asked.name.to_text().lower(), dns.rdatatype.to_text(asked.rdtype)
    if (name, kind) in ZONE:
        response.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, ZONE[name, kind]))
    elif name not in {known for known, _ in ZONE}:
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response.to_wire()


@pytest.mark.parametrize("address", ["ann@mx.example.com", "ann@plain.example.com", "ann@straße.example.com"])
def test_a_domain_with_a_mail_server_or_an_address_receives_mail(address: str) -> None:
    with name_server() as resolver:
        assert parse_and_ask_dns(address, resolver).local == "ann"


@pytest.mark.parametrize("address", ["ann@null.example.com", "ann@nowhere.example.com"])
def test_a_null_mx_and_a_domain_that_is_not_there_are_refused(address: str) -> None:
    with name_server() as resolver, pytest.raises(InvalidAddress, match="does not receive mail") as refused:
        parse_and_ask_dns(address, resolver)
    assert "example.com" not in str(refused.value)


def test_a_silent_name_server_is_no_fault_of_the_visitor() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        resolver = Resolver(configure=False)
        resolver.nameservers, resolver.port, resolver.lifetime = ["127.0.0.1"], silent.getsockname()[1], 0.3

        assert parse_and_ask_dns("ann@mx.example.com", resolver).domain == "mx.example.com"


def test_syntax_is_looked_at_before_anybody_is_asked() -> None:
    with pytest.raises(InvalidAddress, match="does not look like"):
        parse_and_ask_dns("ann at example", Resolver(configure=False))
