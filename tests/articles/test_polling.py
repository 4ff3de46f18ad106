"""Polling twice adds nothing, whatever a feed does with its ids; each article is kept whole."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from newsletter.articles import service
from newsletter.articles.models import Article, ArticleKey, Source
from newsletter.articles.parsers import ParsedFeed
from newsletter.articles.queries import available
from newsletter.core.db import db
from tests.articles.documents import item, parsed, rss

SITE = "https://harbour.example/"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

Make = Callable[[int, int], str]


@pytest.fixture
def added(app: Flask) -> Source:
    return service.add_source("https://harbour.example/feed", credit="Harbour Desk")


def articles() -> list[Article]:
    return list(db.session.scalars(select(Article).order_by(Article.id)))


def feed_of(make: Make, poll: int) -> ParsedFeed:
    return parsed(rss(*(make(number, poll) for number in range(3))))


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda n, _: item(guid=f"{n}", link=f"{SITE}{n}"), id="ids and links"),
        pytest.param(lambda n, _: item(guid=f"{n}"), id="ids only"),
        pytest.param(lambda n, _: item(link=f"{SITE}{n}"), id="links only"),
        pytest.param(lambda n, _: item(title=f"{n}"), id="neither"),
        pytest.param(lambda n, p: item(guid=f"{n}-{p}", link=f"{SITE}{n}"), id="changing ids"),
        pytest.param(lambda n, p: item(guid=f"{n}", link=f"{SITE}{n}/{p}"), id="changing links"),
        pytest.param(lambda n, p: item(link=f"{SITE}{n}?utm_source=poll{p}#c"), id="changing tracking"),
        pytest.param(lambda n, p: item(title=f"{n} ({p})", guid=f"{n}"), id="changing titles"),
        pytest.param(lambda n, _: item(title=f"{n}", guid="same", link=SITE), id="one id and link for all"),
        pytest.param(
            lambda n, p: item(title=f"{n}", guid=f"{n}-{p}" if n else ""), id="changing ids without links"
        ),
    ],
)
def test_polling_twice_adds_nothing(make: Make, added: Source, request: pytest.FixtureRequest) -> None:
    first = service.record(added.id, feed_of(make, 1))
    second = service.record(added.id, feed_of(make, 2))

    assert (first.new, first.known) == (3, 0)
    # Where neither an id nor a link lasts, an id that is new means an article that is new.
    assert second.new == (2 if request.node.callspec.id == "changing ids without links" else 0)


def test_an_article_that_changed_its_id_and_then_its_link_is_still_the_same(added: Source) -> None:
    for guid, link in [("1", "a"), ("2", "a"), ("2", "b"), ("3", "b")]:
        service.record(added.id, parsed(rss(item(guid=guid, link=SITE + link))))

    assert len(articles()) == 1


def test_an_entry_that_stands_twice_in_a_feed_is_one_article(added: Source) -> None:
    twice = item(guid="1", link=f"{SITE}1")

    assert service.record(added.id, parsed(rss(twice, twice))).new == 1
    assert service.record(added.id, parsed(rss(twice))).new == 0


def test_one_article_in_two_sources_is_two_articles(added: Source) -> None:
    other = service.add_source("https://other.example/feed")
    feed = parsed(rss(item(guid="1", link=f"{SITE}1")))

    assert (service.record(added.id, feed).new, service.record(other.id, feed).new) == (1, 1)


def test_an_article_is_kept_with_all_there_is_to_show(added: Source, clock: time_machine.Traveller) -> None:
    clock.move_to(NOON)
    entry = (
        "<title>Ferry late</title><link>https://harbour.example/1</link><dc:creator>Ines Marlow</dc:creator>"
        "<description>Late.</description><content:encoded>&lt;p&gt;Late again.&lt;/p&gt;</content:encoded>"
        "<category>Harbour</category><pubDate>Sun, 22 Nov 2026 08:00:00 GMT</pubDate>"
        '<enclosure url="https://harbour.example/1.jpg" type="image/jpeg"/>'
    )
    service.record(added.id, parsed(rss(entry)))

    (kept,) = articles()
    assert (kept.title, kept.author, kept.credit) == ("Ferry late", "Ines Marlow", "Harbour Desk")
    assert (kept.summary_html, kept.summary_text, kept.body_html) == (
        "<p>Late.</p>",
        "Late.",
        "<p>Late again.</p>",
    )
    assert (kept.topics, kept.image_url) == (["Harbour"], "https://harbour.example/1.jpg")
    assert (kept.published_at, kept.date_is_guess) == (datetime(2026, 11, 22, 8, tzinfo=UTC), False)
    assert (kept.recorded_at, kept.available_at) == (NOON, NOON)


def test_an_article_of_the_near_future_is_available_when_its_time_comes(
    added: Source, clock: time_machine.Traveller
) -> None:
    clock.move_to(NOON)
    service.record(added.id, parsed(rss(item() + "<pubDate>Mon, 23 Nov 2026 18:00:00 GMT</pubDate>")))
    evening = NOON + timedelta(hours=6)

    assert available([added.id], NOON, evening) == []
    assert [article.title for article in available([added.id], evening, evening + timedelta(hours=1))] == [
        "Ferry late"
    ]


def test_the_newest_available_article_comes_first(added: Source) -> None:
    dated = [
        item(guid=f"{day}", title=f"{day}") + f"<pubDate>{day} Nov 2026 08:00 GMT</pubDate>" for day in (3, 9, 6)
    ]
    service.record(added.id, parsed(rss(*dated)))

    found = available([added.id], datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))
    assert [article.title for article in found] == ["9", "6", "3"]


def test_two_polls_at_once_add_each_article_once(app: Flask, added: Source) -> None:
    feed = parsed(rss(*(item(title=f"{number}", guid=f"{number}") for number in range(40))))
    starting = threading.Barrier(4)
    recorded: list[int] = []

    def record() -> None:
        with app.app_context():
            starting.wait()
            recorded.append(service.record(added.id, feed).new)

    threads = [threading.Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(recorded) == [0, 0, 0, 40]
    assert db.session.scalar(select(func.count()).select_from(ArticleKey)) == 80
