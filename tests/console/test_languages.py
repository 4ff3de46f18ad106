"""The console speaks to each operator in the language that they chose, or that their browser asks for."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.errors import InvalidInput
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.operators.models import Operator
from newsletter.operators.queries import trail
from newsletter.operators.service import choose_language
from tests import make
from tests.console.desks import newsroom

ACCOUNT = "/console/account"
GERMAN = {"Accept-Language": "fr-CH, de-CH;q=0.9, en;q=0.5"}


def language_of(client: FlaskClient, path: str = ACCOUNT, **headers: str) -> str:
    page = client.get(path, headers=headers).text
    return page.partition('<html lang="')[2][:2]


def test_who_chose_nothing_is_answered_as_the_browser_asks(operator: FlaskClient) -> None:
    answer = operator.get(ACCOUNT, headers=GERMAN)

    assert '<html lang="de" dir="ltr">' in answer.text
    assert "Accept-Language" in answer.vary
    assert language_of(operator) == "en"


def test_strangers_at_the_door_are_answered_as_their_browser_asks(client: FlaskClient) -> None:
    assert language_of(client, "/console/login", **GERMAN) == "de"
    assert language_of(client, "/console/login", **{"Accept-Language": "tlh;q=\0, ../../etc"}) == "en"


def test_what_an_operator_chose_counts_more_than_their_browser(operator: FlaskClient) -> None:
    make.press(operator, f"{ACCOUNT}/language", language="de")

    answer = operator.get(ACCOUNT, headers={"Accept-Language": "en"})
    assert '<html lang="de" dir="ltr">' in answer.text
    assert "Accept-Language" not in answer.vary
    make.press(operator, f"{ACCOUNT}/language", language="")
    assert language_of(operator) == "en"


def test_the_choice_is_noted(operator: FlaskClient) -> None:
    make.press(operator, f"{ACCOUNT}/language", language="de")

    assert trail().events[0].what == "chose the language de"


def test_it_is_their_own_and_nobody_elses(operator: FlaskClient, client: FlaskClient, house: House) -> None:
    make.log_in(client, make.operator(house, address="gus@desk.example"), house)
    make.press(operator, f"{ACCOUNT}/language", language="de")

    assert language_of(client) == "en"


@pytest.mark.parametrize("language", ["fr", "../../etc/passwd", "de-CH", "x" * 4000])
def test_a_language_without_words_is_refused(operator: FlaskClient, language: str) -> None:
    answer = make.press(operator, f"{ACCOUNT}/language", language=language)

    assert answer.status_code == 422
    assert not db.session.query(Operator).one().language


def test_the_service_refuses_it_too(house: House) -> None:
    with pytest.raises(InvalidInput):
        choose_language(make.operator(house).id, "fr")


def test_wtforms_itself_speaks_it(operator: FlaskClient) -> None:
    make.press(operator, f"{ACCOUNT}/language", language="de")
    answer = make.press(operator, f"{ACCOUNT}/password", old="x", password="y" * 300)

    assert answer.status_code == 422
    assert "Feld kann nicht länger als 256 Zeichen sein." in answer.text


def test_pages_say_moments_and_numbers_in_the_language_of_the_operator(
    operator: FlaskClient, house: House
) -> None:
    room = newsroom(house)

    page = operator.get(room.page, headers=GERMAN).text
    there = (now() - timedelta(minutes=1)).strftime("%H:%M")
    assert f"Geplanter Versand: heute, {there} Uhr (UTC)." in page
    assert "angehalten</span>" in page
    assert "What the gate says" in operator.get(room.page).text


def test_a_name_that_looks_like_a_place_or_a_tag_is_a_name(operator: FlaskClient, house: House) -> None:
    of = make.newsletter(name="100 %(name)s %% <i>")
    made = make.edition(of, make.articles(make.source(), 2))
    make.subscription(of, house)
    editions.send(made.id, house)
    editions.pause(made.id, "%(problem)s <b>")

    for path in ("/console", f"/console/editions/{made.id}"):
        page = operator.get(path, headers=GERMAN).text
        assert "100 %(name)s %% &lt;i&gt;" in page
        assert "%(problem)s &lt;b&gt;" in page
        assert "<i>" not in page


def test_what_was_done_is_said_in_their_language_and_noted_in_english(operator: FlaskClient, house: House) -> None:
    room = newsroom(house)
    make.press(operator, f"{ACCOUNT}/language", language="de")

    make.press(operator, f"{room.page}/hold", because="")
    assert "Die Ausgabe ist angehalten" in operator.get(room.page).text
    assert trail().events[0].what == "held"


def test_reasons_times_and_refusals_are_said_in_the_language_too(operator: FlaskClient, house: House) -> None:
    room = newsroom(house)
    make.press(operator, f"{ACCOUNT}/language", language="de")

    digest = operator.get("/console/digests/morning").text
    refused = make.press(operator, f"{room.page}/subject", subject="x" * 101)
    gone = make.press(operator, f"{room.page}/split", other_subject="Or so?", share="70", minutes="120")

    assert "um 06:30" in digest
    assert "Ein Betreff hat 1 bis 100 Zeichen, nicht 101." in refused.text
    assert "Wählen Sie 2% bis 50% der Leserschaft." in gone.text


def test_what_a_template_cannot_say_is_told_in_the_language_too(operator: FlaskClient, house: House) -> None:
    newsroom(house)
    make.press(operator, f"{ACCOUNT}/language", language="de")
    path = "/console/templates/courier/header.html"

    unknown = make.press(operator, path, source="{{ newsletter['%(name)s <b>'] }}").text
    computed = make.press(operator, path, source="{{ 7 % 2 }}").text
    quoted = make.press(operator, path, source="{{ '" + "a" * 2000 + "' }}").text

    assert "header.html, Zeile 1: „%(name)s &lt;b&gt;“ gibt es hier nicht" in unknown
    assert "es rechnet mit „%“; in einer Mail wird nicht gerechnet." in computed
    assert "es hat einen Text von 2.000 Zeichen in Anführungszeichen; 1.000 genügen." in quoted
