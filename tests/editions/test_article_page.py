"""An article's own page: what it shows, where it leads, and what can be done with its address."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from time_machine import Traveller

from newsletter.articles.models import Article, Source
from newsletter.articles.parsers.markup import BODY_TAGS, read
from newsletter.articles.service import describe_author, forget_author
from newsletter.core.clock import now
from newsletter.core.db import transaction
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.editions.policy import EditionStatus
from newsletter.mail.house import House
from tests import make
from tests.editions.test_archive import EVIL, first, put
from tests.web.samples import SETTINGS

BASE = SETTINGS.base_url


@pytest.fixture
def source(house: House) -> Source:
    """One that a digest of the newsletter `courier` takes from."""
    made = make.source()
    make.digest(make.newsletter(timezone="Europe/Zurich"), [made])
    return made


def path_of(article: Article) -> str:
    return f"/articles/{article.id}/ferry-runs-again"


def ferry(source: Source, **facts: Any) -> Article:  # noqa: ANN401 - its columns.
    return make.article(source, "Ferry runs again", **facts)


def shown(client: FlaskClient, article: Article) -> LexborHTMLParser:
    answer = client.get(path_of(article))
    assert answer.status_code == 200
    return LexborHTMLParser(answer.text)


def test_an_article_has_headline_dateline_text_and_credit(
    client: FlaskClient, source: Source, clock: Traveller
) -> None:
    article = ferry(
        source, at=now() - timedelta(hours=2), body_html="<p>It left at noon.</p>", credit="Port Radio"
    )
    parsed = shown(client, article)

    assert first(parsed, "h1").text() == "Ferry runs again"
    assert first(parsed, ".byline time").attributes["datetime"] == "2026-11-23T08:00:00+01:00"
    assert first(parsed, ".byline time").text() == "Monday 23 November 2026, 08:00 CET"
    assert first(parsed, ".by").text() == "By Ines Marlow"
    assert first(parsed, ".text").text().strip() == "It left at noon."
    assert "Source: Port Radio" in first(parsed, ".piece > footer").text()
    assert first(parsed, ".piece > footer a").attributes["href"] == article.url
    assert first(parsed, "link[rel=canonical]").attributes["href"] == article.url
    assert first(parsed, "meta[property='og:url']").attributes["content"] == BASE + path_of(article)
    assert not parsed.css("meta[name=robots]")


def test_an_article_without_its_text_leads_to_where_it_is(client: FlaskClient, source: Source) -> None:
    article = ferry(source)
    parsed = shown(client, article)

    assert first(parsed, ".text").text().strip() == "What happened at the quay."
    assert first(parsed, "a.button").text() == "Read the whole article"
    assert first(parsed, "a.button").attributes["href"] == article.url
    assert "Source: The Harbour Desk" in first(parsed, ".piece > footer").text()


def test_a_summary_that_only_repeats_the_text_is_left_out(client: FlaskClient, source: Source) -> None:
    said = "What happened at the quay, and what &amp; whom it cost."
    article = ferry(
        source, summary_text="What happened at the quay, and what & whom…", body_html=f"<p>{said} More.</p>"
    )

    assert not shown(client, article).css(".standfirst")
    assert shown(client, ferry(source, body_html="<p>Another text.</p>")).css(".standfirst")


def test_a_date_that_was_guessed_is_shown_as_a_day(client: FlaskClient, source: Source, clock: Traveller) -> None:
    assert (
        first(shown(client, ferry(source, date_is_guess=True)), ".byline time").text() == "Monday 23 November 2026"
    )


@pytest.mark.parametrize("slug", ["wrong", "Ferry-Runs-Again", "ferry-runs-again-2", "%2e%2e", "<script>"])
def test_a_wrong_slug_is_put_right(client: FlaskClient, source: Source, slug: str) -> None:
    article = ferry(source)
    answer = client.get(f"/articles/{article.id}/{slug}?utm_source=x")

    assert (answer.status_code, answer.headers["Location"]) == (301, path_of(article))


@pytest.mark.parametrize("number", ["0", "2", "x", "-1", "01", "٣", "9" * 18, "9" * 19, "9" * 400])
def test_an_article_that_is_not_there_is_not_found(client: FlaskClient, source: Source, number: str) -> None:
    ferry(source)

    assert client.get(f"/articles/{number}/ferry-runs-again").status_code == 404


def test_only_what_a_digest_takes_from_or_an_edition_carried_is_shown(client: FlaskClient) -> None:
    article = ferry(make.source())
    edition = make.edition(make.newsletter(), [article])
    assert client.get(path_of(article)).status_code == 404
    put(edition, EditionStatus.SENT)
    parsed = shown(client, article)

    assert first(parsed, ".piece > footer a[href$='/courier/archive/1']").text() == "The Courier, No. 1"
    assert first(parsed, ".strip form").attributes["action"] == "/courier/subscribe?form=foot"


def test_what_is_to_appear_later_is_not_shown_before(
    client: FlaskClient, source: Source, clock: Traveller
) -> None:
    article = ferry(source, at=now() + timedelta(hours=3))
    assert client.get(path_of(article)).status_code == 404
    clock.shift(timedelta(hours=3))

    assert client.get(path_of(article)).status_code == 200


def test_each_newsletter_that_takes_from_the_source_can_be_had(client: FlaskClient, source: Source) -> None:
    make.digest(make.newsletter("evening", name="The Evening Courier"), [source], slug="evening")
    make.newsletter("sport")
    parsed = shown(client, ferry(source))

    assert first(parsed, ".strip form").attributes["action"] == "/courier/subscribe?form=foot"
    assert [node.attributes["value"] for node in parsed.css("input[name=newsletters]")] == ["evening"]


def test_the_author_is_told_of_where_something_is_known(client: FlaskClient, source: Source) -> None:
    describe_author("Ines  Marlow", EVIL, "https://harbour.example/ines?a=1&b=2")
    describe_author("Tom Reed", "Draws the maps.")
    both = shown(client, ferry(source, author="Tom Reed, ines marlow"))
    one = shown(client, ferry(source))

    assert [node.text().split()[0] for node in both.css(".writers p b")] == ["Tom", "Ines"]
    assert first(both, ".writers h2").text() == "About the Authors"
    assert first(one, ".writers h2").text() == "About the Author"
    assert first(one, ".writers a").attributes["href"] == "https://harbour.example/ines?a=1&b=2"
    assert "<script>alert(1)</script>" in first(one, ".writers p").text()
    assert not one.css("script, .writers img")
    forget_author("INES MARLOW")
    assert not shown(client, ferry(source)).css(".writers")


def test_what_is_said_of_an_author_replaces_what_was_said_before(house: House) -> None:
    first_said = describe_author("Ines Marlow", "Writes.")
    said = describe_author("ines marlow", "Writes of ships.")

    assert (said.id, said.name, said.about) == (first_said.id, "ines marlow", "Writes of ships.")


@pytest.mark.parametrize(
    ("name", "about", "url", "field"),
    [
        (" ", "Writes.", "", "name"),
        ("x" * 121, "Writes.", "", "name"),
        ("Ines", "\n", "", "about"),
        ("Ines", "x" * 2001, "", "about"),
        ("Ines", "Writes.", "javascript:alert(1)", "url"),
        ("Ines", "Writes.", "harbour.example/ines", "url"),
    ],
)
def test_what_cannot_be_said_of_an_author_names_its_field(
    house: House, name: str, about: str, url: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        describe_author(name, about, url)

    assert refused.value.field == field


def test_an_author_of_whom_nothing_is_known_cannot_be_forgotten(house: House) -> None:
    with pytest.raises(NotFound):
        forget_author("Nobody")


def test_what_feeds_say_is_shown_as_text_and_leads_to_the_web_only(client: FlaskClient, source: Source) -> None:
    body = read(
        f"{EVIL}<p onclick=x>Text <a href='javascript:alert(1)'>here</a></p>",
        tags=BODY_TAGS,
        base=BASE,
        article_url="",
    )
    facts = dict.fromkeys(("author", "credit", "summary_text", "image_alt"), EVIL)
    article = ferry(
        source, body_html=body.html, topics=[EVIL], url="javascript:x", image_url="javascript:x", **facts
    )
    with transaction():
        source.title = EVIL
    page = client.get(path_of(article)).text

    assert "&lt;script&gt;" in page
    for wrong in ("<script", "javascript:", " onclick", " onerror=alert(1)>"):
        assert wrong not in page.replace("onerror=alert(1)&gt;", "")
    assert first(LexborHTMLParser(page), "link[rel=canonical]").attributes["href"] == BASE + path_of(article)


def test_headings_of_the_text_stand_under_the_headline_and_pictures_have_a_word(
    client: FlaskClient, source: Source
) -> None:
    body = '<h1>One</h1><p>a</p><h4>Two</h4><img src="https://harbour.example/a.jpg"><h1>Three</h1>'
    parsed = shown(client, ferry(source, body_html=body, image_url="https://harbour.example/a.jpg"))

    assert [(node.tag, node.text()) for node in parsed.css(".text h1, .text h2, .text h3")] == [
        ("h2", "One"),
        ("h3", "Two"),
        ("h2", "Three"),
    ]
    assert [node.attributes["alt"] for node in parsed.css("img")] == [""]
    assert first(parsed, "meta[property='og:image']").attributes["content"] == "https://harbour.example/a.jpg"


def test_an_article_may_be_kept_and_holds_nobodys_links(
    client: FlaskClient, source: Source, clock: Traveller
) -> None:
    article = ferry(source)
    answer = client.get(path_of(article))
    again = client.get(path_of(article), headers={"If-None-Match": answer.headers["ETag"]})

    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in answer.headers
    assert again.status_code == 304
    for word in ("/unsubscribe/", "/preferences/", "/confirm/", "/account/"):
        assert word not in answer.text
