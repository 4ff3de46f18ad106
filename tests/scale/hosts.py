"""Hosts on one machine: network namespaces that reach the machine's services, and nothing else, over a line each.

Needs root and iproute2.
"""

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.mail.journal import account_of
from tests.scale.forwarder import Forwarder
from tests.scale.ground import CONNECTIONS, Cluster, Member, database_place, through

SERVICES = "198.18.255.1"
"""Where the hosts reach what they need, in the block for tests between networks (RFC 2544)."""


@dataclass
class Host:
    """A namespace with one worker; `database` is its line to the database server."""

    name: str
    device: str
    spool: Path
    database: Forwarder
    cluster: Cluster
    settings: dict[str, str]

    def start_worker(self) -> Member:
        return self.cluster.start("worker", "ip", "netns", "exec", self.name, **self.settings)

    def pull_the_plug(self) -> None:
        """No packet goes in or out any more."""
        _ip("link", "set", self.device, "down")

    def put_the_plug_back(self) -> None:
        _ip("link", "set", self.device, "up")

    def unrecorded(self) -> int:
        """How many messages it has handed over, or was about to, of which the database does not know."""
        journals = [account_of(self.spool, path.stem) for path in self.spool.glob("*.journal")]
        return sum(len(each.answers) + len(each.dots) for each in journals if each)


@contextmanager
def hosts(cluster: Cluster, how_many: int) -> Iterator[list[Host]]:
    """So many hosts, gone again at the end; all reach broker and mail server at the same address."""
    with ExitStack() as stack:
        _ip("address", "add", f"{SERVICES}/32", "dev", "lo")
        stack.callback(_ip, "address", "delete", f"{SERVICES}/32", "dev", "lo")
        broker = urlsplit(cluster.house.settings.engine)
        messages = stack.enter_context(Forwarder((str(broker.hostname), broker.port or 0), SERVICES))
        mail = stack.enter_context(Forwarder(("127.0.0.1", cluster.catcher.smtp_port), SERVICES))
        login, at, _ = broker.netloc.rpartition("@")
        told = {
            "ENGINE": broker._replace(netloc=f"{login}{at}{messages.place}").geturl(),
            "BACKENDS": f"smtp://{mail.place}?tls=none&connections={CONNECTIONS}",
        }
        yield [stack.enter_context(_host(cluster, number, told)) for number in range(how_many)]
        for member in cluster.members:
            member.end()


@contextmanager
def _host(cluster: Cluster, number: int, told: dict[str, str]) -> Iterator[Host]:
    mark = uuid.uuid4().hex[:6]
    name, device, peer = f"host-{mark}", f"nl{mark}a", f"nl{mark}b"
    ours, theirs = f"198.18.{number}.1", f"198.18.{number}.2"
    _ip("netns", "add", name)
    try:
        _ip("link", "add", device, "type", "veth", "peer", "name", peer, "netns", name)
        _ip("address", "add", f"{ours}/30", "dev", device)
        _ip("link", "set", device, "up")
        _ip("-n", name, "address", "add", f"{theirs}/30", "dev", peer)
        _ip("-n", name, "link", "set", peer, "up")
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "route", "add", "default", "via", ours)
        with Forwarder(database_place(), SERVICES) as database:
            spool = cluster.folder / f"spool-{number}"
            own = {"DATABASE_URL": through(database, cluster.url), "SPOOL": str(spool)}
            yield Host(name, device, spool, database, cluster, {**told, **own})
    finally:
        _ip("netns", "delete", name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)  # noqa: S607 - whichever there is.
