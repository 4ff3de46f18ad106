"""To a mail server, written ahead (RFC 2920), over several lines at a time."""

from dataclasses import dataclass

from newsletter.core.setting_urls import LOOPBACK_HOSTS
from newsletter.mail.backends.base import Connection
from newsletter.mail.backends.smtp.connection import MostOf, SmtpConnection
from newsletter.mail.backends.smtp.line import Line
from newsletter.mail.backends.smtp.session import Server, Session, Timeouts
from newsletter.mail.backends.url import BackendUrl

IMPLICIT_TLS, SUBMISSION = 465, 587
USUAL_CONNECTIONS, MOST_CONNECTIONS = 8, 100

__all__ = ["Server", "SmtpBackend", "Timeouts", "from_url"]


@dataclass(frozen=True)
class SmtpBackend:
    """One server, and how many lines to it this process may have; `most_of` is for recipient domains."""

    server: Server
    connections: int = 2
    takes_international: bool = False
    most_of: MostOf | None = None

    @property
    def name(self) -> str:
        return self.server.url

    def connect(self) -> Connection:
        return SmtpConnection(
            lambda: Line(Session(self.server), self.server.timeouts), self.connections, self.most_of
        )


def from_url(url: BackendUrl) -> SmtpBackend:
    """`smtp://user:password@host:587?tls=starttls`; raises ValueError with a sentence for the operator.

    Options: tls = starttls, implicit or none; connections = 1 to 100, shared by the senders of this machine, of
    which each has at least one; auth = plain, login or xoauth2; smtputf8 = yes or no; ca = a file of trusted
    certificates; command_timeout, data_timeout and dot_timeout in seconds. Without `tls` port 465 means implicit,
    a server on this machine means none, everything else starttls.
    """
    url.refuse_options_but(
        "tls", "connections", "auth", "smtputf8", "ca", "command_timeout", "data_timeout", "dot_timeout"
    )
    if not url.host:
        problem = "has no host; expected smtp://USER:PASSWORD@HOST:587"
        raise ValueError(problem)
    usual = Timeouts()
    server = Server(
        host=url.host,
        port=url.port or SUBMISSION,
        tls=_tls(url),
        user=url.user,
        password=url.password,
        auth=url.option("auth", "", ("", "plain", "login", "xoauth2")),
        ca_file=url.options.get("ca"),
        timeouts=Timeouts(
            command=url.number("command_timeout", int(usual.command), 3600),
            data=url.number("data_timeout", int(usual.data), 3600),
            dot=url.number("dot_timeout", int(usual.dot), 3600),
        ),
    )
    return SmtpBackend(
        server,
        connections=url.share("connections", USUAL_CONNECTIONS, MOST_CONNECTIONS),
        takes_international=url.option("smtputf8", "no", ("yes", "no")) == "yes",
        most_of=url.most_of,
    )


def _tls(url: BackendUrl) -> str:
    is_local = url.host in LOOPBACK_HOSTS
    usual = "implicit" if url.port == IMPLICIT_TLS else "none" if is_local else "starttls"
    chosen = url.option("tls", usual, ("starttls", "implicit", "none"))
    if url.user and chosen == "none" and not is_local:
        problem = "would send the password in clear; expected tls=starttls or tls=implicit"
        raise ValueError(problem)
    return chosen
