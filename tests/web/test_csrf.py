"""Forms are protected by default; only what acts by a token in its address is not, and that needs no cookie."""

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from wtforms import StringField

from newsletter.web.csrf import by_token_only, endpoints_by_token_only
from tests.web.samples import SignUpForm, small_app

BASE = "https://letters.example.org"


class ConsoleForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types.
    word = StringField()


def console() -> str:
    form = ConsoleForm()
    return "done" if form.validate_on_submit() else str(form.csrf_token.current_token)


@by_token_only
def leave(token: str) -> str:
    return f"gone {len(token)}"


@by_token_only
def join() -> str:
    form = SignUpForm()
    return str(form.email.data if form.validate_on_submit() else form.errors)


def app() -> Flask:
    made = small_app()
    made.add_url_rule("/console", view_func=console, methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    made.add_url_rule("/unsubscribe/<token>", view_func=leave, methods=["POST"])
    made.add_url_rule("/tide/subscribe", view_func=join, methods=["GET", "POST"])
    return made


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_change_without_the_forms_token_is_refused(method: str) -> None:
    response = app().test_client().open("/console", method=method, base_url=BASE)

    assert response.status_code == 400
    assert "CSRF" not in response.text


def test_a_change_with_the_forms_token_is_made() -> None:
    client = app().test_client()
    token = client.get("/console", base_url=BASE).text

    response = client.post("/console", data={"csrf_token": token}, base_url=BASE, headers={"Referer": BASE})

    assert response.text == "done"


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_token_link_is_answered_without_cookie_origin_or_referrer(content_type: str) -> None:
    body = {"List-Unsubscribe": "One-Click"}

    response = app().test_client().post("/unsubscribe/abc", data=body, content_type=content_type, base_url=BASE)

    assert response.status_code == 200
    assert response.text == "gone 3"
    assert "Set-Cookie" not in response.headers


def test_a_public_form_works_without_a_cookie_and_sets_none() -> None:
    client = app().test_client(use_cookies=False)

    shown = client.get("/tide/subscribe", base_url=BASE)
    sent = client.post("/tide/subscribe", data={"email": "ann@example.org"}, base_url=BASE)

    assert sent.text == "ann@example.org"
    assert "Set-Cookie" not in shown.headers
    assert "Set-Cookie" not in sent.headers


def test_the_list_of_exceptions_is_what_the_views_say() -> None:
    assert endpoints_by_token_only(app()) == {"leave", "join"}
