"""Opening a conversation: connect, greeting, EHLO, STARTTLS, AUTH. In lock-step; it happens once.

TLS is verified. What a server said before TLS counts for nothing: EHLO is asked again, and bytes that it sent
ahead are taken for the attack that they are (RFC 3207 §6). A password never goes over an open line.
"""

import base64
import socket
import ssl
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from newsletter.core.errors import BackendRefused, BackendUnavailable
from newsletter.core.setting_urls import LOOPBACK_HOSTS
from newsletter.mail.backends.smtp.wire import Nonsense, RawReply, Replies
from newsletter.mail.replies import reply

READ_AT_ONCE = 65536

_READY, _OK, _AUTHENTICATED, _GO_ON = 220, 250, 235, 334
_PERMANENT = range(500, 600)


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait for each answer (RFC 5321 §4.5.3.2). Impatience at the final dot makes duplicates."""

    connect: float = 30.0
    command: float = 300.0
    data: float = 120.0
    dot: float = 600.0


@dataclass(frozen=True)
class Server:
    """Where it is and how to get in: `tls` is none, starttls or implicit; `ca_file` None trusts the system's list.

    `auth` is plain, login or xoauth2 (then the password is the access token); "" takes what the server offers.
    """

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = field(default="", repr=False)
    auth: str = ""
    ca_file: str | None = None
    timeouts: Timeouts = Timeouts()

    @property
    def url(self) -> str:
        """Without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"smtp://{host}:{self.port}"


class Session:
    """A line to a server that has greeted us; `extensions` are those of the newest EHLO, names upper case."""

    def __init__(self, server: Server) -> None:
        """Connect, encrypt, log in.

        Raises BackendUnavailable with the server's words; BackendRefused where asking again does not help: it
        answered 5yz, its certificate is not to be trusted, or what we need for a safe login is not there.
        """
        self.replies = Replies()
        self.extensions: dict[str, str] = {}
        self._server = server
        self._waiting: list[RawReply] = []
        try:
            self.socket = socket.create_connection((server.host, server.port), server.timeouts.connect)
        except OSError as error:
            raise BackendUnavailable(_cannot(server, error)) from error
        try:
            self._open()
        except (OSError, Nonsense) as error:
            self.socket.close()
            is_final = isinstance(error, ssl.SSLCertVerificationError)
            raise (BackendRefused if is_final else BackendUnavailable)(_cannot(server, error)) from error
        except BaseException:
            self.socket.close()
            raise

    def _open(self) -> None:
        server = self._server
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(server.timeouts.command)
        if server.tls == "implicit":
            self._wrap()
        self._expect(self._answer(), _READY)
        self._say_hello()
        if server.tls == "starttls":
            self._encrypt()
        if server.user:
            self._log_in()

    def _command(self, text: str) -> RawReply:
        self.socket.sendall(text.encode() + b"\r\n")
        return self._answer()

    def _answer(self) -> RawReply:
        while not self._waiting:
            data = self.socket.recv(READ_AT_ONCE)
            if not data:
                problem = "the server closed the connection"
                raise ConnectionError(problem)
            self._waiting = self.replies.feed(data)
        return self._waiting.pop(0)

    def _say_hello(self) -> None:
        """EHLO, or HELO for a server that does not know it; what an earlier one offered is forgotten."""
        name = _own_name(self.socket)
        code, lines = self._command(f"EHLO {name}")
        self.extensions = _extensions(lines) if code == _OK else {}
        if code != _OK:
            self._expect(self._command(f"HELO {name}"), _OK)

    def _wrap(self) -> None:
        context = _trusting(self._server.ca_file)
        self.socket = context.wrap_socket(self.socket, server_hostname=self._server.host)

    def _encrypt(self) -> None:
        if "STARTTLS" not in self.extensions:
            self._refuse("it does not offer STARTTLS, and mail must not go in clear")
        self._expect(self._command("STARTTLS"), _READY)
        if self._waiting or not self.replies.is_empty:
            self._refuse("it sent more before the encryption began; somebody may be in between")
        self._wrap()
        self._say_hello()

    def _log_in(self) -> None:
        server = self._server
        if server.tls == "none" and server.host not in LOOPBACK_HOSTS:
            self._refuse("the password must not go in clear")
        offered = self.extensions.get("AUTH", "").lower().split()
        chosen = server.auth or next((each for each in ("plain", "login") if each in offered), "")
        match chosen:
            case "plain":
                answer = self._command("AUTH PLAIN " + _encoded(f"\0{server.user}\0{server.password}"))
            case "login":
                self._expect(self._command("AUTH LOGIN"), _GO_ON)
                self._expect(self._command(_encoded(server.user)), _GO_ON)
                answer = self._command(_encoded(server.password))
            case "xoauth2":
                token = f"user={server.user}\1auth=Bearer {server.password}\1\1"
                answer = self._command("AUTH XOAUTH2 " + _encoded(token))
                if answer[0] == _GO_ON:
                    # The reason of a refusal comes as a challenge; an empty line asks for the refusal itself.
                    answer = self._command("")
            case _:
                self._refuse("it offers no way to log in that we know (plain, login, xoauth2)")
        self._expect(answer, _AUTHENTICATED)

    def _expect(self, answer: RawReply, code: int) -> None:
        if answer[0] != code:
            problem = f"{self._server.url} answered: {reply(*answer)}"
            raise (BackendRefused if answer[0] in _PERMANENT else BackendUnavailable)(problem)

    def _refuse(self, problem: str) -> NoReturn:
        sentence = f"{self._server.url}: {problem}."
        raise BackendRefused(sentence)


def _cannot(server: Server, error: Exception) -> str:
    words = "no answer within the time limit" if isinstance(error, TimeoutError) else str(error)
    return f"{server.url} cannot be reached: {words}"


def _extensions(lines: bytes) -> dict[str, str]:
    """Keyword and parameters of each line but the first, which is the greeting (RFC 5321 §4.1.1.1)."""
    offered = {}
    for line in lines.decode("ascii", "replace").split("\n")[1:]:
        keyword, _, parameters = line.replace("AUTH=", "AUTH ").strip().partition(" ")
        offered[keyword.upper()] = parameters
    return offered


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _trusting(ca_file: str | None) -> ssl.SSLContext:
    """Trusts these certificates, or the system's; read anew once the file is another one. Raises OSError."""
    return _context(ca_file, Path(ca_file).stat().st_mtime_ns if ca_file else 0)


@lru_cache(maxsize=8)
def _context(ca_file: str | None, _changed: int) -> ssl.SSLContext:
    # A megabyte and many milliseconds; the lines of a process share one.
    return ssl.create_default_context(cafile=ca_file)


def _own_name(line: socket.socket) -> str:
    """Our address as a literal: always true, and no name server has to be asked (RFC 5321 §4.1.3)."""
    address = line.getsockname()[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
