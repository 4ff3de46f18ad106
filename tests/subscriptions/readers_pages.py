"""Pressing the buttons of a reader's own pages."""

from flask.testing import FlaskClient

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.mail.house import House
from newsletter.subscriptions.models import Subscription


def link(part: str, person: Subscription, house: House, **claims: int) -> str:
    """The path of a link that was mailed to this person now."""
    return f"/{part}/{house.signer.sign(part, {**claims, 's': person.subscriber_id}, at=now())}"


def do(client: FlaskClient, path: str, wish: str, **fields: str) -> tuple[int, str]:
    """Press a button; the status and the page that follows."""
    answer = client.post(path, data={"newsletter": "courier", "do": wish, **fields})
    db.session.rollback()
    db.session.expire_all()
    return answer.status_code, answer.text
