"""A sender that has found nothing to do looks again, and lets others write meanwhile."""

from newsletter.app import create_app
from newsletter.core.db import db
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from tests import make
from tests.delivery.test_ledger import sending


def test_it_sees_what_another_process_queues_later(house: House, outbox: list[Envelope]) -> None:
    with make.sender(house) as sender:
        idle = not sender.send_slice()
        with create_app(house.settings).app_context():
            sending(house, 1)
            db.session.remove()
            db.engine.dispose()

        assert idle
        assert sender.send_slice()
    assert len(outbox) == 1
