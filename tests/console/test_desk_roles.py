"""Who may do what at the desk: each role on each route, and nobody anything at another's newsletter."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from newsletter.editions import service as editions
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import edition
from newsletter.mail.house import House
from newsletter.operators.policy import Role
from tests import make
from tests.console.desks import Newsroom, newsroom

VIEWS = (
    *("editions", "editions/1", "editions/1/preview", "editions/1/preview.txt"),
    *("digests", "digests/morning", "digests/+add", "sources", "sources/1", "articles"),
)
EDITS = (
    *("editions/1/articles/1/drop", "editions/1/order", "editions/1/subject", "editions/1/note", "editions/1/try"),
    *(
        "editions/1/split",
        "editions/1/hold",
        "digests/morning/rule",
        "digests/morning/schedule",
        "digests/morning/note",
    ),
    *("digests/morning/articles/1/pin", "sources", "sources/1/poll"),
)
LETS_LEAVE = (
    *("editions/1/approve", "editions/1/schedule", "editions/1/send", "editions/1/recall", "editions/1/pause"),
    *("editions/1/resume", "editions/1/cancel", "editions/1/resend", "digests/morning/release"),
    *("digests/morning/run", "editions/1/choose"),
)


@pytest.fixture
def room(house: House) -> Newsroom:
    return newsroom(house)


def browser(app: Flask, house: House, role: Role, newsletter: str | None = None) -> FlaskClient:
    return make.log_in(app.test_client(), make.operator(house, role, newsletter), house)


@pytest.mark.parametrize("path", [*EDITS, *LETS_LEAVE])
def test_a_viewer_changes_nothing(app: Flask, house: House, room: Newsroom, path: str) -> None:
    assert make.press(browser(app, house, Role.VIEWER), f"/console/{path}").status_code == 403
    assert edition(1).status == EditionStatus.HELD


@pytest.mark.parametrize("path", LETS_LEAVE)
def test_an_editor_lets_nothing_leave(app: Flask, house: House, room: Newsroom, path: str) -> None:
    assert make.press(browser(app, house, Role.EDITOR), f"/console/{path}").status_code == 403
    assert edition(1).status == EditionStatus.HELD


def test_pages_show_each_role_only_what_it_may_do(app: Flask, house: House, room: Newsroom) -> None:
    viewer, editor, publisher = (browser(app, house, role) for role in (Role.VIEWER, Role.EDITOR, Role.PUBLISHER))

    for path in VIEWS:
        page = viewer.get(f"/console/{path}")
        assert page.status_code == 200
        # Logging out is all that is left to press.
        assert page.text.count('method="post"') <= 1
    assert 'action="/console/editions/1/subject"' in editor.get("/console/editions/1").text
    assert "/approve" not in editor.get("/console/editions/1").text
    assert "Run it now" not in editor.get("/console/digests/morning").text
    assert editor.get("/console/editions/1/send").status_code == 403
    assert "/approve" in publisher.get("/console/editions/1").text
    assert publisher.get("/console/editions/1/send").status_code == 200


def test_a_role_at_one_newsletter_is_none_at_another(app: Flask, house: House, room: Newsroom) -> None:
    stranger = browser(app, house, Role.PUBLISHER, "herald")

    for path in VIEWS[1:4] + VIEWS[5:6]:
        assert stranger.get(f"/console/{path}").status_code == 404
    for path in (*EDITS[:11], *LETS_LEAVE):
        assert make.press(stranger, f"/console/{path}").status_code == 404
    assert room.edition.subject not in stranger.get("/console/editions").text
    assert room.edition.subject not in stranger.get("/console/editions?newsletter=courier").text
    assert "morning" not in stranger.get("/console/digests").text
    for path in EDITS[11:]:
        assert make.press(stranger, f"/console/{path}").status_code == 403
    form = {"newsletter": "courier", "slug": "mine", "when": "hourly", "sources": "1"}
    assert make.press(stranger, "/console/digests/+add", **form).status_code == 403
    assert make.press(stranger, "/console/digests/+add", **(form | {"newsletter": "herald"})).status_code == 303


def test_a_publisher_of_one_newsletter_sends_it(app: Flask, house: House, room: Newsroom) -> None:
    publisher = browser(app, house, Role.PUBLISHER, "courier")

    assert make.press(publisher, "/console/editions/1/approve").status_code == 303
    editions.send_due(house)

    page = publisher.get("/console/editions/1").text
    assert "Pause" in page
    assert make.press(publisher, "/console/editions/1/pause").status_code == 303


@pytest.mark.parametrize("path", VIEWS)
def test_strangers_see_nothing(client: FlaskClient, room: Newsroom, path: str) -> None:
    answer = client.get(f"/console/{path}")

    assert answer.status_code == 303
    assert str(answer.location).startswith("/console/login")


@pytest.mark.parametrize("path", [*EDITS, *LETS_LEAVE, "digests/+add"])
def test_another_site_can_press_no_button(operator: FlaskClient, room: Newsroom, path: str) -> None:
    for fields in ({}, {"csrf_token": "made-up"}):
        assert operator.post(f"/console/{path}", data=fields).status_code == 400
    assert edition(1).status == EditionStatus.HELD


@pytest.mark.parametrize("path", [*EDITS[:-2], *LETS_LEAVE])
def test_no_link_changes_anything(operator: FlaskClient, room: Newsroom, path: str) -> None:
    before = (edition(1).status, edition(1).subject, edition(1).notes)

    assert operator.get(f"/console/{path}").status_code in {200, 404, 405}
    assert (edition(1).status, edition(1).subject, edition(1).notes) == before
