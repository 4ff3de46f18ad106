"""One connection to the faulty server, from its first byte to its last."""

import asyncio
import hashlib
import random
import re
import socket
import ssl
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from tests.faults.book import ACCEPTED, FAULT, REFUSED, SWALLOWED, Book
from tests.faults.orders import USUAL, Actions, Rule, agrees, orders_of

TOGETHER = 0.01
"""Seconds for which replies are held back that shall come in one piece."""


@dataclass
class Desk:
    """What all connections share. `flow` is how replies leave: `each` at once, `together`, or as single `bytes`.

    `is_traced` notes each command; every `keep_every`th message is kept whole.
    """

    book: Book
    bodies: BinaryIO
    certificate: ssl.SSLContext | None
    extensions: list[str]
    rules: list[Rule]
    dice: random.Random
    flow: str = "each"
    is_traced: bool = False
    keep_every: int = 1
    tried: set[str] = field(default_factory=set)
    messages: int = 0

    def store(self, data: bytes) -> tuple[int, int]:
        """Where the message lies among the bodies, and its length; the length is 0 when it is not kept."""
        self.messages += 1
        if self.messages % self.keep_every:
            return 0, 0
        where = self.bodies.tell()
        self.bodies.write(data)
        self.bodies.flush()
        return where, len(data)


class HungUp(Exception):
    pass


class Conversation:
    def __init__(
        self, desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        self._desk, self._reader, self._writer, self._number = desk, reader, writer, number
        self._held = b""
        self._is_encrypted = False
        self._forget()

    async def run(self) -> None:
        self._desk.book.note("connected", connection=self._number)
        line: socket.socket = self._writer.get_extra_info("socket")
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with suppress(HungUp, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await self._talk()
        finally:
            self._desk.book.note("gone", connection=self._number)
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    def _forget(self) -> None:
        self._orders: dict[str, Actions] = {}
        self._sender = self._recipient = self._domain = ""
        self._mail_at = 0.0
        self._is_wanted = False

    async def _talk(self) -> None:
        await self._do("connect")
        await self._do("greeting")
        while True:
            command = (await self._read(b"\n")).decode("utf-8", "replace").rstrip("\r\n")
            verb = command.lower().partition(" ")[0]
            if self._desk.is_traced:
                facts = {"encrypted": self._is_encrypted, "connection": self._number}
                self._desk.book.note("said", command=command, **facts)
            await self._obey("ehlo" if verb == "helo" else verb, command)

    async def _obey(self, verb: str, command: str) -> None:
        self._note(verb, command[command.find("<") + 1 : command.find(">")])
        agreed = await self._do(verb)
        match verb:
            case "quit":
                await self._send()
                raise HungUp
            case "rcpt":
                self._is_wanted = self._is_wanted or agreed
            case "rset":
                self._forget()
            case "starttls" if agreed:
                await self._encrypt()
            case "data" if agreed:
                await self._take()

    def _note(self, verb: str, address: str) -> None:
        if verb == "mail":
            self._forget()
            self._sender, self._mail_at = address, time.monotonic()
        elif verb == "rcpt":
            local, _, self._domain = address.rpartition("@")
            self._recipient = address
            orders, only_once = orders_of(local)
            is_new = address not in self._desk.tried
            self._desk.tried.add(address)
            self._orders = dict(orders) if is_new or not only_once else {}

    async def _take(self) -> None:
        """A message; without a recipient who was accepted only the dot of a careful client may follow."""
        first = await self._read(b"\r\n")
        await self._do("body")
        if first == b".\r\n":
            self._desk.book.note("lone dot", connection=self._number)
            await self._send("554 5.5.1 no valid recipients\r\n")
            return
        rest = await self._read(b"\r\n.\r\n")
        await self._conclude(re.sub(rb"^\.", b"", (first + rest).removesuffix(b".\r\n"), flags=re.MULTILINE))

    async def _conclude(self, data: bytes) -> None:
        actions = self._planned("dot")
        takes = self._is_wanted and any(self._text("dot", each).startswith("250") for each in actions)
        found = re.search(rb"^Message-ID:\s*(\S+)", data, re.MULTILINE | re.IGNORECASE)
        where, length = self._desk.store(data)
        await self._desk.book.keep(
            ACCEPTED if takes else SWALLOWED,
            recipient=self._recipient,
            sender=self._sender,
            message_id=found[1].decode("latin-1") if found else "",
            sha256=hashlib.sha256(data).hexdigest(),
            mail_at=self._mail_at,
            connection=self._number,
            where=where,
            length=length,
        )
        await self._perform("dot", actions)

    def _planned(self, phase: str) -> Actions:
        if ordered := self._orders.get(phase):
            return ordered
        for rule in self._desk.rules:
            if rule.applies(phase, self._domain, self._desk.dice):
                self._desk.book.note(FAULT, phase=phase)
                return rule.do
        if phase == "data" and not self._is_wanted:
            return [["reply", "503 5.5.1 no valid recipients\r\n"]]
        return [["usual"]]

    async def _do(self, phase: str) -> bool:
        """Whether the answer was one of consent."""
        return await self._perform(phase, self._planned(phase))

    async def _perform(self, phase: str, actions: Actions) -> bool:
        said = next((text for each in reversed(actions) if (text := self._text(phase, each))), "")
        if said and not agrees(said) and phase in {"mail", "rcpt", "data", "dot"}:
            self._desk.book.note(REFUSED, recipient=self._recipient, phase=phase, code=said[:3])
        for action in actions:
            await self._act(phase, action)
        return agrees(said)

    async def _act(self, phase: str, action: Any) -> None:  # noqa: ANN401 - a list of words and numbers.
        match action[0]:
            case "sleep":
                await self._send()
                await asyncio.sleep(action[1])
            case "slow":
                for letter in action[1]:
                    await asyncio.sleep(action[2])
                    await self._send(letter)
            case "rst":
                line: socket.socket = self._writer.get_extra_info("socket")
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self._writer.transport.abort()
                raise HungUp
            case "close":
                await self._send()
                raise HungUp
            case _:
                await self._say(self._text(phase, action))

    def _text(self, phase: str, action: Any) -> str:  # noqa: ANN401 - as above.
        if action[0] in {"reply", "slow"}:
            return str(action[1])
        if action[0] != "usual":
            return ""
        if phase == "ehlo":
            words = ["faulty.example", *self._desk.extensions]
            return "".join(f"250-{word}\r\n" for word in words[:-1]) + f"250 {words[-1]}\r\n"
        return USUAL.get(phase, "500 5.5.1 what?\r\n")

    async def _say(self, text: str) -> None:
        """Write it as the replies flow here."""
        match self._desk.flow:
            case "together":
                self._held += text.encode("latin-1")
            case "bytes":
                for letter in text:
                    await self._send(letter)
                    await asyncio.sleep(0)
            case _:
                await self._send(text)

    async def _send(self, text: str = "") -> None:
        """Write this, after what was held back."""
        held, self._held = self._held, b""
        if data := held + text.encode("latin-1"):
            self._writer.write(data)
            await self._writer.drain()

    async def _read(self, end: bytes) -> bytes:
        if self._held:
            try:
                return await asyncio.wait_for(self._reader.readuntil(end), TOGETHER)
            except TimeoutError:
                await self._send()
        return await self._reader.readuntil(end)

    async def _encrypt(self) -> None:
        assert self._desk.certificate
        await self._writer.start_tls(self._desk.certificate)
        self._is_encrypted = True
