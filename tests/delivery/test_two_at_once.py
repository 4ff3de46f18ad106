"""Two that write the ledger at the same moment: what one of them decides is not lost on the other."""

from threading import Event, Thread

from flask import Flask

from newsletter.core.db import transaction
from newsletter.delivery import service
from newsletter.delivery.models import Lane
from newsletter.delivery.policy import Rules
from newsletter.delivery.service.recording import Answer
from newsletter.mail.house import House
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result
from tests.delivery.test_ledger import WORKER, leased, sending, statuses


def test_what_comes_back_while_the_mailing_is_being_cancelled_is_cancelled(app: Flask, house: House) -> None:
    _, mailing_id = sending(house, 3)
    returning = leased(2)
    done = Event()

    def cancel() -> None:
        with app.app_context():
            service.cancel(mailing_id)
        done.set()

    canceller = Thread(target=cancel)
    with transaction():
        service.release(returning, WORKER)
        canceller.start()
        done.wait(0.5)
    canceller.join()

    assert statuses(mailing_id) == {"audience": 3, "cancelled": 3}


def test_several_workers_that_are_refused_at_once_pause_once_and_keep_what_they_know(
    app: Flask, house: House
) -> None:
    _, mailing_id = sending(house, 40)
    failed: list[BaseException] = []

    def refused(number: int) -> None:
        worker = f"worker-{number}"
        with app.app_context():
            try:
                mine = service.lease(service.Lessee(worker, "memory:"), Lane.BULK, 10).leased
                outcome = Outcome(0, Result.FAILED, Blame.SENDER, Phase.MAIL, "550 5.7.1 not you")
                answers = [Answer(each, outcome._replace(key=each.id)) for each in mine]
                service.record(answers, worker, "memory:", Rules())
            except Exception as error:  # noqa: BLE001 - a thread tells nobody else.
                failed.append(error)

    threads = [Thread(target=refused, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert "leased" not in statuses(mailing_id)
