"""To a mail server, over the standard library's client, one message at a time.

The library's own `send_message` is not used: it reports a lost connection in the same way before and after the
final dot, and only the phase tells "nothing left" from "nobody knows". TLS is verified; a password never goes
over an open line.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from newsletter.core.errors import BackendUnavailable
from newsletter.core.settings import LOOPBACK_HOSTS
from newsletter.mail.backends.base import Connection, Journal
from newsletter.mail.backends.url import BackendUrl
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result
from newsletter.mail.replies import judge, reply

_BROKEN = (OSError, smtplib.SMTPException, ValueError)
"""A dead line, or an answer that is no SMTP; ValueError is what the library makes of a code of letters."""

_ACCEPTED = range(200, 300)
_GO_AHEAD = 354


@dataclass(frozen=True)
class SmtpBackend:
    """One server; `timeouts` in seconds for a command and for the answer to the final dot.

    The answer to the dot has ten minutes by default: giving up early makes duplicates (RFC 5321 §4.5.3.2.6).
    """

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = field(default="", repr=False)
    takes_international: bool = False
    timeouts: tuple[float, float] = (300.0, 600.0)
    ca_file: str | None = None

    @property
    def name(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    def connect(self) -> Connection:
        try:
            return SmtpConnection(self._logged_in(), self.timeouts)
        except smtplib.SMTPResponseException as error:
            words = reply(error.smtp_code, error.smtp_error)
            problem = f"{self.name} answered: {words}"
            raise BackendUnavailable(problem) from error
        except _BROKEN as error:
            problem = f"{self.name} cannot be reached: {error}"
            raise BackendUnavailable(problem) from error

    def _logged_in(self) -> smtplib.SMTP:
        command, _ = self.timeouts
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.tls == "implicit":
            client: smtplib.SMTP = smtplib.SMTP_SSL(timeout=command, context=context)
        else:
            client = smtplib.SMTP(timeout=command)
        try:
            # The host given here is also the name that a certificate must carry.
            client._host = self.host  # type: ignore[attr-defined]  # noqa: SLF001 - FRAGILE: as __init__ does.
            _greeted(client.connect(self.host, self.port))
            client.ehlo_or_helo_if_needed()
            if self.tls == "starttls":
                client.starttls(context=context)
                client.ehlo()
            if self.user:
                client.login(self.user, self.password)
        except BaseException:
            client.close()
            raise
        return client


class SmtpConnection:
    """One conversation, in lock-step."""

    def __init__(self, client: smtplib.SMTP, timeouts: tuple[float, float]) -> None:
        self._client = client
        self._command_timeout, self._dot_timeout = timeouts
        self.is_usable = True

    def send(self, envelopes: Iterable[Envelope], journal: Journal) -> Iterator[Outcome]:
        for envelope in envelopes:
            yield self._deliver(envelope, journal)
            if not self.is_usable:
                return

    def close(self) -> None:
        self.is_usable = False
        with suppress(*_BROKEN):
            self._client.quit()
        self._client.close()

    def _deliver(self, envelope: Envelope, journal: Journal) -> Outcome:
        phase = Phase.MAIL
        try:
            refused = self._envelope(envelope, Phase.MAIL)
            if refused is None:
                phase = Phase.RCPT
                refused = self._envelope(envelope, Phase.RCPT)
            if refused is None:
                phase = Phase.DATA
                refused = self._data(envelope)
        except _BROKEN as error:
            return self._broke(envelope, phase, error)
        if refused is not None:
            return refused
        journal.dotting(envelope.key)
        outcome = self._body(envelope)
        journal.answered(outcome)
        return outcome

    def _envelope(self, envelope: Envelope, phase: Phase) -> Outcome | None:
        """The refusal of this step, or None when the server takes it."""
        if envelope.needs_smtputf8 and not self._client.has_extn("smtputf8"):
            problem = "5.6.7 the server does not take international addresses (SMTPUTF8)"
            return Outcome(envelope.key, Result.FAILED, Blame.SENDER, phase, problem)
        if phase is Phase.MAIL:
            code, words = self._client.mail(envelope.sender, self._mail_options(envelope))
        else:
            code, words = self._client.rcpt(envelope.recipient)
        return None if code in _ACCEPTED else self._refused(envelope, phase, code, words)

    def _mail_options(self, envelope: Envelope) -> list[str]:
        options = []
        if self._client.has_extn("size"):
            options.append(f"SIZE={len(envelope.data)}")
        if envelope.needs_smtputf8:
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        return options

    def _data(self, envelope: Envelope) -> Outcome | None:
        code, words = self._client.docmd("DATA")
        return None if code == _GO_AHEAD else self._refused(envelope, Phase.DATA, code, words)

    def _body(self, envelope: Envelope) -> Outcome:
        """Body and dot in one go: from the first byte on, a lost line leaves the fate unknown."""
        try:
            self._client.sock.settimeout(self._dot_timeout)  # type: ignore[union-attr]
            self._client.send(_stuffed(envelope.data))
            code, words = self._client.getreply()
            self._client.sock.settimeout(self._command_timeout)  # type: ignore[union-attr]
        except _BROKEN as error:
            self._give_up()
            return Outcome(envelope.key, Result.UNKNOWN, Blame.NOBODY, Phase.DOT, _words_of(error))
        if code in _ACCEPTED:
            return Outcome(envelope.key, Result.ACCEPTED, Blame.NOBODY, Phase.DOT, str(reply(code, words)))
        return self._refused(envelope, Phase.DOT, code, words)

    def _refused(self, envelope: Envelope, phase: Phase, code: int, words: bytes) -> Outcome:
        answer = reply(code, words)
        result, blame = judge(phase, answer)
        if result is Result.UNSENT:
            self._give_up()
        elif phase is not Phase.DOT:
            with suppress(*_BROKEN):
                self._client.rset()
        return Outcome(envelope.key, result, blame, phase, str(answer))

    def _broke(self, envelope: Envelope, phase: Phase, error: BaseException) -> Outcome:
        self._give_up()
        return Outcome(envelope.key, Result.UNSENT, Blame.NOBODY, phase, _words_of(error))

    def _give_up(self) -> None:
        self.is_usable = False
        self._client.close()


def _greeted(greeting: tuple[int, bytes]) -> None:
    if greeting[0] not in _ACCEPTED:
        raise smtplib.SMTPConnectError(*greeting)


def _stuffed(data: bytes) -> bytes:
    """RFC 5321 §4.5.2: a line that starts with a dot gets another; the message ends with a dot alone."""
    stuffed = data.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")


def _words_of(error: BaseException) -> str:
    if isinstance(error, socket.timeout):
        return "no answer within the time limit"
    return f"the connection broke: {str(error) or type(error).__name__}"


def from_url(url: BackendUrl) -> SmtpBackend:
    """`smtp://user:password@host:587?tls=starttls`; raises ValueError with a sentence for the operator.

    Options: tls = starttls, implicit or none; smtputf8 = yes or no; ca = a file of trusted certificates.
    Without `tls` port 465 means implicit, a server on this machine means none, everything else starttls.
    """
    url.refuse_options_but("tls", "smtputf8", "ca")
    if not url.host:
        problem = "has no host; expected smtp://USER:PASSWORD@HOST:587"
        raise ValueError(problem)
    port = url.port or 587
    is_local = url.host in LOOPBACK_HOSTS
    usual = "implicit" if port == smtplib.SMTP_SSL_PORT else "none" if is_local else "starttls"
    tls = url.option("tls", usual, ("starttls", "implicit", "none"))
    if url.user and tls == "none" and not is_local:
        problem = "would send the password in clear; expected tls=starttls or tls=implicit"
        raise ValueError(problem)
    return SmtpBackend(
        host=url.host,
        port=port,
        tls=tls,
        user=url.user,
        password=url.password,
        takes_international=url.option("smtputf8", "no", ("yes", "no")) == "yes",
        ca_file=url.options.get("ca"),
    )
