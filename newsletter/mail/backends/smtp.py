"""To a mail server, over the standard library's client, one message at a time.

The library's own `send_message` is not used: it reports a lost connection in the same way before and after the
final dot, and only the phase tells "nothing left" from "nobody knows". TLS is verified; a password never goes
over an open line.
"""

import smtplib
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
_CLOSING = 421

_GOODBYE_SECONDS = 2.0
"""The answer to QUIT changes nothing, so nobody waits long for it."""


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
                # What was offered before is forgotten by now (RFC 3207 §4.2).
                client.ehlo_or_helo_if_needed()
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
            self._wait_at_most(_GOODBYE_SECONDS)
            self._client.quit()
        self._client.close()

    def _deliver(self, envelope: Envelope, journal: Journal) -> Outcome:
        phase = Phase.MAIL
        try:
            refused = self._unfit(envelope) or self._envelope(envelope, Phase.MAIL)
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
        try:
            journal.dotting(envelope.key)
        except BaseException:
            # The server waits for a body; whatever was said now, QUIT too, would become part of it.
            self._give_up()
            raise
        outcome = self._body(envelope)
        journal.answered(outcome)
        return outcome

    def _unfit(self, envelope: Envelope) -> Outcome | None:
        """The failure of an international address at a server that takes none (RFC 6531 §3.2)."""
        if not envelope.needs_smtputf8 or self._client.has_extn("smtputf8"):
            return None
        problem = "5.6.7 the server does not take international addresses (SMTPUTF8)"
        if envelope.sender.isascii():
            # One reader's address says nothing against the others, nor is it a wrong one.
            return Outcome(envelope.key, Result.FAILED, Blame.NOBODY, Phase.RCPT, problem)
        return Outcome(envelope.key, Result.FAILED, Blame.SENDER, Phase.MAIL, problem)

    def _envelope(self, envelope: Envelope, phase: Phase) -> Outcome | None:
        """The refusal of this step, or None when the server takes it."""
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
            options.append("SMTPUTF8")
            if self._client.has_extn("8bitmime"):
                options.append("BODY=8BITMIME")
        return options

    def _data(self, envelope: Envelope) -> Outcome | None:
        code, words = self._client.docmd("DATA")
        return None if code == _GO_AHEAD else self._refused(envelope, Phase.DATA, code, words)

    def _body(self, envelope: Envelope) -> Outcome:
        """Body and dot in one go; while some of it is still here, the dot is too, and nothing has left."""
        try:
            self._wait_at_most(self._dot_timeout)
            self._client.send(_stuffed(envelope.data))
        except _BROKEN as error:
            return self._broke(envelope, Phase.DATA, error)
        try:
            code, words = self._client.getreply()
            self._wait_at_most(self._command_timeout)
        except _BROKEN as error:
            self._give_up()
            return Outcome(envelope.key, Result.UNKNOWN, Blame.NOBODY, Phase.DOT, _words_of(error))
        if code in _ACCEPTED:
            return Outcome(envelope.key, Result.ACCEPTED, Blame.NOBODY, Phase.DOT, str(reply(code, words)))
        return self._refused(envelope, Phase.DOT, code, words)

    def _refused(self, envelope: Envelope, phase: Phase, code: int, words: bytes) -> Outcome:
        answer = reply(code, words)
        result, blame = judge(phase, answer)
        if result in {Result.UNSENT, Result.UNKNOWN} or code == _CLOSING:
            # After an answer that makes no sense nobody knows which question the next one belongs to.
            self._give_up()
        elif phase is not Phase.DOT:
            self._start_again()
        return Outcome(envelope.key, result, blame, phase, str(answer))

    def _start_again(self) -> None:
        try:
            code, _ = self._client.rset()
        except _BROKEN:
            code = _CLOSING
        if code not in _ACCEPTED:
            self._give_up()

    def _wait_at_most(self, seconds: float) -> None:
        if self._client.sock:
            self._client.sock.settimeout(seconds)

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
    # The library says of a line that fell silent that it was lost; only the cause tells.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
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
