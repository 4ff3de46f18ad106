"""What the ledger keeps of a page is what the page said: all of it, and nothing else."""

import hashlib
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from markupsafe import Markup
from sqlalchemy import select
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.mail.house import House
from newsletter.mail.languages import LANGUAGES
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import ConsentEvent, SignUp, Subscription, Wording
from newsletter.subscriptions.service import answer_sign_ups
from tests import make

NAME = 'Fish & "Chips" <b>daily</b> أخبار'


YES_IN_IT = {
    "en": "Nothing else comes until you say yes in it.",
    "de": "Sonst kommt nichts, bis Sie darin Ja sagen.",
    "fr": "y disiez oui.",
    "es": "No llega nada más hasta que diga que sí en él.",
    "ar": "ولا يصلك شيء آخر قبل أن توافق فيها.",
}
BUTTONS = {
    "en": ("Subscribe to", "Unsubscribe from"),
    "de": ("Abonnieren:", "Abmelden von"),
    "fr": ("S\u2019abonner à", "Se désabonner de"),
    "es": ("Suscribirse a", "Darse de baja de"),
    "ar": ("اشترك في", "إلغاء الاشتراك في"),
}


def spoken_in(page: str) -> str:
    """The language that the forms of the page say it was shown in."""
    spoken: str
    [spoken] = set(re.findall(r'name="spoken" value="([^"]+)"', page))
    return spoken


def said_on(page: str) -> list[str]:
    """The words in the main part of a page, as people read them; not the label of the field that nobody sees."""
    found = re.search(r"<main[^>]*>(.*)</main>", page, re.DOTALL)
    assert found
    return Markup(re.sub(r'<label for="website">.*?</label>', "", found[1])).striptags().split()  # noqa: S704 - taken apart only.


def kept() -> list[str]:
    """The wordings of all events, in the order in which these were noted."""
    found = [each.wording for each in db.session.scalars(select(ConsentEvent).order_by(ConsentEvent.id))]
    assert all(each and each.digest == hashlib.sha256(each.text.encode()).hexdigest() for each in found)
    return [each.text for each in found if each]


def stamp_in(page: str) -> str:
    found = re.search(r'name="stamp" value="([^"]+)"', page)
    assert found
    return found[1]


SCHEDULES = ["", "30 6 * * 1 Europe/Zurich"]


@pytest.fixture(params=[(language, schedule) for language in LANGUAGES for schedule in SCHEDULES])
def courier(house: House, request: pytest.FixtureRequest) -> Newsletter:
    language, schedule = request.param
    of = make.newsletter(name=NAME, language=language)
    of.schedule = schedule
    db.session.commit()
    return of


def assert_noted_in(language: str) -> None:
    """Every event says which language its words are in."""
    assert set(db.session.scalars(select(ConsentEvent.locale))) == {language}


def test_signing_up_keeps_the_whole_page_with_the_form(
    client: FlaskClient, house: House, courier: Newsletter, clock: Traveller
) -> None:
    page = client.get("/courier").text
    clock.shift(timedelta(seconds=30))
    client.post("/courier/subscribe", data={"email": "ann@example.org", "stamp": stamp_in(page)})
    answer_sign_ups(house)

    [text] = kept()
    assert text.split() == said_on(page)
    assert NAME in text
    assert YES_IN_IT[courier.language] in text
    assert_noted_in(courier.language)


def test_confirming_leaving_and_never_keep_the_whole_page(
    client: FlaskClient, house: House, courier: Newsletter
) -> None:
    subscription = make.subscription(courier, house, "ann@example.org", status="pending")
    claims = {"s": subscription.subscriber_id}
    tokens: dict[str, dict[str, object]] = {
        "confirm": {**claims, "n": {str(courier.id): subscription.nonce}},
        "unsubscribe": {**claims, "n": courier.id},
    }
    pages = []
    for purpose, said in tokens.items():
        link = f"/{purpose}/{house.signer.sign(purpose, said, at=now())}"
        pages.append(client.get(link).text)
        assert client.post(link).status_code == 200

    assert [text.split() for text in kept()] == [said_on(page) for page in pages]
    assert_noted_in(courier.language)


def test_never_keeps_the_whole_page(client: FlaskClient, house: House, courier: Newsletter) -> None:
    subscription = make.subscription(courier, house, "ann@example.org")
    link = f"/never/{house.signer.sign('never', {'s': subscription.subscriber_id}, at=now())}"
    page = client.get(link).text
    client.post(link)

    assert [text.split() for text in kept()] == [said_on(page)]
    assert_noted_in(courier.language)


def test_one_link_for_two_newsletters_keeps_both_their_names(client: FlaskClient, house: House) -> None:
    for slug, name in (("courier", "The Courier"), ("evening", "The Evening")):
        make.newsletter(slug, name=name)
        subscription = make.signed_up("ann@example.org", house, slug)
    nonces = {str(each.newsletter_id): each.nonce for each in db.session.scalars(select(Subscription))}
    claims = {"s": subscription.subscriber_id, "n": nonces}
    link = f"/confirm/{house.signer.sign('confirm', claims, at=now())}"
    page = client.get(link).text
    client.post(link)

    *_, first, second = kept()
    assert first == second
    assert first.split() == said_on(page)
    assert "Do you want The Courier and The Evening by mail?" in first


def test_joining_and_leaving_by_the_preferences_keep_the_button(
    client: FlaskClient, house: House, courier: Newsletter
) -> None:
    make.newsletter("evening", name="The Evening")
    subscription = make.subscription(courier, house, "ann@example.org")
    link = f"/account/{house.signer.sign('account', {'s': subscription.subscriber_id}, at=now())}"
    page = client.get(link).text
    for act, slug in (("join", "evening"), ("leave", "courier")):
        client.post(link, data={"do": act, "newsletter": slug, "spoken": spoken_in(page)})

    joined, left = BUTTONS[courier.language]
    assert kept() == [f"{joined} The Evening", f"{left} {NAME}"]
    assert all(text in " ".join(said_on(page)) for text in kept())
    assert_noted_in(courier.language)


@pytest.mark.parametrize("shown", ["de", "ar"])
def test_what_is_kept_of_a_button_is_what_stood_on_it_even_if_the_reader_chose_another_language_since(
    client: FlaskClient, house: House, shown: str
) -> None:
    make.newsletter("evening", name="The Evening")
    subscription = make.subscription(make.newsletter(language=shown), house, "ann@example.org")
    link = f"/account/{house.signer.sign('account', {'s': subscription.subscriber_id}, at=now())}"
    page = client.get(link).text
    subscription.subscriber.language = "en"
    db.session.commit()
    client.post(link, data={"do": "join", "newsletter": "evening", "spoken": spoken_in(page)})

    assert kept() == [f"{BUTTONS[shown][0]} The Evening"]
    assert_noted_in(shown)


@pytest.mark.parametrize("claimed", ["xx", "../../etc", "de" * 999, "<script>"])
def test_a_language_that_we_do_not_speak_is_not_noted(client: FlaskClient, house: House, claimed: str) -> None:
    make.newsletter("evening", name="The Evening")
    subscription = make.subscription(make.newsletter(language="es"), house, "ann@example.org")
    link = f"/account/{house.signer.sign('account', {'s': subscription.subscriber_id}, at=now())}"
    client.post(link, data={"do": "join", "newsletter": "evening", "spoken": claimed})

    assert kept() == ["Suscribirse a The Evening"]
    assert_noted_in("es")


def test_the_same_page_in_another_language_is_another_wording_with_its_own_hash(
    client: FlaskClient, house: House
) -> None:
    for number, language in enumerate(LANGUAGES):
        of = make.newsletter(f"in-{language}", name="The Courier", language=language)
        subscription = make.subscription(of, house, f"reader{number}@example.org")
        claims = {"s": subscription.subscriber_id, "n": of.id}
        client.post(f"/unsubscribe/{house.signer.sign('unsubscribe', claims, at=now())}")

    assert len(set(kept())) == len(LANGUAGES)
    assert len(set(db.session.scalars(select(Wording.digest)))) == len(LANGUAGES)


def test_what_is_not_our_page_keeps_no_wording(client: FlaskClient, house: House) -> None:
    said = {"List-Unsubscribe": "One-Click"}
    subscription = make.subscription(make.newsletter(), house, "ann@example.org")
    claims = {"s": subscription.subscriber_id, "n": subscription.newsletter_id}
    client.post(f"/unsubscribe/{house.signer.sign('unsubscribe', claims, at=now())}", data=said)
    client.post("/courier/subscribe", data={"email": "bob@example.org"})
    answer_sign_ups(house)

    assert [each.wording_id for each in db.session.scalars(select(ConsentEvent))] == [None, None]


def test_a_sign_up_that_was_answered_keeps_no_second_copy(house: House, outbox: list[Envelope]) -> None:
    make.newsletter()
    make.signed_up("ann@example.org", house)

    assert kept() == ["Sign up"]
    assert db.session.scalars(select(SignUp.wording)).all() == [""]
