"""Security headers and the host check, on each way an answer can come about."""

import pytest
from flask import Response, redirect
from werkzeug.test import TestResponse

from newsletter.web.headers import ALWAYS, is_our_host
from tests.web.samples import small_app

BASE = "https://letters.example.org"


def answer(path: str, *, base_url: str = BASE, host: str = "letters.example.org") -> TestResponse:
    app = small_app(base_url)
    app.add_url_rule("/", view_func=lambda: "front", endpoint="front")
    app.add_url_rule("/old", view_func=lambda: redirect(BASE), endpoint="old")
    app.add_url_rule("/broken", view_func=fail, endpoint="broken")
    app.add_url_rule("/healthz", view_func=lambda: "fine", endpoint="healthz")
    app.add_url_rule("/folder/", view_func=lambda: "folder", endpoint="folder")
    app.add_url_rule("/unsubscribe/<token>", view_func=own_headers, endpoint="unsubscribe")
    app.add_url_rule("/framed", view_func=own_headers, endpoint="framed", defaults={"token": ""})
    return app.test_client().get(path, base_url=BASE, headers={"Host": host})


def fail() -> str:
    raise ZeroDivisionError


def own_headers(token: str) -> Response:
    headers = {"Content-Security-Policy": "frame-ancestors *", "Referrer-Policy": "unsafe-url"}
    return Response(f"page{token[:0]}", headers=headers)


@pytest.mark.parametrize("path", ["/", "/old", "/broken", "/nowhere", "/healthz", "/unsubscribe"])
def test_each_answer_carries_all_security_headers(path: str) -> None:
    headers = answer(path).headers

    assert not [name for name in ALWAYS if name not in headers]
    assert headers["Strict-Transport-Security"].startswith("max-age=")


def test_nothing_is_allowed_to_run_or_to_frame_a_page() -> None:
    policy = answer("/").headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy


def test_a_view_may_choose_its_own_policy() -> None:
    assert answer("/framed").headers["Content-Security-Policy"] == "frame-ancestors *"


@pytest.mark.parametrize("path", ["/unsubscribe/a-token", "/confirm/a-token", "/preferences/a-token/x"])
def test_pages_behind_links_leave_no_trace_of_the_token(path: str) -> None:
    headers = answer(path).headers

    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex"


def test_only_an_encrypted_site_asks_browsers_to_stay_encrypted() -> None:
    headers = answer("/", base_url="http://127.0.0.1:8000", host="127.0.0.1:8000").headers

    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "letters.example.org.evil.example",
        "evil@letters.example.org",
        "letters.example.org:8443",
        "letters.example.org:443:443",
        "127.0.0.1",
        "localhost",
        "letters.example.org/x",
    ],
)
def test_a_request_to_another_host_is_refused_and_told_nothing_of_it(host: str) -> None:
    refused = answer("/folder", host=host)

    assert refused.status_code == 400
    assert "Location" not in refused.headers
    assert host not in refused.text.replace(BASE, "")


def test_a_probe_may_name_any_host() -> None:
    assert answer("/healthz", host="10.0.0.7").status_code == 200


@pytest.mark.parametrize("host", ["letters.example.org", "Letters.Example.org", "letters.example.org:443"])
def test_the_same_host_is_recognised_however_it_is_written(host: str) -> None:
    assert is_our_host(host, BASE)
    assert is_our_host(host, BASE + ":443/under/here")


@pytest.mark.parametrize("host", ["localhost", "localhost:5000", "127.0.0.1:8000", "[::1]:8000", "[::1]"])
def test_on_a_developers_machine_each_loopback_name_will_do(host: str) -> None:
    assert is_our_host(host, "http://127.0.0.1:8000")


@pytest.mark.parametrize("host", ["", "::1", "localhost:", "127.0.0.1.evil.example", "localhost:٣", "10.0.0.7"])
def test_on_a_developers_machine_no_other_name_will_do(host: str) -> None:
    assert not is_our_host(host, "http://127.0.0.1:8000")
