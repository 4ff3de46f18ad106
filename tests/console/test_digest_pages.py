"""The pages of digests: each does what the command does, and says what to mend."""

import html
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from newsletter.core.clock import now
from newsletter.digests import queries, service
from newsletter.digests.policy import Approval, Mark, MarkKind
from newsletter.digests.policy.rules import parsed
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import edition
from newsletter.editions.queries import editions as all_editions
from newsletter.mail.house import House
from tests import make
from tests.console.desks import Newsroom, newsroom

PAGE = "/console/digests/morning"


@pytest.fixture
def room(house: House) -> Newsroom:
    return newsroom(house)


def test_the_list_says_what_comes_when(operator: FlaskClient, room: Newsroom) -> None:
    page = operator.get("/console/digests").text

    assert "at 06:30 every day (UTC)" in page
    assert "once somebody approves it" in page
    assert f"edition {room.edition.id}" in page


def test_a_digest_is_made_and_waits_for_approval(operator: FlaskClient, room: Newsroom) -> None:
    form = {"newsletter": "herald", "slug": "evening", "when": "weekdays at 6 pm", "sources": str(room.source.id)}

    answer = make.press(operator, "/console/digests/+add", **form)

    assert answer.location == "/console/digests/evening"
    made = queries.digest("evening")
    assert (made.newsletter_id, made.needs_approval) == (room.herald.id, True)


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("when", "sometimes <b>", "is no schedule"),
        ("when", "noonday at noon", "is no day"),
        ("slug", "Morning!", "small letters"),
        ("sources", "", "at least one source"),
    ],
)
def test_what_is_wrong_with_a_new_digest_stands_at_its_field(
    operator: FlaskClient, room: Newsroom, field: str, typed: str, words: str
) -> None:
    good = {"newsletter": "herald", "slug": "evening", "when": "hourly", "sources": str(room.source.id)}
    form = {name: value for name, value in (good | {field: typed}).items() if value}

    answer = make.press(operator, "/console/digests/+add", **form)

    assert answer.status_code == 422
    assert words in html.unescape(answer.text)
    assert html.escape(typed) in answer.text
    assert queries.find_digest("evening") is None


def test_the_rule_is_checked_and_kept(operator: FlaskClient, room: Newsroom) -> None:
    rule = '# mine\r\nleast = 2\r\n\r\n[[section]]\r\ntitle = "Sport"\r\ntopics = ["sport"]\r\n'
    assert make.press(operator, f"{PAGE}/rule", rule=rule).status_code == 303
    assert queries.digest("morning").rule == parsed(rule.replace("\r\n", "\n"))

    for wrong, words in (
        ("least = ", "The rule is no TOML"),
        ("most = 0", "Expected 1 <= least <= most"),
        ("colour = 'red'", "There is no 'colour' in a rule"),
        ('[[section]]\ntitle = "</textarea><script>x</script>"', "needs topics, sources or authors"),
    ):
        answer = make.press(operator, f"{PAGE}/rule", rule=wrong)
        assert answer.status_code == 422
        assert words in html.unescape(answer.text)
        assert html.escape(wrong, quote=False) in html.unescape(answer.text).replace("<", "&lt;").replace(
            ">", "&gt;"
        )
        assert "<script>x" not in answer.text
    assert queries.digest("morning").rule.least == 2


def test_other_times_and_how_its_editions_leave(operator: FlaskClient, room: Newsroom) -> None:
    make.press(operator, f"{PAGE}/schedule", when="mondays at 7", timezone="Europe/Zurich")
    page = operator.get(PAGE).text
    assert "at 07:00 on Monday (Europe/Zurich)" in page
    assert page.count("at 07:00 <span") == 10
    for fields in ({"when": "never"}, {"when": "hourly", "timezone": "Mars/Port"}):
        assert make.press(operator, f"{PAGE}/schedule", **fields).status_code == 422

    make.press(operator, f"{PAGE}/release", lead="30")
    assert (queries.digest("morning").lead_minutes, queries.digest("morning").needs_approval) == (30, False)
    for wrong in ("-1", "1441", "soon", "9" * 30, ""):
        assert make.press(operator, f"{PAGE}/release", lead=wrong).status_code == 422


def test_each_article_has_the_reason_why_it_is_in_or_out(operator: FlaskClient, room: Newsroom) -> None:
    make.article(room.source, "Just in", now())

    assert "new since the last edition" in operator.get(PAGE).text
    before = operator.get(
        f"{PAGE}?at={room.edition.window_end - timedelta(minutes=1):%Y-%m-%dT%H:%M}%2B00:00"
    ).text
    assert "Just in" not in before
    assert "Ferry runs again" in before
    assert "is no moment; expected one such as" in html.unescape(operator.get(f"{PAGE}?at=<b>").text)
    assert operator.get(f"{PAGE}?at=0001-01-01T00:00%2B14:00").status_code == 200
    assert operator.get(f"{PAGE}?at=9999-12-31T23:59-14:00").status_code == 200


def test_an_article_is_pinned_dropped_kept_back_and_let_go(operator: FlaskClient, room: Newsroom) -> None:
    late = make.article(room.source, "Just in", now())
    url = f"{PAGE}/articles/{late.id}"

    make.press(operator, f"{url}/pin")
    assert queries.marks(room.digest.id) == {late.id: Mark(MarkKind.PIN)}
    assert "an editor pinned it" in operator.get(PAGE).text
    make.press(operator, f"{url}/drop")
    assert "an editor dropped it" in operator.get(PAGE).text
    until = f"{now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    make.press(operator, f"{url}/keep_back", until=until)
    assert "an editor keeps it back until" in operator.get(PAGE).text
    make.press(operator, f"{url}/unmark")
    assert queries.marks(room.digest.id) == {}

    wrong = make.press(operator, f"{url}/keep_back", until="2001-01-01T00:00", article=str(late.id))
    assert wrong.status_code == 422
    assert "still to come" in wrong.text
    assert make.press(operator, f"{url}/praise").status_code == 404
    assert make.press(operator, f"{PAGE}/articles/999/pin").status_code == 404


def test_a_note_is_kept_for_the_next_edition(operator: FlaskClient, room: Newsroom) -> None:
    make.press(operator, f"{PAGE}/note", text="Good *morning*.", section="")
    assert queries.digest("morning").notes == {"": "Good *morning*."}
    assert make.press(operator, f"{PAGE}/note", text="x", section="Weather").status_code == 422


def test_it_runs_now_and_says_what_came_of_it(operator: FlaskClient, room: Newsroom) -> None:
    nothing = make.press(operator, f"{PAGE}/run")
    assert nothing.location == PAGE
    assert "nothing new since the last edition" in operator.get(PAGE).text

    make.article(room.source, "Just in", now())
    ran = make.press(operator, f"{PAGE}/run")

    made = all_editions()[0]
    assert ran.location == f"/console/editions/{made.id}"
    assert made.status == EditionStatus.HELD


def test_without_approval_it_says_that_it_leaves_at_once(
    operator: FlaskClient, room: Newsroom, house: House
) -> None:
    service.release("morning", 0, Approval.NOT_NEEDED)
    make.subscription(room.courier, house)
    make.article(room.source, "Just in", now())
    assert "leaves at once" in operator.get(PAGE).text

    make.press(operator, f"{PAGE}/run")

    assert edition(all_editions()[0].id).status == EditionStatus.SENDING
