"""Which language a page speaks: the newsletter's, the reader's own by their own link, or else the browser's."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.languages import LANGUAGES
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import ConsentEvent, Subscription
from newsletter.subscriptions.service import answer_sign_ups
from tests import make
from tests.subscriptions.readers_pages import do, link

GERMAN = {"Accept-Language": "de-CH,de;q=0.9,en;q=0.1"}


def speaks(page: str) -> str:
    found = re.search(r'<html lang="(\w+)" dir="(rtl|ltr)"', page)
    assert found
    assert (found[2] == "rtl") == (found[1] == "ar")
    return found[1]


@pytest.fixture
def zeitung(house: House) -> Newsletter:
    of = make.newsletter("abend", name="Die Abendpost", language="de-CH")
    of.schedule = "30 6 * * 1-5 Europe/Zurich"
    db.session.commit()
    return of


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "path",
    ["", "/check-your-inbox", "/archive", "/archive?q=x", "/archive?before=1", "/snippets", "/archive/999"],
)
def test_a_page_about_a_newsletter_speaks_its_language_whatever_the_browser_asks_for(
    client: FlaskClient, house: House, language: str, path: str
) -> None:
    make.newsletter(language=language)

    first = client.get(f"/courier{path}", headers=GERMAN)

    assert speaks(first.text) == language
    assert "Accept-Language" not in first.headers.get("Vary", "")


def test_a_page_that_caches_may_keep_is_the_same_for_all_browsers(
    client: FlaskClient, zeitung: Newsletter
) -> None:
    seen = client.get("/abend/archive", headers={"Accept-Language": "fr"})
    again = client.get("/abend/archive", headers=GERMAN | {"If-None-Match": seen.headers["ETag"]})

    assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    ["/", "/preferences", "/no-such-letter", "/confirm/no-token", "/unsubscribe/no-token", "/account/no-token"],
)
@pytest.mark.parametrize(
    ("asked", "spoken"),
    [("de-AT", "de"), ("ar", "ar"), ("it, fr;q=0.5", "fr"), ("xx", "en"), ("", "en"), ("é;q=ü,;;", "en")],
)
def test_a_page_about_no_newsletter_speaks_as_the_browser_asks_and_says_that_it_varies(
    client: FlaskClient, house: House, path: str, asked: str, spoken: str
) -> None:
    make.newsletter(language="es")

    answer = client.get(path, headers={"Accept-Language": asked.encode().decode("latin-1")})

    assert speaks(answer.text) == spoken
    assert "Accept-Language" in answer.headers["Vary"]


def test_the_preferences_speak_as_the_reader_wished_and_answer_a_new_wish_in_its_language(
    client: FlaskClient, house: House, zeitung: Newsletter
) -> None:
    make.newsletter("boletin", language="es")
    ann = make.subscription(zeitung, house, "ann@example.org")
    path = link("account", ann, house)

    assert speaks(client.get(path, headers={"Accept-Language": "fr"}).text) == "de"
    status, page = do(client, path, "profile", name="Ann", language="es", spoken="de")

    assert (status, speaks(page), "Guardado." in page) == (200, "es", True)
    assert speaks(client.get(link("preferences", ann, house)).text) == "es"
    assert "de lunes a viernes a las 06:30" in page


def test_a_wish_for_a_language_without_words_leaves_that_of_the_newsletter(
    client: FlaskClient, house: House, zeitung: Newsletter
) -> None:
    ann = make.subscription(zeitung, house, "ann@example.org")
    ann.subscriber.language = "it"
    db.session.commit()

    assert speaks(client.get(link("preferences", ann, house)).text) == "de"


def test_the_link_of_one_newsletter_speaks_its_language(
    client: FlaskClient, house: House, zeitung: Newsletter
) -> None:
    ann = make.also(make.subscription(make.newsletter(), house, "ann@example.org"), zeitung)
    token = house.signer.sign("preferences", {"s": ann.subscriber_id, "n": zeitung.id}, at=now())

    assert speaks(client.get(f"/preferences/{token}").text) == "de"


def test_a_strangers_page_never_speaks_the_language_that_a_subscriber_chose(
    client: FlaskClient, house: House, clock: Traveller
) -> None:
    """Else whoever types an address learns that it is known here, and more."""
    ann = make.subscription(make.newsletter(), house, "ann@example.org")
    ann.subscriber.language = "ar"
    db.session.commit()
    for path in ("/courier/subscribe", "/preferences", "/embed/courier"):
        answers = set()
        for address in ("ann@example.org", "bob@example.org"):
            # `spoken` is for the pages behind links; here it must change nothing.
            answer = client.post(path, data={"email": address, "spoken": "ar"}, follow_redirects=True)
            answers.add(re.sub(r'name="stamp" value="[^"]*"', "", answer.text))
        assert len(answers) == 1
        assert speaks(answers.pop()) == "en"


def test_a_script_is_told_in_the_language_of_the_newsletter(client: FlaskClient, zeitung: Newsletter) -> None:
    asking = {"Accept": "application/json", "Accept-Language": "en"}
    wrong = client.post("/abend/subscribe", data={"email": "ann"}, headers=asking).json
    slip = client.post("/abend/subscribe", data={"email": "ann@gmial.com"}, headers=asking).json
    noted = client.post("/abend/subscribe", data={"email": "ann@example.org"}, headers=asking).json

    assert wrong
    assert slip
    assert noted
    assert wrong["errors"][0]["detail"].startswith("Das sieht nicht wie eine E-Mail-Adresse aus")
    assert slip["title"] == "Meinten Sie ann@gmail.com?"
    assert noted["title"] == "Sehen Sie in Ihr Postfach"
    assert "Der Link gilt 3 Tage lang." in noted["text"]


def test_a_script_writes_its_form_in_the_language_of_the_newsletter(client: FlaskClient, house: House) -> None:
    make.newsletter(language="ar")
    script = client.get("/embed/courier.js").text

    assert '"dir": "rtl"' in script
    assert '"lang": "ar"' in script
    assert "Sign up" not in script


def test_commas_as_they_are_typed_in_arabic_part_topics(client: FlaskClient, house: House) -> None:
    ann = make.subscription(make.newsletter(language="ar"), house, "ann@example.org")
    do(client, link("preferences", ann, house), "save", cadence="each", topics="الميناء، الرياضة, Sport")

    assert {each.value for each in ann.follows} == {"الميناء", "الرياضة", "Sport"}


def test_a_feed_and_its_dates_speak_the_language_of_the_newsletter(
    client: FlaskClient, house: House, zeitung: Newsletter, clock: Traveller
) -> None:
    drafted = make.edition(zeitung, [make.article(make.source(), author="Ida Holm")])
    editions.send(drafted.id, house)
    make.send_all(house)
    feed = client.get("/abend/feed.xml").text

    assert "&lt;p&gt;Von Ida Holm · Montag, 23. November 2026 · Quelle: The Harbour Desk" in feed
    assert "Nr. 1" in client.get("/abend/archive/1").text


def test_signing_up_confirming_wishing_and_leaving_are_one_way_in_german(
    client: FlaskClient, house: House, zeitung: Newsletter, outbox: list[Envelope], clock: Traveller
) -> None:
    page = client.get("/abend").text
    assert "Von Montag bis Freitag um 06:30 Uhr (Mitteleuropäische Zeit), wenn es etwas Neues gibt." in page
    stamp = re.search(r'name="stamp" value="([^"]+)"', page)
    assert stamp
    clock.shift(timedelta(seconds=30))
    typed = {"email": "ann@example.org", "stamp": stamp[1]}
    asked = client.post("/abend/subscribe", data=typed, follow_redirects=True).text
    assert "Sehen Sie in Ihr Postfach" in asked
    answer_sign_ups(house)
    make.send_all(house)

    confirm = f"/confirm/{make.token_in(outbox[-1], 'confirm')}"
    page = client.get(confirm).text
    assert "Ja, ich möchte abonnieren" in page
    assert "Sie haben abonniert" in client.post(confirm).text
    make.send_all(house)
    assert "Der Newsletter kommt von Montag bis Freitag um 06:30 Uhr" in " ".join(make.text_of(outbox[-1]).split())

    preferences = f"/preferences/{make.token_in(outbox[-1], 'preferences')}"
    assert "Ihre Newsletter" in client.get(preferences).text
    saved = client.post(preferences, data={"do": "save", "newsletter": "abend", "cadence": "weekly"}).text
    assert "Gespeichert." in saved
    day = f"{now() + timedelta(days=8):%Y-%m-%d}"
    paused = client.post(preferences, data={"do": "pause", "newsletter": "abend", "until": day}).text
    assert "Am <time" in paused
    assert "Dezember 2026</time> geht es von selbst weiter." in paused

    leave = f"/unsubscribe/{make.token_in(outbox[-1], 'unsubscribe')}"
    assert "Möchten Sie keine Mails von" in client.get(leave).text
    assert "Sie haben sich abgemeldet" in client.post(leave).text
    events = db.session.query(ConsentEvent).order_by(ConsentEvent.id).all()
    assert [(each.kind, each.locale) for each in events] == [
        ("requested", "de"),
        ("confirmed", "de"),
        ("withdrawn", "de"),
    ]
    texts = [each.wording.text for each in events if each.wording]
    assert ["Anmelden" in texts[0], "Ja, ich möchte" in texts[1], "Abmelden" in texts[2]] == [True] * 3
    assert db.session.query(Subscription).one().status == "unsubscribed"
