"""The inbox page: every message can be looked at, none can do anything."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer
from selectolax.lexbor import LexborHTMLParser

from newsletter.demo.inbox import PAGE, make_app
from newsletter.demo.mailstore import MailStore

HOSTILE = (
    b"From: <script>alert(1)</script> <x@y.example>\r\n"
    b"Subject: =?utf-8?q?=3Cscript=3Ealert=281=29=3C/script=3E?=\r\n"
    b"Content-Type: text/html\r\n\r\n"
    b"<!doctype html><script>alert(1)</script><form action=//evil.example><base href=//evil.example>\r\n"
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MailStore]:
    store = MailStore(tmp_path)
    yield store
    store.close()


@pytest.fixture
def client(store: MailStore) -> FlaskClient:
    return make_app(store).test_client()


def add(store: MailStore, recipient: str, raw: bytes = b"Subject: Gale\r\n\r\nIt blows.\r\n") -> None:
    store.add("bounces@courier.example", [recipient], raw)


def newsletter(unsubscribe: str) -> bytes:
    return (
        f"Subject: Digest\r\nList-Unsubscribe: <{unsubscribe}>\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nx\r\n"
    ).encode()


def test_the_newest_message_stands_first(client: FlaskClient, store: MailStore) -> None:
    add(store, "ann@example.org")
    add(store, "ben@example.org")

    page = client.get("/").text

    assert page.index("ben@example.org") < page.index("ann@example.org")


def test_a_part_of_an_address_finds_its_messages(client: FlaskClient, store: MailStore) -> None:
    add(store, "ann@example.org")
    add(store, "ben@example.org")

    page = client.get("/?to=ANN@").text

    assert "to ann@example.org" in page
    assert "to ben@example.org" not in page


@pytest.mark.parametrize("page", ["0", "-1", "9999999999999999999999", "x"])
def test_a_page_that_does_not_exist_shows_one_that_does(client: FlaskClient, store: MailStore, page: str) -> None:
    for number in range(PAGE + 1):
        add(store, f"reader{number}@example.org")

    answer = client.get(f"/?page={page}")

    assert answer.status_code == 200
    assert "reader" in answer.text


def test_the_list_loads_itself_again_until_it_is_told_not_to(client: FlaskClient) -> None:
    assert 'http-equiv="refresh"' in client.get("/").text
    assert 'http-equiv="refresh"' not in client.get("/?refresh=off").text


def test_a_message_shows_its_headers_text_and_source(client: FlaskClient, store: MailStore) -> None:
    add(store, "ann@example.org", b"Subject: Gale\r\nFeedback-ID: 7:courier\r\n\r\nIt blows.\r\n")

    assert "7:courier" in client.get("/messages/1").text
    assert "It blows." in client.get("/messages/1?view=text").text
    assert "Feedback-ID: 7:courier" in client.get("/messages/1?view=source").text


def test_a_confirmation_link_can_be_followed_from_the_text(client: FlaskClient, store: MailStore) -> None:
    add(store, "ann@example.org", b"\r\nConfirm: http://127.0.0.1:8022/confirm/abc\r\n")

    link = LexborHTMLParser(client.get("/messages/1").text).css_first("pre a")

    assert link is not None
    assert link.attributes["href"] == "http://127.0.0.1:8022/confirm/abc"
    assert link.attributes["target"] == "_blank"


@pytest.mark.parametrize("view", ["html", "phone", "text", "source", "nonsense"])
def test_no_view_lets_a_message_write_into_the_page(client: FlaskClient, store: MailStore, view: str) -> None:
    add(store, "<script>@example.org", HOSTILE)

    for page in (client.get("/").text, client.get(f"/messages/1?view={view}").text):
        assert LexborHTMLParser(page).css("script") == []
        assert "&lt;script&gt;alert(1)" in page


def test_html_is_shown_without_scripts_forms_or_the_outside(client: FlaskClient, store: MailStore) -> None:
    add(store, "ann@example.org", HOSTILE)

    frame = LexborHTMLParser(client.get("/messages/1").text).css_first("iframe")
    answer = client.get("/messages/1/html")

    assert frame is not None
    assert frame.attributes["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "form-action 'none'" in policy
    assert policy.endswith("sandbox allow-popups allow-popups-to-escape-sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("raw", [b"", b"\r\n", b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n'])
def test_a_message_with_nothing_in_it_has_a_page(client: FlaskClient, store: MailStore, raw: bytes) -> None:
    add(store, "ann@example.org", raw)

    for path in ("/", "/messages/1", "/messages/1?view=html", "/messages/1/html", "/api/messages"):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/messages/1", "/messages/1/html", "/messages/99999999999999999999", "/x"])
def test_a_message_that_never_came_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.loopback
def test_one_click_posts_what_a_mail_provider_posts(
    client: FlaskClient, store: MailStore, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/u/1", method="POST", data="List-Unsubscribe=One-Click").respond_with_data("ok")
    add(store, "ann@example.org", newsletter(httpserver.url_for("/u/1")))

    page = client.post("/messages/1/unsubscribe", follow_redirects=True).text

    assert "the sender answered 200" in page
    (seen, _), *others = httpserver.log
    assert others == []
    assert seen.content_type == "application/x-www-form-urlencoded"
    assert "Cookie" not in seen.headers


@pytest.mark.loopback
def test_one_click_follows_no_redirect(client: FlaskClient, store: MailStore, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/u/1").respond_with_data(status=302, headers={"Location": "/elsewhere"})
    add(store, "ann@example.org", newsletter(httpserver.url_for("/u/1")))

    page = client.post("/messages/1/unsubscribe", follow_redirects=True).text

    assert "answered 302; a mail provider expects 200" in page
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    "target",
    [
        "https://courier.example/u/1",
        "http://127.0.0.1@courier.example/u/1",
        "http://courier.example\\@127.0.0.1/u/1",
        "http://127.0.0.1.courier.example/",
        "http://[::ffff:10.0.0.1]/",
        "http://:x/",
    ],
)
def test_one_click_never_leaves_this_machine(client: FlaskClient, store: MailStore, target: str) -> None:
    add(store, "ann@example.org", newsletter(target))

    assert client.post("/messages/1/unsubscribe").status_code == 403


def test_a_page_of_another_site_cannot_press_the_button(client: FlaskClient, store: MailStore) -> None:
    add(store, "ann@example.org", newsletter("http://127.0.0.1:9/u/1"))

    answer = client.post("/messages/1/unsubscribe", headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403


def test_a_mail_without_the_headers_has_no_button(client: FlaskClient, store: MailStore) -> None:
    add(store, "ann@example.org")

    assert "RFC 8058" not in client.get("/messages/1").text
    assert client.post("/messages/1/unsubscribe").status_code == 404


def test_programs_read_what_is_new_for_an_address(client: FlaskClient, store: MailStore) -> None:
    for _ in range(3):
        add(store, "ann@example.org")
    add(store, "ben@example.org")

    found = client.get("/api/messages?to=ann@example.org&after=1").get_json()

    assert [message["id"] for message in found] == [2, 3]
    assert found[0]["subject"] == "Gale"
    assert client.get("/api/count").get_json() == {"count": 4, "distinct": 1}
