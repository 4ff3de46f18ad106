"""F-34: the form, the service and the command line take and refuse what the parser does."""

import gc
import re

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import select

from newsletter.cli import root
from newsletter.core.db import db
from newsletter.core.errors import InvalidAddress, NotFound
from newsletter.core.settings import Settings
from newsletter.mail.house import House
from newsletter.subscriptions.models import SignUp
from newsletter.subscriptions.service import sign_up
from tests import make
from tests.conftest import SECRETS
from tests.core.corpus import ACCEPTED, REFUSED, TYPED


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


# A command is a process of its own, whose end closes what it has opened.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_so_does_the_command_line(settings: Settings) -> None:
    environment = {**SECRETS, "NEWSLETTER_DATABASE_URL": settings.database_url}
    runner = CliRunner(env={**environment, "NEWSLETTER_SPOOL": str(settings.spool)})
    taken = []
    for typed in TYPED:
        ended = runner.invoke(root, ["subscriber", "show", "--", typed])
        # What is well formed is looked up; nobody has it.
        assert isinstance(ended.exception, NotFound | InvalidAddress), (typed, ended.exception)
        taken += [typed] * isinstance(ended.exception, NotFound)
    gc.collect()

    assert taken == list(ACCEPTED)
