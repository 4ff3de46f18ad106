"""A template looked at as a subscriber, and looks that are taken: what an operator sees, and what they do not."""

import html
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from newsletter.core.db import db, transaction
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter
from newsletter.operators.models import AuditEvent
from newsletter.operators.policy import Role
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.templates.models import TemplateVersion
from newsletter.templates.queries import kept_sources
from newsletter.templates.service import save_template
from tests import make
from tests.console.test_templates import mail_in

PATH = "/console/templates/courier/style.css"
LOOK = f"{PATH}/preview"
TAKE = "/console/templates/courier/take"
NOBODY = "Nobody with this address subscribes to The Courier."


@pytest.fixture(autouse=True)
def courier(house: House) -> Newsletter:
    of, source = make.newsletter(), make.source()
    carried = [
        make.article(source, "Ferry", topics=["Harbour"]),
        make.article(source, "Football", topics=["Sport"]),
    ]
    make.edition(of, carried)
    return of


@pytest.fixture
def reader(courier: Newsletter, house: House) -> Subscription:
    made = make.subscription(courier, house, "ada@example.org")
    make.wish(made, topics=["Sport"])
    with transaction():
        db.session.get_one(Subscriber, made.subscriber_id).name = "Ada <b>"
    return made


def told(answer: TestResponse) -> str:
    """The sentences above the mail."""
    return html.unescape(" ".join(re.findall(r"<li><bdi>(.*?)</bdi></li>", answer.text)))


def test_a_subscriber_s_mail_has_their_name_and_what_they_follow(
    operator: FlaskClient, reader: Subscription
) -> None:
    path = "/console/templates/courier/header.html/preview"
    answer = make.press(operator, path, source="<p>Dear {{ subscriber.name }}</p>", reader=" ADA@example.org ")

    page = mail_in(answer)
    assert "Dear Ada &lt;b&gt;" in page
    assert "Football" in page
    assert "Ferry" not in page
    assert "1 of its 2 articles is about what they follow." in told(answer)


def test_no_link_in_it_is_theirs_and_nothing_runs_or_loads(operator: FlaskClient, reader: Subscription) -> None:
    answer = make.press(operator, LOOK, source="", reader="ada@example.org", no_pictures="1")

    links = set(re.findall(r'href="([^"]*)"', mail_in(answer)))
    assert "https://letters.example.org/courier" in links
    assert not any(re.search(r"/(?:unsubscribe|preferences|account|confirm|c)/", each) for each in links)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "img-src data:;" in policy
    assert answer.text.count("<iframe sandbox ") == answer.text.count("<iframe") == 2
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_would_get_nothing_is_told_in_words_and_no_mail_is_shown(operator: FlaskClient, house: House) -> None:
    make.subscription(newsletter("courier"), house, "late@example.org", status="pending")

    answer = make.press(operator, LOOK, source="", reader="late@example.org")

    assert told(answer) == "They would get nothing: they have not confirmed yet."
    assert "<iframe" not in answer.text


@pytest.mark.parametrize("address", ["nobody@example.org", "elsewhere@example.org"])
def test_whoever_reads_another_newsletter_is_as_unknown_as_nobody(
    operator: FlaskClient, house: House, address: str
) -> None:
    make.subscription(make.newsletter("tide"), house, "elsewhere@example.org")

    answer = make.press(operator, LOOK, source="", reader=address)

    assert (answer.status_code, told(answer)) == (422, NOBODY)


def test_what_is_no_address_is_said_and_nothing_breaks(operator: FlaskClient) -> None:
    for typed in ("ada", "<script>@x", "a" * 400 + "@example.org", "a@b\x00.example"):
        answer = make.press(operator, LOOK, source="", reader=typed)
        assert answer.status_code == 422
        assert "<script" not in answer.text


def test_a_style_is_looked_at_in_light_and_dark_and_as_text(operator: FlaskClient) -> None:
    style = "h1 { color: #224466 }\n@media (prefers-color-scheme: dark) { h1 { color: #99bbff } }"

    light = mail_in(make.press(operator, LOOK, source=style))
    dark = mail_in(make.press(operator, LOOK, source=style, light="dark"))
    text = make.press(operator, LOOK, source=style, as_text="1")

    assert "@media (max-width: 0) {\n.own h1 { color: #99bbff !important }" in light
    assert "@media (min-width: 0) {\n.own h1 { color: #99bbff !important }" in dark
    assert "<pre" in text.text
    assert "<iframe" not in text.text
    assert db.session.query(TemplateVersion).count() == 0


def test_a_refused_style_says_part_line_and_how_to_mend_it(operator: FlaskClient) -> None:
    source = "h1 {\n  position: fixed;\n}</style><script>alert(1)</script>"

    shown = make.press(operator, LOOK, source=source)
    kept = make.press(operator, PATH, source=source)

    said = "style.css, line 2: it has the property 'position'; nothing may lie over the page."
    assert (shown.status_code, told(shown)) == (422, said)
    assert kept.status_code == 422
    assert said in html.unescape(kept.text)
    assert "<script>alert" not in shown.text + kept.text


def test_the_page_offers_a_theme_to_begin_with_and_keeps_nothing(operator: FlaskClient) -> None:
    page = operator.get(f"{PATH}?start=briefing")

    assert ".header .nameplate" in page.text
    assert operator.get(f"{PATH}?start=../../x").status_code == 200
    assert kept_sources(newsletter("courier").id) == {}


def test_a_whole_look_is_taken_and_in_the_trail(operator: FlaskClient) -> None:
    make.newsletter("tide")
    save_template("tide", "style.css", "h1 { color: #224466 }", "ada")

    assert make.press(operator, TAKE, look="theme:letter").status_code == 303
    assert set(kept_sources(newsletter("courier").id)) > {"header.html", "body.html", "style.css"}
    assert make.press(operator, TAKE, look="of:tide").status_code == 303
    assert kept_sources(newsletter("courier").id) == {"style.css": "h1 { color: #224466 }"}
    trail = [each.about for each in db.session.query(AuditEvent).order_by(AuditEvent.id) if each.what == "took"]
    assert trail == ["templates of courier from letter", "templates of courier from tide"]


def test_a_look_that_cannot_be_taken_is_said_and_changes_nothing(client: FlaskClient, house: House) -> None:
    make.newsletter("tide")
    save_template("tide", "style.css", "h1 { color: #224466 }", "ada")
    publisher = make.log_in(client, make.operator(house, Role.PUBLISHER, "courier"), house)

    for look in ("of:tide", "of:nowhere", "theme:../x", ""):
        assert make.press(publisher, TAKE, page=PATH, look=look).status_code == 422
    assert "/console/templates/tide" not in publisher.get("/console/templates").text
    assert kept_sources(newsletter("courier").id) == {}


def test_an_editor_neither_takes_nor_looks_as_somebody(
    client: FlaskClient, house: House, reader: Subscription
) -> None:
    editor = make.log_in(client, make.operator(house, Role.EDITOR), house)

    assert make.press(editor, LOOK, source="", reader="ada@example.org").status_code == 403
    assert make.press(editor, TAKE, look="theme:letter").status_code == 403
    assert 'name="reader"' not in editor.get(PATH).text


def test_no_script_stands_in_the_page_and_ours_has_its_nonce(operator: FlaskClient) -> None:
    page = operator.get(PATH)

    policy = page.headers["Content-Security-Policy"]
    nonce = policy.partition("script-src 'nonce-")[2].partition("'")[0]
    assert page.text.count("<script") == page.text.count(f'nonce="{nonce}"') == 2
    assert "unsafe" not in policy
