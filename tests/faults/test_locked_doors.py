"""F-13 and F-14: encryption that cannot be trusted, and a login that is refused."""

import pytest

from newsletter.delivery.policy import Status
from newsletter.editions import service as editions
from tests.faults.case import Bounds, Case
from tests.faults.certificates import Certificate, certificate
from tests.faults.invariants import check_all
from tests.faults.receiver import Receiver, rule
from tests.faults.stage import Stage, readers

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

READERS = 30
PASSWORD = "tell-nobody-at-all"
OFFERS = ["PIPELINING", "STARTTLS", "AUTH PLAIN LOGIN"]
SECRET_VERBS = ("AUTH", "MAIL", "RCPT", "DATA")


def said(receiver: Receiver, *, encrypted: bool) -> list[str]:
    """The verbs that arrived, in clear or encrypted."""
    return [each.command.split(" ")[0] for each in receiver.entries("said") if each.encrypted is encrypted]


def log_in(stage: Stage, receiver: Receiver, trusted: Certificate) -> None:
    stage.password = PASSWORD
    stage.settings["NEWSLETTER_BACKENDS"] = (
        f"smtp://post:{PASSWORD}@127.0.0.1:{receiver.port}?tls=starttls&ca={trusted.path}&command_timeout=5"
    )


def attacked(stage: Stage, attack: str, good: Certificate) -> Receiver:
    """A server that cannot be trusted, in one of five ways."""
    injected = rule("starttls", [["reply", "220 go ahead\r\n250 AUTH PLAIN\r\n"]])
    match attack:
        case "no starttls":
            return stage.receiver(extensions=["PIPELINING", "AUTH PLAIN LOGIN"], is_traced=True)
        case "injected":
            return stage.receiver(injected, extensions=OFFERS, is_traced=True, **good.config)
        case "self-signed":
            bad = certificate(stage.folder, "stranger")
        case "wrong host":
            bad = certificate(stage.folder, "elsewhere", "elsewhere.example")
        case _:
            bad = certificate(stage.folder, "expired", days=-1)
    return stage.receiver(extensions=OFFERS, is_traced=True, **bad.config)


@pytest.mark.parametrize("attack", ["no starttls", "injected", "self-signed", "wrong host", "expired"])
def test_nothing_is_told_to_a_server_that_cannot_be_trusted_and_all_is_kept_for_one_that_can(
    stage: Stage, attack: str
) -> None:
    good = certificate(stage.folder)
    receiver = attacked(stage, attack, good)
    trusted = {"wrong host": "elsewhere", "expired": "expired"}.get(attack, "good")
    log_in(stage, receiver, Certificate(stage.folder / f"{trusted}.pem", stage.folder / f"{trusted}.key"))
    edition = stage.publish(readers(READERS))

    worker = stage.worker()
    stage.wait_until(lambda: stage.is_paused(edition), "the pause")
    worker.stop()
    states = stage.states(edition)
    receiver.stop()
    honest = stage.receiver(extensions=OFFERS, is_traced=True, port=receiver.port, **good.config)
    log_in(stage, honest, good)
    editions.resume(edition.id)
    again = stage.worker()
    stage.finish(edition)
    again.stop()

    case = Case("F-13", f"tls_attacks {attack}", stage, edition, Bounds(tries=1))
    check_all(case)
    assert states == {Status.QUEUED: READERS}
    assert "backend rests" in worker.said()
    assert set(said(receiver, encrypted=False)).isdisjoint(SECRET_VERBS)
    assert said(receiver, encrypted=True) == []
    assert case.states == {Status.ACCEPTED: READERS}


@pytest.mark.parametrize(("words", "pauses"), [("535 5.7.8 wrong password", True), ("454 4.7.0 try later", False)])
def test_a_refused_login_costs_no_recipient_anything(stage: Stage, words: str, *, pauses: bool) -> None:
    good = certificate(stage.folder)
    refuses = rule("auth", [["reply", f"{words}\r\n"]])
    receiver = stage.receiver(refuses, extensions=OFFERS, is_traced=True, **good.config)
    log_in(stage, receiver, good)
    edition = stage.publish(readers(READERS))

    worker = stage.worker()
    stage.wait_until(lambda: words in worker.said(), "the log repeats the server's words")
    if pauses:
        stage.wait_until(lambda: stage.is_paused(edition), "the pause")
        editions.resume(edition.id)
    states = stage.states(edition)
    receiver.tell()
    stage.finish(edition)
    worker.stop()

    case = Case("F-14", f"auth_failure {words[:3]}", stage, edition, Bounds(tries=1))
    check_all(case)
    assert states.keys() <= {Status.QUEUED, Status.LEASED}
    assert case.states == {Status.ACCEPTED: READERS}
    assert set(said(receiver, encrypted=False)).isdisjoint(SECRET_VERBS)
