"""Sending an edition by hand: what an operator sees, what Ctrl-C leaves, and what `show` says of it afterwards."""

import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from newsletter.core.db import db
from newsletter.core.settings import Settings
from newsletter.delivery.policy import Status
from newsletter.editions.models import Edition
from newsletter.editions.queries import edition as newest
from newsletter.editions.queries import progress
from newsletter.mail.house import House
from tests import make
from tests.conftest import SECRETS
from tests.fakes import Script, SmtpServer, Wait
from tests.patience import PATIENCE, until

pytestmark = pytest.mark.loopback

SLOW: Script = {"data": [Wait(0.05), b"354 go ahead\r\n"]}


def environment(settings: Settings, server: SmtpServer) -> dict[str, str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
    return outside | {
        **SECRETS,
        "NEWSLETTER_DATABASE_URL": settings.database_url,
        "NEWSLETTER_SPOOL": str(settings.spool),
        "NEWSLETTER_BACKENDS": f"smtp://127.0.0.1:{server.port}?tls=none&connections=1",
    }


def command(settings: Settings, server: SmtpServer, *words: str) -> subprocess.CompletedProcess[str]:
    db.session.commit()
    return subprocess.run(
        [sys.executable, "-m", "newsletter", *words],
        env=environment(settings, server), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@contextmanager
def running(settings: Settings, server: SmtpServer, *words: str) -> Iterator[subprocess.Popen[str]]:
    """As `command`, while the block does something else; ended with it in any case."""
    db.session.commit()
    with subprocess.Popen(
        [sys.executable, "-m", "newsletter", *words],
        env=environment(settings, server), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def at_a_terminal(settings: Settings, server: SmtpServer, *words: str) -> tuple[int, str]:
    """The exit code, and all that was shown on the screen."""
    db.session.commit()
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 200))
    seen = b""
    with subprocess.Popen(
        [sys.executable, "-m", "newsletter", *words],
        env=environment(settings, server), stdout=theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        # Linux says so where the last process has left the terminal.
        with suppress(OSError):
            while more := os.read(ours, 4096):
                seen += more
    os.close(ours)
    return process.returncode, seen.decode()


def draft(house: House, addresses: list[str]) -> Edition:
    of = make.newsletter()
    for address in addresses:
        make.subscription(of, house, address)
    return make.edition(of, [make.article(make.source())])


def readers(how_many: int, domain: str = "readers.example") -> list[str]:
    return [f"reader{number}@{domain}" for number in range(how_many)]


def states(edition: Edition) -> Mapping[Status, int]:
    db.session.commit()
    return progress(newest(edition.id)).states


def test_a_bar_shows_rate_time_left_and_states(app: Flask, house: House, settings: Settings) -> None:
    edition = draft(house, readers(30))
    with SmtpServer(SLOW) as server:
        code, seen = at_a_terminal(settings, server, "deliver", "--edition", str(edition.id))

    assert code == 0
    assert "30/30" in seen
    assert " mails/s" in seen
    assert "<00:0" in seen
    assert "accepted 30" in seen


def test_the_slowest_domain_is_told_with_its_servers_words(app: Flask, house: House, settings: Settings) -> None:
    slow = [f"tempfail-451-4-7-1+{number}@slow.example" for number in range(3)]
    edition = draft(house, [*readers(2), *slow])
    with SmtpServer() as server:
        code, seen = at_a_terminal(settings, server, "deliver", "--edition", str(edition.id))
        again = command(settings, server, "deliver", "--edition", str(edition.id), "--json")

    assert code == again.returncode == 1
    assert "slowest: slow.example, 3 deferred: 451 4.7.1 as ordered" in seen
    assert f"newsletter deliver --edition {edition.id}" in seen
    told = json.loads(again.stdout)
    assert told["slowest_domain"] == {"domain": "slow.example", "deferred": 3, "words": "451 4.7.1 as ordered"}
    assert (told["ledger"]["accepted"], told["ledger"]["deferred"]) == (2, 3)
    assert told["rate"] == 0.0
    assert told["next_try_at"] < told["expires_at"]
    assert [(each["cause"], each["count"]) for each in told["reasons"]] == [("not now", 3)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_records_the_slice_in_hand_and_says_how_to_go_on(
    app: Flask, house: House, settings: Settings, number: signal.Signals
) -> None:
    edition = draft(house, readers(25))
    words = ["deliver", "--edition", str(edition.id)]
    with SmtpServer(SLOW) as server:
        with running(settings, server, *words) as process:
            until(lambda: len(server.received) >= 5)
            process.send_signal(number)
            _, said = process.communicate(timeout=PATIENCE)
        left = dict(states(edition))
        accepted = len(server.received)
        ended = command(settings, server, *words)

    assert process.returncode == 1
    assert f"To go on: newsletter deliver --edition {edition.id}" in said
    assert left == {Status.ACCEPTED: accepted, Status.QUEUED: 25 - accepted}
    assert ended.returncode == 0
    assert sorted(each.recipient for each in server.received) == sorted(readers(25))


def test_following_ends_when_the_workers_are_done(app: Flask, house: House, settings: Settings) -> None:
    edition = draft(house, readers(10))
    with SmtpServer(SLOW) as server, running(settings, server, "worker"):
        followed = command(settings, server, "edition", "send", str(edition.id), "--follow", "--json")

    assert followed.returncode == 0
    told: dict[str, Any] = json.loads(followed.stdout)
    assert (told["status"], told["ledger"]["accepted"]) == ("sent", 10)
    assert told["rate"] > 0
    assert told["slowest_domain"] is None


def minds(process: subprocess.Popen[str], which: signal.Signals) -> bool:
    """Whether it has said by now what it does at that signal, as it does when it begins to watch."""
    told = Path(f"/proc/{process.pid}/status").read_text()
    return bool(int(told.partition("SigCgt:")[2].split()[0], 16) >> (which - 1) & 1)


def test_who_only_watched_is_told_that_the_workers_go_on(app: Flask, house: House, settings: Settings) -> None:
    edition = draft(house, readers(3))
    with SmtpServer() as server:
        queued = command(settings, server, "edition", "send", str(edition.id))
        with running(settings, server, "edition", "follow", str(edition.id)) as process:
            while not minds(process, signal.SIGTERM):
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=PATIENCE)

    assert queued.returncode == 0
    assert "queued             3" in queued.stdout
    assert process.returncode == 1
    assert f"To watch again: newsletter edition follow {edition.id}" in said


def test_those_missed_are_sent_to_by_choice(app: Flask, house: House, settings: Settings) -> None:
    edition = draft(house, [*readers(1), "permfail-552-5-2-2@full.example"])
    with SmtpServer() as server:
        first = command(settings, server, "deliver", "--edition", str(edition.id))
        undecided = command(settings, server, "edition", "resend", str(edition.id))
        nobody = command(settings, server, "edition", "resend", str(edition.id), "--unknown")
        again = command(settings, server, "edition", "resend", str(edition.id), "--failed", "--unknown", "--json")

    assert "failed, mailbox: 1. The mailbox is full" in first.stdout
    assert (undecided.returncode, "--failed, --unknown or both" in undecided.stderr) == (2, True)
    assert (nobody.returncode, "Nobody who may still be mailed is unknown" in nobody.stderr) == (1, True)
    told = json.loads(again.stdout)
    assert (told["status"], told["ledger"]["queued"], told["ledger"]["accepted"]) == ("sending", 1, 1)


def test_a_paused_edition_says_why_and_what_to_type(app: Flask, house: House, settings: Settings) -> None:
    edition = draft(house, readers(2))
    with SmtpServer({"mail": [b"553 5.1.8 this sender is not yours\r\n"]}) as server:
        ended = command(settings, server, "deliver", "--edition", str(edition.id))
        shown = command(settings, server, "edition", "show", str(edition.id))

    assert ended.returncode == 1
    assert f"newsletter edition resume {edition.id}" in ended.stderr
    assert "It is paused: 553 5.1.8 this sender is not yours" in shown.stdout
    assert "deferred, sender: 2. We are refused, not the readers" in shown.stdout
    assert "Next due" in shown.stdout
