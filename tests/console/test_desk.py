"""The desk: what an editor changes in an edition, and how a publisher lets it leave."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from newsletter.articles.models import Article
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.editions import service as editions
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import articles_of, edition
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.operators.models import AuditEvent
from tests import make
from tests.console.desks import Newsroom, newsroom


@pytest.fixture
def room(house: House) -> Newsroom:
    return newsroom(house)


def order(room: Newsroom) -> list[int]:
    return [each.id for each in articles_of(room.edition.id)]


def trail() -> list[str]:
    """What was done to editions."""
    events = db.session.query(AuditEvent).order_by(AuditEvent.id)
    return [f"{each.what} {each.about}" for each in events if each.about.startswith("edition")]


def test_the_page_has_the_articles_in_order_and_what_the_gate_says(operator: FlaskClient, room: Newsroom) -> None:
    page = operator.get(room.page).text

    places = [page.index(f'id="article-{each.id}"') for each in room.articles]
    assert places == sorted(places)
    assert "it waits for approval" in page
    assert "of 3 links were not asked yet" in page
    assert page.count("sandbox") == 3


def test_articles_move_and_leave_and_come_back_by_buttons(operator: FlaskClient, room: Newsroom) -> None:
    first, second, third = (each.id for each in room.articles)

    answer = make.press(operator, f"{room.page}/articles/{third}/top")
    assert answer.location == f"{room.page}#article-{third}"
    assert order(room) == [third, first, second]
    make.press(operator, f"{room.page}/articles/{third}/down")
    make.press(operator, f"{room.page}/articles/{second}/up")
    assert order(room) == [first, second, third]
    make.press(operator, f"{room.page}/articles/{second}/drop")
    assert order(room) == [first, third]
    assert f"/articles/{second}/take-in" in operator.get(room.page).text
    make.press(operator, f"{room.page}/articles/{second}/take-in")
    assert order(room) == [first, third, second]

    assert trail()[-2:] == [
        f"dropped article {second} of edition {room.edition.id}",
        f"took in article {second} of edition {room.edition.id}",
    ]


def test_the_order_that_was_dragged_is_kept_unless_somebody_was_faster(
    operator: FlaskClient, room: Newsroom
) -> None:
    ids = order(room)
    turned = ",".join(str(each) for each in reversed(ids))
    assert make.press(operator, f"{room.page}/order", articles=turned).status_code == 303
    assert order(room) == ids[::-1]

    editions.drop(room.edition.id, ids[0])
    refused = make.press(operator, f"{room.page}/order", articles=turned)

    assert refused.status_code == 409
    assert "Somebody else has changed its articles meanwhile" in refused.text
    assert make.press(operator, f"{room.page}/order", articles="x,'").status_code == 404
    assert make.press(operator, f"{room.page}/order").status_code == 404
    assert order(room) == ids[:0:-1]


@pytest.mark.parametrize("step", ["fly", "", "drop/"])
def test_there_is_no_other_way_to_go(operator: FlaskClient, room: Newsroom, step: str) -> None:
    assert make.press(operator, f"{room.page}/articles/{room.articles[0].id}/{step}").status_code in {404, 422}
    assert len(order(room)) == 3


def test_what_cannot_be_used_stays_in_its_field_and_nothing_else_changes(
    operator: FlaskClient, room: Newsroom
) -> None:
    typed = {
        "subject": {"subject": "x" * 101},
        "note": {"text": "y" * 5001, "section": ""},
        "try": {"email": "ann at <example>"},
        "schedule": {"at": "yesterday <b>"},
    }
    for path, fields in typed.items():
        answer = make.press(operator, f"{room.page}/{path}", **fields)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
        assert 'role="alert"' in answer.text
    assert "x" * 101 in make.press(operator, f"{room.page}/subject", subject="x" * 101).text
    assert "ann at &lt;example&gt;" in make.press(operator, f"{room.page}/try", email="ann at <example>").text
    assert edition(room.edition.id).subject == room.edition.subject
    assert trail() == []


def test_words_are_kept(operator: FlaskClient, room: Newsroom) -> None:
    make.press(operator, f"{room.page}/subject", subject="The ferry is back")
    make.press(operator, f"{room.page}/note", text="Good *morning*.", section="")

    page = operator.get(room.page).text
    assert 'value="The ferry is back"' in page
    assert "Good *morning*." in page
    assert "<em>morning</em>" in operator.get(f"{room.page}/preview").text


def test_a_test_goes_to_any_address(
    operator: FlaskClient, room: Newsroom, house: House, outbox: list[Envelope]
) -> None:
    answer = make.press(operator, f"{room.page}/try", email="chief@paper.example")
    make.send_all(house)

    assert answer.status_code == 303
    assert [each.recipient for each in outbox] == ["chief@paper.example"]
    assert str(make.parsed(outbox[0])["Subject"]).startswith("[Draft]")


def test_held_approved_and_sent(
    operator: FlaskClient, room: Newsroom, house: House, outbox: list[Envelope]
) -> None:
    make.subscription(room.courier, house, "ann@example.org")
    make.press(operator, f"{room.page}/hold", because="the <lead> is wrong")
    assert "the &lt;lead&gt; is wrong" in operator.get(room.page).text
    assert make.press(operator, f"{room.page}/send").status_code == 409

    assert make.press(operator, f"{room.page}/approve").status_code == 303
    assert "<strong>1 reader</strong>" in operator.get(f"{room.page}/send").text
    assert make.press(operator, f"{room.page}/send").status_code == 303
    editions.send_due(house)
    make.send_all(house)

    assert [each.recipient for each in outbox] == ["ann@example.org"]
    assert trail() == [f"{what} edition {room.edition.id}" for what in ("held", "approved", "sent")]


def test_an_edition_is_scheduled_by_wall_time(operator: FlaskClient, room: Newsroom) -> None:
    room.courier.timezone = "Europe/Zurich"
    db.session.commit()
    year = now().year + 1

    make.press(operator, f"{room.page}/schedule", at=f"{year}-07-01T06:30")

    found = edition(room.edition.id)
    assert (found.status, found.sends_at) == (EditionStatus.SCHEDULED, datetime(year, 7, 1, 4, 30, tzinfo=UTC))
    assert "Europe/Zurich" in operator.get(room.page).text
    late = make.press(operator, f"{room.page}/schedule", at="2020-01-01T06:30")
    assert late.status_code == 422
    assert "That moment is past" in late.text


def test_what_the_gate_stops_is_neither_scheduled_nor_sent(
    operator: FlaskClient, room: Newsroom, house: House
) -> None:
    editions.schedule(room.edition.id, now() + timedelta(days=1), house)
    make.press(operator, f"{room.page}/subject", subject="Dear {{ name }}")

    page = operator.get(room.page).text
    assert "Stops it" in page
    assert "which nothing replaces" in page
    assert "cannot leave as it is" in operator.get(f"{room.page}/send").text
    assert make.press(operator, f"{room.page}/schedule", at="2099-01-01T06:30").status_code == 422
    assert make.press(operator, f"{room.page}/send").status_code == 409
    assert edition(room.edition.id).mailing_id is None


def test_a_recalled_edition_never_leaves(operator: FlaskClient, room: Newsroom) -> None:
    assert make.press(operator, f"{room.page}/recall").status_code == 303

    page = operator.get(room.page).text
    assert "It was recalled" in page
    assert "Approve" not in page
    assert make.press(operator, f"{room.page}/approve").status_code == 409


def test_recalling_what_has_left_meanwhile_cancels_nothing(
    operator: FlaskClient, room: Newsroom, house: House
) -> None:
    editions.approve(room.edition.id, house)
    editions.send_due(house)

    refused = make.press(operator, f"{room.page}/recall")

    assert refused.status_code == 409
    assert "cancel the rest of it" in refused.text
    assert edition(room.edition.id).status == EditionStatus.SENDING


def test_what_left_the_digest_is_left_out_in_words(operator: FlaskClient, room: Newsroom, house: House) -> None:
    late: Article = make.article(room.source, "Left out", room.edition.window_end - timedelta(seconds=1))

    page = operator.get(room.page).text

    assert f"/articles/{late.id}/take-in" in page
    assert "Left out: 1 article " in page


def test_the_list_is_filtered_and_turned(operator: FlaskClient, room: Newsroom, house: House) -> None:
    other = make.edition(room.herald, [make.article(room.source, "Herald news")])
    page = operator.get("/console/editions").text
    assert f"/console/editions/{room.edition.id}" in page
    assert f"/console/editions/{other.id}" in page

    assert f"/editions/{other.id}" not in operator.get("/console/editions?newsletter=courier").text
    assert f"/editions/{room.edition.id}" not in operator.get("/console/editions?state=draft").text
    assert "No edition is in this state." in operator.get("/console/editions?state=sent").text
    for _ in range(25):
        window = editions.Window(now(), now() + timedelta(days=_ + 1))
        editions.draft(room.herald.id, window, [room.articles[0]])
    first = operator.get("/console/editions").text
    assert "Older" in first
    older = operator.get("/console/editions?before=3").text
    assert f"/editions/{room.edition.id}" in older
    assert "Newer" in older


@pytest.mark.parametrize(
    "path", ["editions/0", "editions/99", "editions/x", f"editions/{'9' * 40}", "editions?before=x", "editions/01"]
)
def test_what_is_not_there_is_not_found(operator: FlaskClient, room: Newsroom, path: str) -> None:
    assert operator.get(f"/console/{path}").status_code == 404
