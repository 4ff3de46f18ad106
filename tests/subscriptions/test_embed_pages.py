"""The form in a frame, the page with the snippets, and which routes other sites can read or show."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser, LexborNode
from sqlalchemy import select
from time_machine import Traveller
from werkzeug.routing import Rule

from newsletter.core.db import db
from newsletter.subscriptions.models import SignUp
from newsletter.subscriptions.policy.budgets import Trust
from tests import make

READABLE = {"/embed/<slug>.js", "/embed/<slug>/proof.js", "/embed/<slug>/fields.json", "/<slug>/challenge.json"}
READABLE_AS_JSON = {"/<slug>/subscribe"}
IN_FRAMES = {"/embed/<slug>"}


def first(text: str, selector: str) -> LexborNode:
    found = LexborHTMLParser(text).css_first(selector)
    assert found is not None, selector
    return found


def hidden_fields(text: str) -> dict[str, str]:
    inputs = LexborHTMLParser(text).css("input[name]")
    return {str(each.attributes["name"]): each.attributes.get("value") or "" for each in inputs}


def test_the_frame_takes_a_sign_up_without_a_script_and_answers_within_itself(
    client: FlaskClient, clock: Traveller
) -> None:
    make.newsletter()
    page = client.get("/embed/courier?theme=dark").text
    clock.shift(timedelta(seconds=3))

    action = first(page, "form").attributes["action"]
    answer = client.post(str(action), data={**hidden_fields(page), "email": "ann@example.org"})
    shown = client.get(answer.headers["Location"])

    assert answer.status_code == 303
    assert "Check your inbox" in shown.text
    assert first(shown.text, "html").attributes["data-theme"] == "dark"
    assert "frame-ancestors *" in shown.headers["Content-Security-Policy"]
    noted = db.session.scalars(select(SignUp)).one()
    assert (noted.trust, noted.form) == (Trust.SIGNED, "frame")


def test_the_frame_shows_a_mistake_at_its_field(client: FlaskClient) -> None:
    make.newsletter()

    answer = client.post("/embed/courier", data={"email": 'ann"><script>'})

    assert answer.status_code == 422
    assert first(answer.text, "#email").attributes["aria-invalid"] == "true"
    assert first(answer.text, "#email").attributes["value"] == 'ann"><script>'
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]


def test_the_frame_asks_about_a_slip_and_keeps_what_was_chosen(client: FlaskClient) -> None:
    make.newsletter()
    make.newsletter("lights")

    answer = client.post(
        "/embed/courier?newsletters=lights", data={"email": "a@gmial.com", "newsletters": "lights"}
    )

    assert "Did you mean" in answer.text
    assert first(answer.text, "input[name=newsletters]").attributes["value"] == "lights"
    assert first(answer.text, "form").attributes["action"] == "/embed/courier?newsletters=lights"


def test_the_frame_asks_for_what_its_address_says(client: FlaskClient) -> None:
    make.newsletter()
    make.newsletter("lights", name="Harbour Lights")

    page = client.get("/embed/courier?ask=name&ask=cadence&newsletters=lights").text

    names = [node.attributes["name"] for node in LexborHTMLParser(page).css("input[name], select")]
    assert names == ["email", "name", "cadence", "newsletters", "stamp", "website"]
    assert "Harbour Lights" in page


@pytest.mark.parametrize(
    "query",
    [
        "ask=iban&ask=<b>",
        "newsletters=nowhere&newsletters=courier",
        "theme=%22%3E%3Cscript%3E",
        "newsletters=" + "&newsletters=".join(["x"] * 500),
    ],
)
def test_nothing_that_is_unknown_here_gets_from_an_address_into_a_page(client: FlaskClient, query: str) -> None:
    make.newsletter()

    asked, plain = client.get(f"/embed/courier?{query}"), client.get("/embed/courier")

    def without_stamp(text: str) -> str:
        return re.sub(r'name="stamp" value="[^"]+"', "", text)

    assert without_stamp(asked.text) == without_stamp(plain.text)


def test_the_snippets_are_what_the_page_shows(client: FlaskClient) -> None:
    make.newsletter(name="The <Courier> & Co")
    make.newsletter("lights", name="Harbour Lights")

    page = client.get("/courier/snippets?ask=name&newsletters=lights&theme=light").text
    snippets = {node.attributes["id"]: node.text() for node in LexborHTMLParser(page).css("textarea")}

    script, frame, plain = snippets["script-snippet"], snippets["frame-snippet"], snippets["plain-snippet"]
    assert script.startswith(plain)
    assert first(script, "script").attributes["src"] == "https://letters.example.org/embed/courier.js"
    assert first(plain, "form").attributes["action"] == "https://letters.example.org/courier/subscribe"
    assert [node.attributes["name"] for node in LexborHTMLParser(plain).css("input")] == [
        "email",
        "name",
        "newsletters",
    ]
    address = "https://letters.example.org/embed/courier?ask=name&newsletters=lights&theme=light"
    assert first(frame, "iframe").attributes["src"] == address
    assert first(frame, "iframe").attributes["title"] == "Sign up for The <Courier> & Co"
    assert first(page, "iframe").attributes["src"] == address.removeprefix("https://letters.example.org")
    assert not LexborHTMLParser(page).css("script")


def test_what_the_snippets_lead_to_is_there(client: FlaskClient) -> None:
    make.newsletter()
    page = client.get("/courier/snippets").text

    frame = first(first(page, "#frame-snippet").text(), "iframe").attributes["src"]
    script = first(first(page, "#script-snippet").text(), "script").attributes["src"]
    plain = first(first(page, "#plain-snippet").text(), "form").attributes["action"]

    assert client.get(str(frame)).status_code == 200
    assert client.get(str(script)).status_code == 200
    assert client.post(str(plain), data={"email": "ann@example.org"}).status_code == 303


def test_the_page_with_the_snippets_may_show_its_own_frame_and_stands_in_none(client: FlaskClient) -> None:
    make.newsletter()

    policy = client.get("/courier/snippets").headers["Content-Security-Policy"].split("; ")

    assert "frame-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


def address_of(rule: Rule) -> str:
    return re.sub(r"<[^>]+>", "courier", rule.rule)


def test_no_route_but_the_forms_is_read_or_framed_by_other_sites(app: Flask, client: FlaskClient) -> None:
    make.newsletter()
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD"}):
            for accept in ("text/html", "application/json", "*/*"):
                headers = {"Accept": accept, "Origin": "https://paper.example"}
                answer = client.open(address_of(rule), method=method, headers=headers)
                is_open = rule.rule in READABLE or (
                    rule.rule in READABLE_AS_JSON and (method == "OPTIONS" or accept == "application/json")
                )

                told = [name for name, _ in answer.headers if name.startswith("Access-Control-")]
                assert bool(told) == is_open, (rule.rule, method, accept)
                assert answer.headers.get("Access-Control-Allow-Origin", "*") == "*"
                assert "Access-Control-Allow-Credentials" not in answer.headers
                is_framed = "frame-ancestors *" in answer.headers["Content-Security-Policy"]
                assert is_framed == (rule.rule in IN_FRAMES), (rule.rule, method)
                assert ("X-Frame-Options" in answer.headers) != is_framed


def test_a_newsletter_whose_slug_is_a_word_of_ours_hides_nothing(client: FlaskClient) -> None:
    for slug in ("snippets", "fields", "check-your-inbox", "js"):
        make.newsletter(slug, name=f"Paper {slug}")

        assert f"Paper {slug}" in client.get(f"/{slug}").text
        assert f"Paper {slug}" in client.get(f"/embed/{slug}").text
        assert f"Paper {slug}" in client.get(f"/{slug}/snippets").text
        assert f"/{slug}/subscribe" in client.get(f"/embed/{slug}.js").text
