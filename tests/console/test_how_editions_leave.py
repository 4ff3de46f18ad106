"""Who gets an edition first, and whether clicks are counted, said on the newsletter's page."""

import re

import pytest
from flask.testing import FlaskClient

from newsletter.core.db import db
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter
from newsletter.operators.policy import Role
from tests import make

PATH = "/console/newsletters/courier"
SAID = {"share": "2.5", "least": "40", "wait": "15", "most": "3", "measures_clicks": "y"}


@pytest.fixture(autouse=True)
def _courier(house: House) -> None:
    make.newsletter()


def current() -> Newsletter:
    db.session.expire_all()
    return newsletter("courier")


def test_who_goes_first_is_kept_and_shown(operator: FlaskClient) -> None:
    assert make.press(operator, f"{PATH}/sending", **SAID).status_code == 303

    of = current()
    assert (of.canary_share, of.canary_least, of.canary_minutes, of.canary_most) == (0.025, 40, 15, 0.03)
    assert of.measures_clicks
    assert re.search(r'name="share"[^>]* value="2.5"', operator.get(PATH).text)


def test_with_no_share_all_get_it_together_and_clicks_are_not_counted(operator: FlaskClient) -> None:
    make.press(operator, f"{PATH}/sending", **SAID)
    make.press(operator, f"{PATH}/sending", share="0", least="40", wait="15", most="3")

    assert (current().canary_share, current().measures_clicks) == (0.0, False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("share", each) for each in ("", "51", "-1", "nan", "inf", "1e400", "half", "<b>")],
        *[("least", each) for each in ("0", "10001", "9" * 400, "2.5")],
        *[("wait", each) for each in ("0", "721", "9" * 20)],
        *[("most", each) for each in ("-0.1", "100", "nan")],
    ],
)
def test_what_is_no_such_number_stays_at_its_field(operator: FlaskClient, field: str, value: str) -> None:
    answer = make.press(operator, f"{PATH}/sending", **{**SAID, field: value})

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert "<b>" not in answer.text.partition('id="sending"')[2].partition("</section>")[0]
    assert (current().canary_share, current().measures_clicks) == (0.0, False)


def test_a_form_beside_it_changes_nothing_here(operator: FlaskClient) -> None:
    make.press(operator, f"{PATH}/sending", **SAID)

    answer = make.press(operator, f"{PATH}/look", theme="disco")

    assert answer.status_code == 422
    assert 'checked id="measures_clicks"' in answer.text


def test_an_editor_does_not_say_it(client: FlaskClient, house: House) -> None:
    editor = make.log_in(client, make.operator(house, Role.EDITOR), house)

    assert make.press(editor, f"{PATH}/sending", **SAID).status_code == 403
    assert "How its editions leave" not in editor.get(PATH).text
