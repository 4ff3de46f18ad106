"""F-34: the form, the service and the command line take and refuse what the parser does."""

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from newsletter.core.db import db
from newsletter.core.errors import InvalidAddress
from newsletter.core.settings import Settings
from newsletter.mail.house import House
from newsletter.subscriptions.models import SignUp
from newsletter.subscriptions.service import sign_up
from tests import make
from tests.core.corpus import ACCEPTED, REFUSED, TYPED
from tests.subscriptions.commands import ends_of


def noted() -> list[str]:
    return list(db.session.scalars(select(SignUp.address).order_by(SignUp.id)).all())


def test_the_service_takes_and_refuses_what_the_parser_does(house: House) -> None:
    make.newsletter()
    for typed in TYPED:
        try:
            sign_up(typed, ["courier"], make.FORM, house)
        except InvalidAddress:
            assert typed in REFUSED

    assert noted() == list(ACCEPTED.values())


def test_so_does_the_form(client: FlaskClient) -> None:
    make.newsletter()
    # No browser can send half of a surrogate pair.
    sent = [typed for typed in TYPED if not re.search("[\ud800-\udfff]", typed)]
    taken = [
        typed for typed in sent if client.post("/courier/subscribe", data={"email": typed}).status_code == 303
    ]

    assert taken == list(ACCEPTED)
    assert noted() == list(ACCEPTED.values())


def test_so_does_the_command_line(app: Flask, settings: Settings) -> None:
    ends = ends_of(settings, [["subscriber", "show", "--", typed] for typed in TYPED])

    # What is well formed is looked up, and nobody has it.
    assert set(ends) == {"NotFound", "InvalidAddress"}
    assert [typed for typed, end in zip(TYPED, ends, strict=True) if end == "NotFound"] == list(ACCEPTED)
