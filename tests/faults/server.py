"""A mail server that misbehaves as it is told, in a process of its own, so that nothing it does stops the test.

`python tests/faults/server.py` reads one line of JSON, as `Config` has it, and prints its port. Then each line of
its standard input is a new list of rules, answered with `ok`, and at the end of the input it ends.
"""

import asyncio
import json
import random
import ssl
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.faults.book import Book
from tests.faults.conversation import Conversation, Desk
from tests.faults.orders import Rule

LONGEST = 30_000_000
"""Octets of a message."""


@dataclass(frozen=True)
class Config:
    """`certificate` "" means no encryption; a `port` of 0, any that is free. `Desk` explains the others."""

    ledger: str
    bodies: str
    port: int = 0
    extensions: list[str] = field(default_factory=lambda: ["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 30000000"])
    certificate: str = ""
    key: str = ""
    rules: list[dict[str, Any]] = field(default_factory=list)
    flow: str = "each"
    seed: int = 1
    is_traced: bool = False
    keep_every: int = 1


async def run(config: Config) -> None:
    desk = _desk(config)
    connections = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await Conversation(desk, reader, writer, connections).run()

    writing = asyncio.create_task(desk.book.write())
    server = await asyncio.start_server(talk, "127.0.0.1", config.port, limit=LONGEST)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - this is its answer.
    while line := await asyncio.to_thread(sys.stdin.readline):
        desk.rules = _rules(json.loads(line))
        print("ok", flush=True)  # noqa: T201 - as above.
    writing.cancel()


def _desk(config: Config) -> Desk:
    return Desk(
        book=Book(config.ledger),
        bodies=Path(config.bodies).open("ab"),
        certificate=_certificate(config),
        extensions=config.extensions,
        rules=_rules(config.rules),
        dice=random.Random(config.seed),  # noqa: S311 - it only chooses who gets a fault.
        flow=config.flow,
        is_traced=config.is_traced,
        keep_every=config.keep_every,
    )


def _rules(told: list[dict[str, Any]]) -> list[Rule]:
    return [Rule(**rule) for rule in told]


def _certificate(config: Config) -> ssl.SSLContext | None:
    if not config.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(config.certificate, config.key)
    return context


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(run(Config(**json.loads(sys.stdin.readline()))))
