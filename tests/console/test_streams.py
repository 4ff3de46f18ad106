"""The stream that keeps a page true: few at a time, none for long, and nothing in it can become another event."""

import time

from flask.testing import FlaskClient

from newsletter.console.live import SEATS, event, stream, watches
from newsletter.delivery.service import finish_mailings
from newsletter.editions import service as editions
from newsletter.mail.house import House
from tests import make
from tests.console.test_sending import figures, on_its_way, settle
from tests.patience import until


def events(text: str) -> list[tuple[str, str]]:
    """As a browser reads them (HTML §9.2.6)."""
    found = []
    for block in text.replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        fields = [line.partition(": ") for line in block.split("\n") if line and not line.startswith(":")]
        name = "".join(value for key, _, value in fields if key == "event")
        if name:
            found.append((name, "\n".join(value for key, _, value in fields if key == "data")))
    return found


def test_a_stream_ends_with_the_edition(operator: FlaskClient, house: House) -> None:
    room = on_its_way(house, "a@example.org")
    make.send_all(house)
    settle()

    answer = operator.get(f"{room.page}/stream")

    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    told = events(answer.text)
    assert [name for name, _ in told] == ["figures", "controls", "over"]
    assert figures(told[0][1])["accepted"] == 1


def test_what_changes_while_one_listens_is_told_once(operator: FlaskClient, house: House) -> None:
    room = on_its_way(house, "a@example.org")
    answer = operator.get(f"{room.page}/stream", buffered=False)
    words = answer.iter_encoded()
    told = ""
    while "event: controls" not in told:
        told += next(words).decode()
    assert figures(events(told)[0][1])["queued"] == 1

    make.send_all(house)
    finish_mailings()
    editions.follow_mailings()
    told = b"".join(words).decode()

    names = [name for name, _ in events(told)]
    assert names[-1] == "over"
    assert figures(dict(events(told))["figures"])["accepted"] == 1
    answer.close()


def test_few_may_listen_and_whoever_leaves_makes_room(operator: FlaskClient, house: House) -> None:
    room = on_its_way(house, "a@example.org")
    listening = [operator.get(f"{room.page}/stream", buffered=False) for _ in range(SEATS)]

    refused = operator.get(f"{room.page}/stream")
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "30"
    asked = operator.get(f"{room.page}/figures?state=sending", headers={"HX-Request": "true"})
    assert figures(asked.text)["queued"] == 1

    # In this order, because all of them have their context in the one thread of the test.
    for each in reversed(listening):
        each.close()
    for _ in range(SEATS):
        assert watches().take_seat()
    assert not watches().take_seat()
    for _ in range(SEATS):
        watches().leave_seat()


def test_a_head_request_takes_no_seat_for_good(operator: FlaskClient, house: House) -> None:
    room = on_its_way(house, "a@example.org")
    for _ in range(SEATS + 1):
        operator.head(f"{room.page}/stream").close()

    assert watches().take_seat()
    watches().leave_seat()


def test_who_asks_again_and_again_is_told_when_to_stop(operator: FlaskClient, house: House) -> None:
    room = on_its_way(house, "a@example.org")
    going = operator.get(f"{room.page}/figures?state=sending")
    assert (going.status_code, "HX-Refresh" in going.headers) == (200, False)

    make.send_all(house)
    settle()

    assert operator.get(f"{room.page}/figures?state=sending").headers["HX-Refresh"] == "true"
    # Figures that took the database long are asked for again only a while later.
    until(lambda: operator.get(f"{room.page}/figures?state=sent").status_code == 286)


def test_no_line_of_a_page_becomes_an_event_of_its_own() -> None:
    text = "one\r\nevent: over\rdata: x\n\nid: 7\n: \nretry: 0"

    assert events(event("figures", text)) == [("figures", "one\nevent: over\ndata: x\n\nid: 7\n: \nretry: 0")]


def test_a_stream_lasts_no_longer_than_it_may() -> None:
    began = time.monotonic()
    told = "".join(stream(lambda: {"figures": "same"}, lambda: False, seconds=0.5))

    assert time.monotonic() - began < 10
    assert events(told) == [("figures", "same")]
