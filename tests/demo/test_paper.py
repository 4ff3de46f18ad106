"""The paper's data is whole: what one entry forgets, a reader would miss."""

import struct
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.demo.content import FOLDER, Article, Paper, read_paper, slugify

STARTED = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def paper() -> Paper:
    return read_paper(STARTED)


def age(article: Article) -> timedelta:
    return STARTED - article.published_at


def test_there_are_some_hundred_articles(paper: Paper) -> None:
    assert 90 <= len([article for article in paper.articles if age(article) > timedelta(0)]) <= 120


def test_each_article_says_all_that_a_reader_expects(paper: Paper) -> None:
    for article in paper.articles:
        assert 10 <= len(article.headline) <= 90, article.headline
        assert 20 <= len(article.summary) <= 260, article.headline
        assert 2 <= len(article.paragraphs) <= 4, article.headline
        assert all(paragraph for paragraph in article.paragraphs)
        assert article.source
        assert article.topics


def test_no_two_articles_share_a_slug(paper: Paper) -> None:
    slugs = [article.slug for article in paper.articles]

    assert len(set(slugs)) == len(slugs)


def test_ages_reach_from_the_last_day_to_ten_days_ago(paper: Paper) -> None:
    ages = [age(article) for article in paper.articles]

    assert len([one for one in ages if timedelta(0) < one <= timedelta(hours=24)]) >= 20
    assert all(one <= timedelta(days=10) for one in ages)
    for day in range(1, 10):
        assert any(timedelta(days=day) <= one < timedelta(days=day + 1) for one in ages), day


def test_some_articles_are_still_to_come(paper: Paper) -> None:
    assert len([article for article in paper.articles if age(article) < timedelta(0)]) >= 3


def test_each_member_of_staff_writes_and_has_one_sentence_about_them(paper: Paper) -> None:
    for author in paper.staff.values():
        assert any(article.author == author for article in paper.articles), author.name
        assert author.about.startswith((author.name, f"{author.name}'s"))
        assert author.about.endswith(".")


def test_some_articles_are_credited_to_an_agency(paper: Paper) -> None:
    assert {article.source for article in paper.articles} >= {"Coastal Press Agency", "Northern Sea Wire"}


def test_each_desk_has_articles_and_some_of_them_pictures(paper: Paper) -> None:
    for desk in paper.desks.values():
        own = [article for article in paper.articles if article.desk == desk]
        assert desk.format == "live" or any(article.picture for article in own), desk.name


def test_each_drawing_has_its_source_its_words_and_a_small_picture(paper: Paper) -> None:
    drawn = {file.stem for file in (FOLDER / "pictures").glob("*.svg")}

    assert drawn == set(paper.pictures)
    for picture in paper.pictures.values():
        data = picture.file.read_bytes()
        assert struct.unpack(">II", data[16:24]) == (1200, 630)
        assert len(data) < 60_000
        assert picture.alt.endswith(".")


def test_a_slug_has_only_letters_digits_and_hyphens() -> None:
    assert slugify("Café 3, Pell\u2019s 0: “Ça va”") == "cafe-3-pells-0-ca-va"
