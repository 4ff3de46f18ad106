"""As `test_words`, of what a page tells only at some moments: while an edition goes out, or in trouble."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from time_machine import Traveller

from newsletter.alarms.models import Alarm
from newsletter.articles.models import Source
from newsletter.articles.service import pause_source, remove_source
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.models import Delivery
from newsletter.delivery.policy import Status
from newsletter.delivery.service import finish_mailings
from newsletter.digests.policy import Approval
from newsletter.digests.policy.watching import Kind
from newsletter.digests.service import release
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.subscriptions.policy.alarms import Cause
from newsletter.subscriptions.service.bulk import work_through_bulk
from newsletter.subscriptions.service.growing import count_growth, count_standings
from tests import make
from tests.console.desks import Newsroom, newsroom
from tests.console.test_many import offered
from tests.console.test_words import Bracketed, outside

FORMS = [
    ("articles/1/down", {}),
    ("articles/1/drop", {}),
    ("articles/1/take-in", {}),
    ("articles/1/away", {}),
    ("order", {"articles": "3,2"}),
    ("subject", {"subject": ""}),
    ("subject", {"subject": "Another"}),
    ("split", {"other_subject": "Or so?", "share": "70", "minutes": "120"}),
    ("split", {"other_subject": "Or so?", "share": "20", "minutes": "120"}),
    ("split", {"other_subject": ""}),
    ("note", {"text": "Good morning", "section": ""}),
    ("try", {"email": "ann@example.org"}),
    ("schedule", {"at": "soon"}),
    ("schedule", {"at": "2001-01-01T06:30"}),
    ("schedule", {"at": "2036-01-01T06:30"}),
    ("hold", {"because": ""}),
    ("approve", {}),
    ("send", {}),
    ("recall", {}),
]
"""What is sent to an edition on the desk, in an order in which each still says something."""

OTHERS = [
    ("digests/morning/rule", {"rule": "nonsense"}),
    ("digests/morning/release", {"lead": "x"}),
    ("digests/morning/release", {"lead": "1"}),
    ("digests/morning/note", {"text": "Hello"}),
    ("digests/morning/articles/1/keep_back", {"article": "1", "until": "x"}),
    ("digests/morning/articles/1/pin", {}),
    ("digests/morning/schedule", {"when": "sometimes"}),
    ("digests/morning/schedule", {"when": "30 6 * * 1", "timezone": "Moon/Base"}),
    ("digests/morning/schedule", {"when": "30 6 * * 1"}),
    ("digests/morning/run", {}),
    ("digests/+add", {"newsletter": "courier", "slug": "evening", "when": "30 18 * * *", "sources": "1"}),
    ("sources/1/pause", {}),
    ("sources/1/resume", {}),
    ("sources/1/remove", {}),
    ("newsletters", {}),
    ("newsletters/courier/masthead", {}),
    ("newsletters/courier/sending", {"share": "99", "least": "x", "wait": "1", "most": "12345678901"}),
    ("newsletters/courier/sending", {"share": "0", "least": "1", "wait": "1", "most": "1"}),
    ("newsletters/courier/look", {"accent": "red"}),
    ("newsletters/courier/logo", {}),
    ("subscribers/acts/begin/suppress", {"shown": "9", "up_to": "9", "because": "no"}),
]

OF_WTFORMS = ("Number must be between", "Not a valid integer value.")
"""It brings its own translations."""

OF_SCHEDULES = (
    "at 18:30 every day (UTC)",
    "at 06:30 on Monday (UTC)",
)
"""Their words are those of mails, in the language of the page, which has no brackets."""


@pytest.fixture
def room(app: Flask, house: House) -> Newsroom:
    """With nine readers, in a language of brackets."""
    made = newsroom(house)
    make.subscriptions(made.courier, house, 9)
    app.extensions["newsletter_catalogues"] = lambda _language, _area: Bracketed()
    return made


def said_on(client: FlaskClient, *paths: str) -> list[str]:
    return [f"{path}: {text!r}" for path in paths for text in ours(client.get(path).text)]


def ours(page: str) -> list[str]:
    return [text for text in outside(page) if not any(each in text for each in (*OF_WTFORMS, *OF_SCHEDULES))]


def test_all_that_is_said_of_an_edition_on_its_way(operator: FlaskClient, house: House, room: Newsroom) -> None:
    editions.split(room.edition.id, "Who pays for it?", 0.5, timedelta(hours=1))
    pages = (room.page, f"{room.page}/figures", "/console", "/console/editions", "/console/numbers")
    said = said_on(operator, f"{room.page}/send", *pages)
    editions.approve(room.edition.id, house)
    editions.send_due(house)
    said += said_on(operator, *pages)
    make.press(operator, f"{room.page}/choose", arm="other")
    said += said_on(operator, room.page)
    editions.pause(room.edition.id)
    said += said_on(operator, *pages)
    editions.resume(room.edition.id)
    make.send_all(house)
    with transaction():
        for number, status in enumerate((Status.FAILED, Status.UNKNOWN, Status.DEFERRED), start=1):
            words = {"status": status, "words": "550 5.1.1 No such mailbox"}
            db.session.execute(update(Delivery).where(Delivery.id == number).values(**words))
    said += said_on(operator, *pages)
    with transaction():
        db.session.execute(update(Delivery).where(Delivery.id == 3).values(status=Status.FAILED))
    finish_mailings()
    editions.follow_mailings()

    assert [*said, *said_on(operator, *pages)] == []


def test_all_that_is_said_of_what_is_wrong(
    operator: FlaskClient, house: House, room: Newsroom, clock: Traveller
) -> None:
    with transaction():
        for cause in (*Cause, *(f"{kind} morning" for kind in Kind)):
            db.session.add(Alarm(cause=cause, since=now()))
    for name in ("two", "three", "four"):
        make.source(f"https://{name}.example/feed", "")
    with transaction():
        db.session.execute(update(Source).where(Source.id == 4).values(failures=3, failing_since=now()))
    pause_source(2)
    remove_source(3)
    release("morning", 30, Approval.NOT_NEEDED)
    editions.schedule(room.edition.id, now() + timedelta(minutes=5), house)
    pages = ("/console", "/console/digests", "/console/digests/morning", "/console/sources")
    sources = [f"/console/sources/{number}{more}" for number in (1, 2, 3, 4) for more in ("", "/remove")]
    said = said_on(operator, room.page, *pages, *sources)
    clock.shift(timedelta(days=2))

    assert [*said, *said_on(operator, room.page, *pages)] == []


@pytest.mark.usefixtures("room")
def test_all_that_is_said_of_acts_on_many_and_of_numbers(operator: FlaskClient) -> None:
    count_growth()
    count_standings()
    fields = offered(operator, "suppress", "newsletter=courier")
    said = said_on(operator, "/console/numbers", "/console/subscribers/acts/begin/unsubscribe?newsletter=courier")
    begun = make.press(
        operator, "/console/subscribers/acts/begin/suppress", **{**fields, "because": "the competition is over"}
    )
    said += said_on(operator, begun.location, "/console/subscribers/acts")
    work_through_bulk()
    said += said_on(operator, begun.location, "/console/subscribers/acts")
    undone = make.press(operator, f"{begun.location}/undo")

    assert [*said, *said_on(operator, undone.location)] == []


def test_whatever_comes_of_a_form_of_an_edition_can_be_translated(operator: FlaskClient, room: Newsroom) -> None:
    paths = [(f"{room.page}/{path}", fields) for path, fields in FORMS]
    said = []
    for path, fields in (*paths, *((f"/console/{path}", fields) for path, fields in OTHERS)):
        answer = make.press(operator, path, **fields)
        page = operator.get(answer.location).text if answer.location else answer.text
        said += [f"{path} {fields}: {text!r}" for text in ours(page)]

    assert said == []
