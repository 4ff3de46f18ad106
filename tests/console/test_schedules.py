"""The times of a digest: shown in words and with the next ten before they are kept."""

import html

import pytest
import time_machine
from flask.testing import FlaskClient

from newsletter.digests.queries import digest, find_digest
from newsletter.mail.house import House
from newsletter.operators.policy import Role
from tests import make
from tests.console.desks import Newsroom, newsroom

PAGE = "/console/digests/morning/schedule"


@pytest.fixture(autouse=True)
def room(house: House) -> Newsroom:
    return newsroom(house)


def test_times_are_shown_before_they_are_kept(operator: FlaskClient, room: Newsroom) -> None:
    page = operator.get(PAGE, query_string={"when": "mondays at 7", "timezone": "Europe/Zurich"}).text

    assert "It comes at 07:00 on Monday (Europe/Zurich)." in page
    assert page.count("at 07:00 <span") == 10
    assert "if you keep this" in page
    assert digest("morning").cron == "30 6 * * *"
    kept = make.press(operator, PAGE, when="mondays at 7", timezone="Europe/Zurich")
    assert kept.location == "/console/digests/morning"
    assert (digest("morning").cron, digest("morning").timezone) == ("0 7 * * 1", "Europe/Zurich")


def test_as_it_is_there_is_nothing_to_keep(operator: FlaskClient, room: Newsroom) -> None:
    page = operator.get(PAGE).text

    assert "as it is now" in page
    assert "at 06:30 every day (UTC)" in page
    assert "Keep these times" not in page


@pytest.mark.parametrize(
    ("when", "zone", "field", "words"),
    [
        ("never", "UTC", "when", "is no schedule; expected words such as 'weekdays at 06:30'"),
        ("noonday at noon", "UTC", "when", "is no day; expected words such as"),
        ("mondays at 25", "UTC", "when", "is no time of day; expected one such as 06:30"),
        ("mondays at 7 and 7:30", "UTC", "when", "make two digests otherwise"),
        ("0 0 31 2 *", "UTC", "when", "is no schedule"),
        ("* * * * * *", "UTC", "when", "is no schedule"),
        ("<script>alert(1)</script>", "UTC", "when", "is no schedule"),
        ("hourly", "Mars/Port", "timezone", "expected a name such as Europe/Zurich"),
        ("hourly", "../../etc/passwd", "timezone", "There is no time zone"),
    ],
)
def test_what_is_no_schedule_says_how_to_mend_it(
    operator: FlaskClient, when: str, zone: str, field: str, words: str
) -> None:
    shown = operator.get(PAGE, query_string={"when": when, "timezone": zone})
    kept = make.press(operator, PAGE, when=when, timezone=zone)

    assert (shown.status_code, kept.status_code) == (200, 422)
    for answer in (shown, kept):
        assert words in html.unescape(answer.text)
        assert f'id="{field}-problem"' in answer.text
        assert "<script>alert" not in answer.text
        assert "Keep these times" not in answer.text
    assert digest("morning").cron == "30 6 * * *"


def test_summer_and_winter_are_told_apart(operator: FlaskClient, clock: time_machine.Traveller) -> None:
    page = operator.get(PAGE, query_string={"when": "the 1st of the month at 8", "timezone": "Europe/Zurich"}).text

    assert page.count('at 08:00 <span class="small">CET</span>') == 4
    assert page.count('at 08:00 <span class="small">CEST</span>') == 6


def test_a_new_digest_shows_its_times_first(operator: FlaskClient, room: Newsroom) -> None:
    form = {"newsletter": "herald", "slug": "evening", "when": "weekdays at 6 pm", "timezone": "America/New_York"}

    shown = make.press(operator, "/console/digests/+add", **form, sources=str(room.source.id), show="times")

    assert shown.status_code == 200
    assert "at 18:00 on Monday through Friday (America/New_York)" in shown.text
    assert 'value="weekdays at 6 pm"' in shown.text
    assert "checked" in shown.text
    assert find_digest("evening") is None
    wrong = make.press(operator, "/console/digests/+add", **{**form, "when": "soon"}, show="times")
    assert (wrong.status_code, "is no schedule" in wrong.text) == (422, True)
    made = make.press(operator, "/console/digests/+add", **form, sources=str(room.source.id))
    assert made.status_code == 303
    assert digest("evening").timezone == "America/New_York"


def test_who_may_only_look_is_not_asked(client: FlaskClient, house: House, room: Newsroom) -> None:
    viewer = make.log_in(client, make.operator(house, Role.VIEWER, "courier"), house)

    assert viewer.get(PAGE).status_code == 403
    assert "Other times" not in viewer.get("/console/digests/morning").text
