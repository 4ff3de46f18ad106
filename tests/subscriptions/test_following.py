"""Following topics, authors and sources: from an article, by a fresh link, and among the preferences."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select
from time_machine import Traveller

from newsletter.articles.models import Article, Source
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.digests.service import offer_follows
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions.models import Followable, SignUp, Subscription
from newsletter.subscriptions.queries import consent_of
from newsletter.subscriptions.service import answer_sign_ups
from tests import make
from tests.editions.test_article_page import path_of
from tests.subscriptions.readers_pages import do, link


@pytest.fixture
def article(house: House) -> Article:
    """One of a source that the newsletter `courier` draws from; what can be followed was noted."""
    source = make.source()
    make.digest(make.newsletter(), [source])
    made = make.article(source, "Ferry runs again", topics=["Harbour", "Ferries"], author="Ines Marlow, Tom Reed")
    offer_follows(house)
    return made


@pytest.fixture
def ann(house: House, article: Article) -> Subscription:
    """A confirmed reader of it."""
    return make.subscription(newsletter("courier"), house, "ann@example.org")


def follows(of: Subscription) -> list[tuple[str, str]]:
    db.session.rollback()
    db.session.expire_all()
    return sorted((each.kind, each.value) for each in of.follows)


def offered() -> list[tuple[str, str, int]]:
    db.session.rollback()
    rows = db.session.scalars(select(Followable).order_by(Followable.kind, Followable.value))
    return [(each.kind, each.value, each.articles) for each in rows]


def number_of(value: str) -> int:
    return db.session.scalars(select(Followable.id).where(Followable.value == value)).one()


def follow_links(client: FlaskClient, article: Article) -> dict[str, str]:
    page = LexborHTMLParser(client.get(path_of(article)).text)
    return {node.text().removeprefix("Follow "): node.attributes["href"] or "" for node in page.css(".follow a")}


def test_what_can_be_followed_is_what_the_newsletter_has(house: House, article: Article, clock: Traveller) -> None:
    source = db.session.get_one(Source, article.source_id)
    make.article(source, topics=["harbour", "x" * 101], author="")
    make.article(make.source(title="Not read by any digest"), topics=["Chess"])
    make.article(source, topics=["Long ago"], at=now() - timedelta(days=91))

    offer_follows(house)

    assert offered() == [
        ("author", "Ines Marlow", 1),
        ("author", "Tom Reed", 1),
        ("source", "The Harbour Desk", 2),
        ("topic", "Ferries", 1),
        ("topic", "Harbour", 2),
    ]


def test_noting_it_again_keeps_the_numbers_and_forgets_what_is_gone(
    house: House, article: Article, clock: Traveller
) -> None:
    number = number_of("Harbour")
    clock.shift(timedelta(days=80))
    make.article(db.session.get_one(Source, article.source_id), topics=["Harbour"], author="")
    clock.shift(timedelta(days=20))

    offer_follows(house)

    assert number_of("Harbour") == number
    assert [value for _, value, _ in offered()] == ["The Harbour Desk", "Harbour"]


def test_an_article_leads_to_the_sign_up_with_its_topic_chosen(
    client: FlaskClient, house: House, article: Article
) -> None:
    links = follow_links(client, article)
    assert list(links) == [
        "the topic Ferries",
        "the topic Harbour",
        "the author Ines Marlow",
        "the source The Harbour Desk",
        "the author Tom Reed",
    ]
    form = LexborHTMLParser(client.get(links["the author Ines Marlow"]).text)

    assert [node.attributes["value"] for node in form.css("input[name=authors]")] == ["Ines Marlow"]
    assert "You follow Ines Marlow." in form.text()


def test_who_signs_up_from_there_follows_it_and_the_ledger_says_what_was_shown(
    client: FlaskClient, house: House, article: Article, clock: Traveller
) -> None:
    page = client.get(f"/courier?follow={number_of('Harbour')}").text
    stamped = LexborHTMLParser(page).css_first("input[name=stamp]")
    assert stamped
    clock.shift(timedelta(seconds=10))
    data = {"email": "bob@example.org", "topics": "Harbour", "stamp": stamped.attributes["value"]}
    assert client.post("/courier/subscribe", data=data).status_code == 303
    answer_sign_ups(house)

    [bob] = db.session.scalars(select(Subscription)).all()
    assert (bob.status, follows(bob)) == ("pending", [("topic", "Harbour")])
    [asked] = consent_of(bob.subscriber_id)
    assert asked.wording
    assert "You follow Harbour." in asked.wording.text


@pytest.mark.parametrize("said", ["0", "-1", "x", "9" * 19, "٣", "1 OR 1=1", "<script>", "999"])
def test_what_the_address_says_is_never_repeated(client: FlaskClient, article: Article, said: str) -> None:
    answer = client.get("/courier", query_string={"follow": said})

    assert (answer.status_code, "You follow" in answer.text) == (200, False)
    assert not LexborHTMLParser(answer.text).css("[name=topics], [name=authors], [name=sources]")


def test_what_another_newsletter_has_cannot_be_followed_here(client: FlaskClient, article: Article) -> None:
    make.newsletter("evening")

    assert "You follow" not in client.get(f"/evening?follow={number_of('Harbour')}").text


def test_a_reader_who_signs_up_to_follow_is_mailed_a_link_and_nothing_changes_before_they_say_yes(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope]
) -> None:
    known = client.post("/courier/subscribe", data={"email": "ann@example.org", "topics": "Harbour"})
    unknown = client.post("/courier/subscribe", data={"email": "bob@example.org", "topics": "Harbour"})
    assert (known.status, known.data, str(known.headers)) == (unknown.status, unknown.data, str(unknown.headers))
    answer_sign_ups(house)
    make.send_all(house)

    [mail] = [mail for mail in outbox if mail.recipient == "ann@example.org"]
    assert "You wanted to follow Harbour" in make.text_of(mail)
    path = f"/account/{make.token_in(mail, 'account')}"
    for _ in range(3):
        assert "You wanted to follow" in client.get(path).text
    assert follows(ann) == []

    status, page = do(client, path, "follow", follow=str(number_of("Harbour")))
    assert (status, follows(ann)) == (200, [("topic", "Harbour")])
    assert "You wanted to follow" not in page
    assert do(client, path, "follow", follow=str(number_of("Harbour")))[0] == 200
    assert follows(ann) == [("topic", "Harbour")]


@pytest.mark.parametrize("wish", [{"topics": "Chess"}, {"topics": "harbour<script>"}, {}])
def test_a_wish_that_nobody_offers_makes_no_mail(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope], wish: dict[str, str]
) -> None:
    client.post("/courier/subscribe", data={"email": "ann@example.org", **wish})
    answer_sign_ups(house)
    make.send_all(house)

    assert (db.session.scalars(select(SignUp.verdict)).all(), outbox) == (["known"], [])


def test_nobody_is_mailed_more_links_by_wishes_than_by_asking_for_links(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope], clock: Traveller
) -> None:
    for _ in range(12):
        client.post("/courier/subscribe", data={"email": "ann@example.org", "topics": "Harbour"})
        client.post("/preferences", data={"email": "ann@example.org"})
        answer_sign_ups(house)
        clock.shift(timedelta(minutes=11))
    make.send_all(house)

    assert len(outbox) == 3


def test_following_needs_a_fresh_link_and_what_is_offered(
    client: FlaskClient, house: House, ann: Subscription
) -> None:
    number = str(number_of("Harbour"))
    assert do(client, link("preferences", ann, house), "follow", follow=number)[0] == 422
    assert do(client, link("account", ann, house), "follow", follow="999")[0] == 422
    assert do(client, link("account", ann, house), "follow")[0] == 422
    make.newsletter("evening")
    assert do(client, link("account", ann, house), "follow", follow=number, newsletter="evening")[0] == 422

    assert follows(ann) == []


def test_authors_and_sources_are_chosen_among_what_is_there(
    client: FlaskClient, house: House, ann: Subscription
) -> None:
    path = link("preferences", ann, house)
    shown = LexborHTMLParser(client.get(path).text)
    assert [node.attributes["value"] for node in shown.css("input[name=authors][type=checkbox]")] == [
        "Ines Marlow",
        "Tom Reed",
    ]
    chosen = {"cadence": "each", "topics": "Harbour", "authors": "Tom Reed", "sources": "The Harbour Desk"}

    assert do(client, path, "save", **chosen)[0] == 200
    everything = [("author", "Tom Reed"), ("source", "The Harbour Desk"), ("topic", "Harbour")]
    assert follows(ann) == everything
    assert do(client, path, "save", **{**chosen, "authors": "Somebody Else"})[0] == 422
    assert do(client, path, "save", cadence="each", topics="Harbour")[0] == 200
    assert follows(ann) == everything
    assert do(client, path, "save", **{**chosen, "authors": "", "sources": ""})[0] == 200
    assert follows(ann) == [("topic", "Harbour")]


@pytest.mark.parametrize("wish", ["1", [0], [-1], [True], ["1"], [2**63], [[1]], {"a": 1}])
def test_a_link_that_wishes_nonsense_is_damaged(
    client: FlaskClient, house: House, ann: Subscription, wish: object
) -> None:
    token = house.signer.sign("account", {"f": wish, "s": ann.subscriber_id}, at=now())

    assert client.get(f"/account/{token}").status_code == 404


def test_the_largest_wish_fits_into_a_link(house: House) -> None:
    token = house.signer.sign("account", {"f": [2**40 + each for each in range(20)], "s": 2**40}, at=now())

    assert len(token) < 1024
    assert re.fullmatch(r"[\w.-]+", token)
