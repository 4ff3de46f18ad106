"""Each error of the tree, and each HTTP error, becomes a page or problem details that repeat nothing."""

from collections.abc import Iterator

import pytest
from flask import Flask, Response
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import BadRequest, HTTPException, default_exceptions
from werkzeug.test import TestResponse

from newsletter.core import errors as tree
from newsletter.web.errors import ANSWERS, answer_to
from tests.web.samples import small_app

SAID = "Call <b>0900</b> now"
"""What an attacker would like our page to say."""


def branches(root: type[tree.NewsletterError]) -> Iterator[type[tree.NewsletterError]]:
    for kind in root.__subclasses__():
        yield kind
        yield from branches(kind)


def instance(kind: type[Exception]) -> Exception:
    if issubclass(kind, tree.SettingsError | tree.NotFound):
        return kind("newsletter", SAID)
    if issubclass(kind, tree.TemplateRefused):
        return kind("subject", 1, SAID)
    if issubclass(kind, tree.LinkError):
        return kind("confirm")
    if issubclass(kind, OperationalError | InterfaceError):
        return kind(SAID, {}, Exception(SAID))
    return kind(60) if kind is tree.TooManyTries else kind(SAID)


def app_that_fails_with(error: Exception) -> Flask:
    app = small_app()

    def fail() -> str:
        raise error

    for path in ("/page", "/api/v1/thing"):
        app.add_url_rule(path, view_func=fail, endpoint=path.strip("/").replace("/", "-"))
    return app


def answer(error: Exception, path: str = "/page", accept: str = "text/html") -> TestResponse:
    client = app_that_fails_with(error).test_client()
    return client.get(path, base_url="https://letters.example.org", headers={"Accept": accept})


ALL = [*branches(tree.NewsletterError), OperationalError, InterfaceError]


@pytest.mark.parametrize("branch", tree.NewsletterError.__subclasses__())
def test_each_branch_of_the_tree_has_its_line_in_the_table(branch: type[tree.NewsletterError]) -> None:
    assert branch in ANSWERS


@pytest.mark.parametrize("kind", ALL)
def test_each_error_is_answered_with_its_status(kind: type[Exception]) -> None:
    error = instance(kind)

    assert answer(error).status_code == answer_to(error).status


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (tree.InvalidAddress("No."), 422),
        (tree.NotFound("newsletter", "x"), 404),
        (tree.Conflict("No."), 409),
        (tree.LinkDamaged("confirm"), 404),
        (tree.LinkExpired("confirm"), 410),
        (tree.FetchFailed("No."), 502),
        (tree.BackendUnavailable("No."), 503),
        (OperationalError("", {}, Exception()), 503),
        (ZeroDivisionError(), 500),
    ],
)
def test_the_statuses_are_these(error: Exception, status: int) -> None:
    assert answer(error).status_code == status


@pytest.mark.parametrize("kind", [*ALL, ValueError])
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_nothing_that_was_said_is_repeated(kind: type[Exception], accept: str) -> None:
    told = answer(instance(kind), accept=accept).text

    assert "0900" not in told
    assert "Traceback" not in told


def test_nothing_of_the_address_is_repeated() -> None:
    client = small_app().test_client()

    told = client.get("/call-0900-now?say=call-0900", base_url="https://letters.example.org").text

    assert "0900" not in told


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError, tree.BackendUnavailable])
def test_what_may_pass_by_itself_says_when_to_ask_again(kind: type[Exception]) -> None:
    assert answer(instance(kind)).headers["Retry-After"] == "30"


def test_no_error_is_kept_by_a_cache() -> None:
    response = answer(tree.NotFound("newsletter", "x"))

    assert response.headers["Cache-Control"] == "no-store"
    assert "Accept" in response.headers["Vary"]


def test_an_expired_link_says_how_long_links_work_and_where_to_get_a_fresh_one() -> None:
    page = answer(tree.LinkExpired("confirm")).text

    assert "3 days" in page
    assert 'href="https://letters.example.org/"' in page


def test_a_damaged_link_says_something_else_to_who_wanted_to_leave() -> None:
    assert "Sign up again" in answer(tree.LinkDamaged("confirm")).text
    assert "Sign up again" not in answer(tree.LinkDamaged("unsubscribe")).text


@pytest.mark.parametrize(
    ("path", "accept"),
    [("/page", "application/json"), ("/page", "application/problem+json"), ("/api/v1/thing", "*/*")],
)
def test_a_program_gets_problem_details(path: str, accept: str) -> None:
    response = answer(tree.InvalidAddress(SAID), path, accept)

    assert response.content_type == "application/problem+json"
    assert response.get_json(force=True) == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "field": "email",
    }


@pytest.mark.parametrize("accept", ["text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "*/*", ""])
def test_everybody_else_gets_a_page(accept: str) -> None:
    assert answer(tree.Conflict("No."), accept=accept).mimetype == "text/html"


@pytest.mark.parametrize(
    ("status", "words"), [(406, "could not be understood"), (418, "could not be"), (501, "our side")]
)
def test_a_status_without_a_page_shows_that_of_its_kind(status: int, words: str) -> None:
    response = answer(default_exceptions[status]())

    assert response.status_code == status
    assert words in response.text
    assert f"Error {status}" in response.text


@pytest.mark.parametrize("error", [HTTPException, BadRequest])
def test_a_view_that_raises_with_an_answer_means_that_answer(error: type[HTTPException]) -> None:
    response = answer(error(response=Response("mine", 409)))

    assert response.status_code == 409
    assert response.text == "mine"


def test_a_wrong_method_is_told_the_right_ones() -> None:
    app = app_that_fails_with(ValueError())

    response = app.test_client().options("/nowhere", base_url="https://letters.example.org")
    refused = app.test_client().trace("/page", base_url="https://letters.example.org")

    assert response.status_code == 404
    assert refused.status_code == 405
    assert "GET" in refused.headers["Allow"]
    assert "<h1>" in refused.text
