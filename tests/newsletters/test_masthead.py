"""What the mails of a newsletter say of it: changed by service, command and console; a refusal names its field."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from newsletter.core.db import db
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter
from newsletter.newsletters.service import Statement, state
from newsletter.operators.policy import Role
from tests import make
from tests.subscriptions.commands import ran

PATH = "/console/newsletters/courier"
SAID = {
    "name": "The Harbour Courier",
    "description": "All about the port.",
    "sender_name": "Ines at the Courier",
    "sender_address": "ines@harbour.example",
    "reply_to": "desk@harbour.example",
    "postal_address": "Quay 2\r\n5678 Port Example",
    "timezone": "Europe/Zurich",
}
TICKS = {"greets": "y", "says_goodbye": "y"}


@pytest.fixture(autouse=True)
def _courier(house: House) -> None:
    make.newsletter()


def current() -> Newsletter:
    db.session.expire_all()
    return newsletter("courier")


def test_what_is_not_named_stays_and_the_list_id_always_does(app: Flask) -> None:
    state("courier", Statement(sender_address="news@elsewhere.example"))

    of = current()
    assert (of.sender_address, of.name, of.postal_address) == (
        "news@elsewhere.example", "The Courier", "Quay 1\n1234 Port Example",
    )  # fmt: skip
    assert (of.list_label, of.list_domain) == ("courier", "courier.example")


def test_mails_say_it_from_then_on(house: House, outbox: list[Envelope]) -> None:
    make.subscription(newsletter("courier"), house)
    before = make.edition(newsletter("courier"), [make.article(make.source())])
    editions.send(before.id, house)
    state("courier", Statement(sender_name="", reply_to="desk@harbour.example", name="The Gull"))
    make.confirmation_for("ann@example.org", house)
    make.send_all(house)

    mails = {make.parsed(each)["Subject"]: make.parsed(each) for each in outbox}
    (asked,) = [mail for subject, mail in mails.items() if "Gull" in subject]
    (sent,) = [mail for subject, mail in mails.items() if "Gull" not in subject]
    assert (asked["From"], asked["Reply-To"]) == ("The Gull <post@courier.example>", "desk@harbour.example")
    assert (sent["From"], sent["Reply-To"]) == ("The Courier <post@courier.example>", None)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", " ", "needs a name"),
        ("name", "x" * 101, "at most 100"),
        ("description", "x" * 501, "at most 500"),
        ("sender_name", "x" * 101, "at most 100"),
        ("sender_address", "ines at the quay", "does not look like an e-mail address"),
        ("sender_address", "", "Please enter"),
        ("reply_to", "a@b@c.example", "does not look like an e-mail address"),
        ("postal_address", " \n ", "needs a postal address"),
        ("postal_address", "x" * 1001, "at most 1,000"),
        ("timezone", "Mars/Port", "no time zone 'Mars/Port'; expected a name such as Europe/Zurich"),
        ("timezone", "../../etc/passwd", "no time zone"),
    ],
)
def test_a_refusal_names_its_field_and_keeps_nothing(app: Flask, field: str, value: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as refused:
        state("courier", Statement(**{"description": "Changed.", field: value}))  # type: ignore[arg-type]

    assert refused.value.field == field
    assert current().description == "The news of the port."


def test_there_is_no_newsletter_of_another_name(app: Flask) -> None:
    with pytest.raises(NotFound):
        state("tide", Statement(name="The Tide"))


@pytest.mark.parametrize("field", ["name", "sender_name", "description"])
def test_no_header_is_smuggled_in_by_a_line_end(app: Flask, field: str) -> None:
    state("courier", Statement(**{field: "The Gull\r\nBcc: all@example.org\0"}))  # type: ignore[arg-type]

    assert "\n" not in getattr(current(), field)
    assert "\0" not in getattr(current(), field)


def test_the_console_keeps_all_of_it_and_shows_it_again(operator: FlaskClient) -> None:
    answer = make.press(operator, f"{PATH}/masthead", **SAID, **TICKS)

    assert answer.status_code == 303
    of = current()
    assert {name: getattr(of, name) for name in SAID} == SAID | {"postal_address": "Quay 2\n5678 Port Example"}
    assert (of.greets, of.says_welcome, of.says_goodbye) == (True, False, True)
    page = operator.get(PATH).text
    assert 'value="desk@harbour.example"' in page
    assert "Mails say this from now on." in page
    make.press(operator, f"{PATH}/masthead", **{**SAID, "reply_to": ""})
    assert (current().reply_to, current().greets) == (None, False)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Please give it a name."),
        ("sender_address", "<b>me</b>", "does not look like an e-mail address"),
        ("reply_to", "nobody", "does not look like an e-mail address"),
        ("timezone", "Mars/Port", "There is no time zone"),
        ("description", "x" * 600, "cannot be longer"),
    ],
)
def test_what_cannot_be_kept_stays_in_its_field(operator: FlaskClient, field: str, value: str, words: str) -> None:
    answer = make.press(operator, f"{PATH}/masthead", **{**SAID, field: value})

    assert answer.status_code == 422
    assert words in answer.text
    assert f'href="#{field}"' in answer.text
    assert 'value="Ines at the Courier"' in answer.text
    assert "<b>me" not in answer.text
    assert current().name == "The Courier"


def test_a_wrong_look_does_not_untick_what_the_mails_say(operator: FlaskClient) -> None:
    answer = make.press(operator, f"{PATH}/look", theme="disco")

    assert answer.status_code == 422
    assert 'checked id="says_welcome"' in answer.text


def test_it_is_for_publishers_and_noted(client: FlaskClient, house: House) -> None:
    editor = make.log_in(client, make.operator(house, Role.EDITOR, "courier"), house)
    assert make.press(editor, f"{PATH}/masthead", **SAID).status_code == 403
    assert "What its mails say" not in editor.get(PATH).text

    publisher = make.log_in(client, make.operator(house, Role.PUBLISHER, "courier"), house)
    make.press(publisher, f"{PATH}/masthead", **SAID)
    owner = make.log_in(client, make.operator(house), house)
    assert "changed the masthead of" in owner.get("/console/audit").text


@pytest.mark.loopback
def test_the_command_does_the_same(house: House) -> None:
    said = json.loads(
        ran(
            house.settings,
            *(
                "newsletter",
                "set",
                "courier",
                "--reply-to",
                "desk@harbour.example",
                "--greets",
                "--theme",
                "letter",
            ),
            *("--postal-address", r"Quay 2\n5678 Port Example", "--no-welcome", "--json"),
        )
    )

    assert (said["reply_to"], said["greets"], said["theme"]) == ("desk@harbour.example", True, "letter")
    of = current()
    assert (of.postal_address, of.says_welcome, of.name) == ("Quay 2\n5678 Port Example", False, "The Courier")
