"""The catcher over real SMTP."""

import smtplib
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from newsletter.demo.catcher import Catcher
from newsletter.demo.mailstore import MailStore
from newsletter.demo.receiver import Receiver

pytestmark = pytest.mark.loopback

MAIL = b"From: news@courier.example\r\nMessage-ID: <1@courier.example>\r\nSubject: Gale\r\n\r\nIt blows.\r\n"


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    with Catcher(tmp_path, 0, 0) as running:
        yield running


def send(catcher: Catcher, recipients: list[str], mail: bytes = MAIL) -> None:
    with smtplib.SMTP("127.0.0.1", catcher.smtp_port, local_hostname="reader.example") as client:
        client.sendmail("bounces@courier.example", recipients, mail)


def test_a_message_is_kept_as_it_came(catcher: Catcher) -> None:
    send(catcher, ["ann@example.org"])

    (caught,) = catcher.messages()
    assert (caught.sender, caught.recipient) == ("bounces@courier.example", "ann@example.org")
    assert caught.raw == MAIL
    assert caught.message_id == "<1@courier.example>"


def test_each_recipient_has_a_message_of_their_own(catcher: Catcher) -> None:
    send(catcher, ["ann@example.org", "ben@example.org"])

    assert catcher.count() == 2
    assert catcher.count_distinct() == 1
    assert [caught.recipient for caught in catcher.messages("BEN@example.org")] == ["ben@example.org"]


def test_mail_is_still_there_after_a_new_start(tmp_path: Path) -> None:
    with Catcher(tmp_path, 0, 0) as first:
        send(first, ["ann@example.org"])

    with Catcher(tmp_path, 0, 0) as second:
        assert second.count() == 1


def test_the_server_offers_what_a_fast_sender_needs(catcher: Catcher) -> None:
    with smtplib.SMTP("127.0.0.1", catcher.smtp_port) as client:
        client.ehlo("reader.example")

        assert {"pipelining", "8bitmime", "smtputf8", "size"} <= set(client.esmtp_features)


def test_two_messages_written_in_one_go_are_both_taken(catcher: Catcher) -> None:
    once = b"MAIL FROM:<b@courier.example>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\n" + MAIL + b".\r\n"
    with socket.create_connection(("127.0.0.1", catcher.smtp_port), timeout=5) as wire:
        wire.sendall(b"EHLO reader.example\r\n" + once + once + b"QUIT\r\n")
        while wire.recv(4096):
            pass

    assert catcher.count() == 2


def test_an_address_and_a_body_beyond_ascii_are_taken(catcher: Catcher) -> None:
    mail = "Subject: Möwen\r\n\r\nüber Wrenmouth\r\n".encode()
    with smtplib.SMTP("127.0.0.1", catcher.smtp_port) as client:
        client.ehlo("reader.example")
        client.sendmail("b@courier.example", "zoë@example.org", mail, ["SMTPUTF8", "BODY=8BITMIME"])

    assert [caught.raw for caught in catcher.messages("zoë@example.org")] == [mail]


def test_a_bounce_has_no_sender(catcher: Catcher) -> None:
    with smtplib.SMTP("127.0.0.1", catcher.smtp_port) as client:
        client.sendmail("", "ann@example.org", MAIL)

    assert [caught.sender for caught in catcher.messages()] == [""]


def test_several_senders_at_once_lose_nothing(catcher: Catcher) -> None:
    def send_some(sender: int) -> None:
        with smtplib.SMTP("127.0.0.1", catcher.smtp_port) as client:
            for number in range(25):
                mail = MAIL.replace(b"<1@", b"<%d.%d@" % (sender, number))
                client.sendmail("b@courier.example", f"reader{number}@example.org", mail)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send_some, range(4)))

    assert catcher.count() == catcher.count_distinct() == 100


def test_what_cannot_be_stored_is_deferred_and_not_accepted(tmp_path: Path) -> None:
    store = MailStore(tmp_path)
    receiver = Receiver(store, 0)
    receiver.start()
    store.close()
    with smtplib.SMTP("127.0.0.1", receiver.port) as client, pytest.raises(smtplib.SMTPDataError) as refusal:
        client.sendmail("b@courier.example", "ann@example.org", MAIL)
    receiver.stop()

    assert refusal.value.smtp_code == 451


def test_the_inbox_shows_what_came_over_smtp(catcher: Catcher) -> None:
    send(catcher, ["ann@example.org"])

    page = requests.get(catcher.url, timeout=5).text

    assert "Gale" in page
    assert "ann@example.org" in page


def test_stopping_takes_less_than_a_second_with_a_client_still_connected(tmp_path: Path) -> None:
    catcher = Catcher(tmp_path, 0, 0)
    catcher.start()
    with socket.create_connection(("127.0.0.1", catcher.smtp_port), timeout=5) as wire:
        wire.recv(4096)
        begun = time.monotonic()
        catcher.stop()

        assert time.monotonic() - begun < 1
        assert wire.recv(4096) == b""


def test_a_port_that_is_taken_is_said_at_the_start(tmp_path: Path, catcher: Catcher) -> None:
    other = Catcher(tmp_path / "other", catcher.smtp_port, 0)

    with pytest.raises(OSError, match="in use"):
        other.start()
    other.stop()
