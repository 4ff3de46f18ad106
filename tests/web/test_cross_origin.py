"""Other sites read and frame what says so, and nothing else."""

from flask import Flask, Response, jsonify
from werkzeug.test import TestResponse

from newsletter.core.errors import NotFound
from newsletter.web import cross_origin
from newsletter.web.cross_origin import in_frames_anywhere, readable_anywhere, readable_as_json
from newsletter.web.csrf import by_token_only
from tests.web.samples import small_app

BASE = "https://letters.example.org"


@readable_anywhere
def facts(name: str) -> Response:
    if name == "nowhere":
        raise NotFound(kind="newsletter", name=name)
    return jsonify(name=name)


@by_token_only
@readable_as_json
def join() -> str:
    return "noted"


@in_frames_anywhere
def frame() -> str:
    return "form"


def page() -> str:
    return "page"


def app() -> Flask:
    made = small_app()
    cross_origin.register(made)
    made.add_url_rule("/facts/<name>", view_func=facts)
    made.add_url_rule("/join", view_func=join, methods=["POST"])
    made.add_url_rule("/frame", view_func=frame)
    made.add_url_rule("/page", view_func=page)
    return made


def answer(method: str, path: str, accept: str = "*/*") -> TestResponse:
    headers = {"Accept": accept, "Origin": "https://paper.example"}
    return app().test_client().open(path, method=method, base_url=BASE, headers=headers)


def told(response: TestResponse) -> list[str]:
    return [name for name, _ in response.headers if name.startswith("Access-Control-")]


def is_open(response: TestResponse) -> bool:
    return response.headers.get("Access-Control-Allow-Origin") == "*"


def test_what_is_readable_anywhere_is_so_also_when_it_fails() -> None:
    assert is_open(answer("GET", "/facts/courier"))
    assert is_open(answer("GET", "/facts/nowhere"))


def test_a_page_is_read_by_nobody_elses_script() -> None:
    for path, accept in (("/page", "text/html"), ("/page", "application/json"), ("/nowhere", "*/*")):
        response = answer("GET", path, accept)

        assert told(response) == []
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_what_is_readable_as_json_is_so_only_for_who_asks_for_json() -> None:
    as_page, as_json = answer("POST", "/join", "text/html"), answer("POST", "/join", "application/json")

    assert (is_open(as_page), is_open(as_json)) == (False, True)
    assert "Accept" in as_page.vary
    assert "Accept" in as_json.vary


def test_no_answer_is_ever_read_with_credentials() -> None:
    for response in (answer("POST", "/join", "application/json"), answer("OPTIONS", "/join")):
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_a_preflight_is_told_what_may_be_asked() -> None:
    preflight = answer("OPTIONS", "/join")

    assert preflight.status_code == 200
    assert is_open(preflight)
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]


def test_a_preflight_for_a_page_is_told_nothing() -> None:
    assert told(answer("OPTIONS", "/page")) == []


def test_what_may_stand_in_frames_says_so_twice_and_everything_else_says_no_twice() -> None:
    inside, outside = answer("GET", "/frame").headers, answer("GET", "/page").headers

    assert "frame-ancestors *" in inside["Content-Security-Policy"]
    assert "X-Frame-Options" not in inside
    assert "frame-ancestors 'none'" in outside["Content-Security-Policy"]
    assert outside["X-Frame-Options"] == "DENY"
