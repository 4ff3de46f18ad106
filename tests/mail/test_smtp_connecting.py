"""How a line to a mail server is opened: encryption, certificates, login, and the URL that says so."""

import socket
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from newsletter.core.errors import BackendRefused, BackendUnavailable, SettingsError
from newsletter.mail.backends import make_backend
from newsletter.mail.backends.smtp import Server, SmtpBackend, Timeouts
from newsletter.mail.backends.url import BackendUrl
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Result
from tests.fakes import Action, RecordingJournal, SmtpServer

TIMES = Timeouts(command=5.0, data=5.0, dot=5.0)
LOGIN = ["STARTTLS", "AUTH PLAIN LOGIN"]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `localhost.pem` and `elsewhere.pem`, self-signed, each with its key."""
    folder = tmp_path_factory.mktemp("certificates")
    for name, host in {"localhost": "IP:127.0.0.1,DNS:localhost", "elsewhere": "DNS:elsewhere.example"}.items():
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
                *("-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={host}"),
                *("-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"),
            ],
            check=True,
            capture_output=True,
        )
    return folder


def certificate(folder: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


@pytest.fixture
def server(certificates: Path) -> Iterator[SmtpServer]:
    with SmtpServer(certificate=certificate(certificates, "localhost"), extensions=LOGIN) as running:
        yield running


def backend(server: SmtpServer, tls: str, ca: Path | None = None, user: str = "post") -> SmtpBackend:
    password = "tell-nobody"
    ca_file = str(ca) if ca else None
    return SmtpBackend(Server("127.0.0.1", server.port, tls, user, password, ca_file=ca_file, timeouts=TIMES))


def send(way: SmtpBackend) -> list[Result]:
    connection = way.connect()
    envelope = Envelope(1, "bounces@courier.example", "reader@example.org", b"Subject: Tide\r\n\r\nOut.\r\n")
    try:
        return [each.result for each in connection.send([envelope], RecordingJournal())]
    finally:
        connection.close()


@pytest.mark.loopback
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_mail_goes_over_a_line_whose_certificate_is_trusted(
    server: SmtpServer, certificates: Path, tls: str
) -> None:
    server.speaks_tls_at_once = tls == "implicit"

    assert send(backend(server, tls, certificates / "localhost.pem")) == [Result.ACCEPTED]
    assert any(line.startswith("AUTH") for line in server.commands)


@pytest.mark.loopback
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_nobody_vouches_for_is_refused(server: SmtpServer, tls: str) -> None:
    server.speaks_tls_at_once = tls == "implicit"

    with pytest.raises(BackendUnavailable, match="certificate verify failed"):
        backend(server, tls).connect()
    assert not any(line.startswith("AUTH") for line in server.commands)


@pytest.mark.loopback
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_for_another_host_is_refused(server: SmtpServer, certificates: Path, tls: str) -> None:
    server.speaks_tls_at_once = tls == "implicit"
    server.certificate = certificate(certificates, "elsewhere")

    with pytest.raises(BackendUnavailable, match="certificate verify failed"):
        backend(server, tls, certificates / "elsewhere.pem").connect()


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("extensions", "answer"),
    [
        (["AUTH PLAIN"], []),
        (LOGIN, [b"454 4.7.0 no encryption today\r\n"]),
        (LOGIN, [b"220 go ahead\r\n250 but I speak in clear\r\n"]),
        (LOGIN, [b"\xff\r\n"]),
    ],
)
def test_without_encryption_neither_login_nor_mail_leaves(
    server: SmtpServer, extensions: Sequence[str], answer: Sequence[Action]
) -> None:
    server.extensions = extensions
    server.script = {"starttls": answer}

    with pytest.raises(BackendUnavailable):
        backend(server, "starttls").connect()
    assert {line.partition(" ")[0].upper() for line in server.commands} <= {"EHLO", "STARTTLS"}


@pytest.mark.loopback
def test_what_was_offered_in_clear_is_forgotten_under_encryption(server: SmtpServer, certificates: Path) -> None:
    server.extensions = ["STARTTLS"]
    server.script = {"starttls": [b"220 go ahead\r\n250-fake.example\r\n250 AUTH PLAIN\r\n"]}

    with pytest.raises(BackendUnavailable, match="somebody may be in between"):
        backend(server, "starttls", certificates / "localhost.pem").connect()
    assert not any(line.startswith("AUTH") for line in server.commands)


@pytest.mark.loopback
@pytest.mark.parametrize("answer", [b"535 5.7.8 who are you\r\n", b"454 4.7.0 later\r\n", b"nonsense\r\n"])
def test_a_refused_login_stops_the_backend_and_no_recipient(
    server: SmtpServer, certificates: Path, answer: bytes
) -> None:
    server.script = {"auth": [answer]}

    with pytest.raises(BackendUnavailable) as refused:
        backend(server, "starttls", certificates / "localhost.pem").connect()
    assert "tell-nobody" not in str(refused.value)


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("step", "answer", "is_final"),
    [
        ("greeting", b"554 5.7.1 you are on our block list\r\n", True),
        ("greeting", b"421 4.7.0 too many of you\r\n", False),
        ("ehlo", b"550 5.7.1 access denied\r\n", True),
        ("ehlo", b"451 4.3.0 not now\r\n", False),
        ("auth", b"535 5.7.8 who are you\r\n", True),
        ("auth", b"530 5.7.0 encrypt first\r\n", True),
        ("auth", b"454 4.7.0 later\r\n", False),
    ],
)
def test_a_server_that_will_never_let_us_in_is_told_apart_from_one_that_is_busy(
    server: SmtpServer, certificates: Path, step: str, answer: bytes, *, is_final: bool
) -> None:
    server.script = {step: [answer]}

    with pytest.raises(BackendUnavailable, match=answer.decode().split(" ", 2)[2].strip()) as refused:
        backend(server, "starttls", certificates / "localhost.pem").connect()
    assert isinstance(refused.value, BackendRefused) is is_final


@pytest.mark.loopback
def test_a_certificate_or_a_missing_encryption_is_for_the_operator_to_mend(server: SmtpServer) -> None:
    with pytest.raises(BackendRefused, match="certificate verify failed"):
        backend(server, "starttls").connect()
    server.extensions = ["AUTH PLAIN"]
    with pytest.raises(BackendRefused, match="does not offer STARTTLS"):
        backend(server, "starttls").connect()


@pytest.mark.loopback
def test_a_missing_file_of_trusted_certificates_stops_the_backend(server: SmtpServer, tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable):
        backend(server, "starttls", tmp_path / "missing.pem").connect()


@pytest.mark.loopback
def test_a_host_on_ipv6_is_reached() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    with listener:
        way = SmtpBackend(Server("::1", listener.getsockname()[1], "none", timeouts=Timeouts(command=0.1)))
        with pytest.raises(BackendUnavailable, match="time limit"):
            way.connect()


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtp://mx.example.org", "mx.example.org", 587, "starttls"),
        ("smtp://mx.example.org:465", "mx.example.org", 465, "implicit"),
        ("smtp://localhost:25", "localhost", 25, "none"),
        ("smtp://[::1]:2525", "::1", 2525, "none"),
        ("smtp://[2001:db8::25]", "2001:db8::25", 587, "starttls"),
        ("smtp://localhost?tls=starttls", "localhost", 587, "starttls"),
    ],
)
def test_the_url_says_where_and_how(url: str, host: str, port: int, tls: str) -> None:
    made = make_backend(BackendUrl.parse(url))

    assert isinstance(made, SmtpBackend)
    assert (made.server.host, made.server.port, made.server.tls) == (host, port, tls)


def test_a_password_may_hold_any_letter_and_is_never_shown() -> None:
    made = make_backend(BackendUrl.parse("smtp://post%40courier.example:p%2Fq%3A%23%40%3F@mx.example.org:587"))

    assert isinstance(made, SmtpBackend)
    assert (made.server.user, made.server.password) == ("post@courier.example", "p/q:#@?")
    assert "p/q" not in repr(made) + made.name
    assert "post@" not in made.name


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "has scheme ''; expected smtp, maildir, console or memory"),
        ("stmp://mx.example.org", "has scheme 'stmp'; expected smtp"),
        ("smtp:mx.example.org", "has no host"),
        ("smtp://", "has no host"),
        ("smtp://mx.example.org:70000", "port"),
        ("smtp://mx.example.org:smtp", "port"),
        ("smtp://[::1", "is no URL"),
        ("smtp://post:s3cret@mx.example.org?tls=none", "would send the password in clear"),
        ("smtp://mx.example.org?tls=perhaps", "expected starttls or implicit or none"),
        ("smtp://mx.example.org?tsl=none", "has the unknown option tsl"),
        ("smtp://post:s3cret/12@mx.example.org", "%2F"),
        ("smtp://post:12#s3cret@mx.example.org", "%23"),
        ("smtp://post:12?s3cret@mx.example.org", "%3F"),
        ("smtp://post:12/s3cret@mx.example.org:587?tls=starttls", "%2F"),
        ("maildir://Var/mail", "has no folder; expected maildir:///PATH"),
        ("maildir:", "has no folder"),
        ("console:?colour=yes", "has the unknown option colour"),
        ("memory:?size=1", "has the unknown option size"),
    ],
)
def test_a_wrong_url_is_told_in_one_line_without_its_password(url: str, problem: str) -> None:
    with pytest.raises(SettingsError) as refused:
        make_backend(BackendUrl.parse(url))

    text = str(refused.value)
    assert text.startswith("NEWSLETTER_BACKENDS: ")
    assert problem in text
    assert "\n" not in text
    assert "s3cret" not in text
