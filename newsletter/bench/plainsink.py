"""`python -m newsletter.bench.plainsink`: as fastsink.c, for a machine without a C compiler, and slower."""

import asyncio

from newsletter.bench.listening import serve

END = b"\r\n.\r\n"

_ANSWERS = {
    b"EHLO": b"250-plainsink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n",
    b"DATA": b"354 go ahead\r\n",
    b"QUIT": b"221 2.0.0 bye\r\n",
}


class Sink(asyncio.Protocol):
    """One conversation; every message is counted and thrown away."""

    messages = 0
    octets = 0

    def __init__(self) -> None:
        self._unread = bytearray()
        self._in_body = False
        self._searched = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP has no other.
        self._transport = transport
        transport.write(b"220 plainsink.test ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._unread += data
        answers = []
        while answer := self._take_body() if self._in_body else self._take_command():
            answers.append(answer)
        self._transport.write(b"".join(answers))
        if answers and answers[-1].startswith(b"221"):
            self._transport.close()

    def _take_command(self) -> bytes:
        """The answer to the next command; b"" when there is none yet."""
        end = self._unread.find(b"\n")
        if end < 0:
            return b""
        command = bytes(self._unread[:4]).upper()
        self._in_body = command == b"DATA"
        # The line break before the body is left to be read with it: a dot may follow at once.
        del self._unread[: end - 1 if self._in_body else end + 1]
        return _ANSWERS.get(command, b"250 2.0.0 fine\r\n")

    def _take_body(self) -> bytes:
        end = self._unread.find(END, self._searched)
        if end < 0:
            self._searched = max(0, len(self._unread) - len(END))
            return b""
        Sink.messages += 1
        Sink.octets += end
        del self._unread[: end + len(END)]
        self._in_body, self._searched = False, 0
        return b"250 2.0.0 taken\r\n"


if __name__ == "__main__":
    serve(Sink)
    print(Sink.messages, Sink.octets)
