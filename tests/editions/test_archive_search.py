"""The search of the archive: words and beginnings of words, in scripts of all kinds, and whatever is typed."""

import pytest
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import update

from newsletter.core.db import db, transaction
from newsletter.editions import service
from newsletter.editions.models import EditionText
from newsletter.editions.policy.words import MOST_WORDS, kept_words, search_words
from newsletter.editions.queries.searching import WALKED
from newsletter.mail.house import House
from tests import make
from tests.editions.test_archive import EVIL, numbers, sent, several, turn

FOUND = ("ferry", "FERRY", "Ferr", "market ferry", "quay", "übersee", "ÜBERSEE", "ubersee", "100%", "", "\x00")
HOSTILE = (
    *(
        "ferry balloon",
        "1%0",
        "_erry",
        "' OR 1=1 --",
        "/%",
        "\\",
        "f",
        "*",
        '"',
        "'",
        "ferry' | 'x",
        "!ferry nothing",
    ),
    *('" OR "a', "ferry NEAR balloon", "ferry AND NOT market", "words:ferry*nothing", "-ferry nothing", "a" * 100),
    *("ferry:*nothing", "NEAR(ferry nothing)", "{words} : balloon", "^balloon", "\ud7ff", "() nothing", "& |"),
)
"""What somebody types who knows how databases are asked; nothing of it is in the edition."""


@pytest.mark.parametrize("typed", FOUND)
def test_a_search_finds_each_word_in_subject_headlines_and_summaries(client: FlaskClient, typed: str) -> None:
    sent(make.newsletter(), "Ferry runs again", "Fish market 100% full", "Fracht aus Übersee")

    answer = client.get("/courier/archive", query_string={"q": typed})

    assert (answer.status_code, "Ferry runs again" in answer.text) == (200, True)


@pytest.mark.parametrize("typed", HOSTILE)
def test_a_search_takes_signs_as_they_are(client: FlaskClient, typed: str) -> None:
    sent(make.newsletter(), "Ferry runs again", "Fish market 100% full")

    answer = client.get("/courier/archive", query_string={"q": typed})

    assert (answer.status_code, "Ferry runs again" in answer.text) == (200, False)


def test_a_search_stays_in_its_newsletter(client: FlaskClient) -> None:
    sent(make.newsletter(), "Ferry runs again")
    sent(make.newsletter("evening"), "Balloon over the quay")

    assert numbers(client, "/courier/archive?q=balloon") == []


def test_a_search_turns_its_pages_too(client: FlaskClient) -> None:
    several(make.newsletter(), 30)
    second = turn(client, "/courier/archive?q=story+day", "next")

    assert "q=story+day" in second
    assert numbers(client, second) == list(range(10, 0, -1))
    assert 'content="noindex, follow"' in client.get(second).text


def test_a_search_finds_what_is_older_than_all_editions_it_looks_at_one_by_one(client: FlaskClient) -> None:
    oldest = several(make.newsletter(), WALKED + 2)[0]
    with transaction():
        db.session.execute(update(EditionText).values(words="harbour"))
        first = update(EditionText).where(EditionText.edition_id == oldest.id)
        db.session.execute(first.values(words="harbour ferry"))

    assert numbers(client, "/courier/archive?q=ferry") == [1]
    assert numbers(client, f"/courier/archive?q=ferry&before={WALKED}") == [1]
    assert numbers(client, "/courier/archive?q=fe+har&after=1") == [1]
    assert numbers(client, "/courier/archive?q=ferry+quay") == []
    assert numbers(client, "/courier/archive?q=harbour") == list(range(WALKED + 2, WALKED - 18, -1))


@pytest.mark.parametrize("typed", [EVIL, "a " * 40_000, "x" * 90_000, "%" * 5_000, "\ud7ff💥" * 2_000])
def test_no_search_breaks_the_page(client: FlaskClient, typed: str) -> None:
    sent(make.newsletter())

    answer = client.get("/courier/archive", query_string={"q": typed})

    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "<img" not in answer.text
    assert len(answer.text) < 20_000


@pytest.mark.parametrize(
    "typed", ["港", "町", "港町", "新しい", "市場", "ميناء", "якор", "Straße", "STRASSE", "สวัส"]
)
def test_a_search_finds_words_of_all_scripts(client: FlaskClient, typed: str) -> None:
    sent(
        make.newsletter(),
        "港町の新しい市場",
        "ميناء المدينة",
        "Якорь и эль",
        "Neue Strasse, alte Straße",
        "สวัสดีครับ",
    )

    assert numbers(client, f"/courier/archive?q={typed}") == [1]


def test_an_edition_is_found_as_soon_as_it_is_on_its_way_and_not_before(house: House, client: FlaskClient) -> None:
    edition = make.edition(make.newsletter(), [make.article(make.source(), "Ferry runs again")])
    service.index_all()
    assert numbers(client, "/courier/archive?q=ferry") == []
    service.send(edition.id, house)

    assert numbers(client, "/courier/archive?q=ferry") == [1]
    service.index_all()
    assert db.session.query(EditionText).count() == 1


@given(st.text(max_size=300), st.text(max_size=300))
@example("\N{SERVICE MARK}", "\N{SERVICE MARK}")
def test_each_typed_word_of_a_text_is_found_in_it(text: str, typed: str) -> None:
    words = search_words(typed)

    assert len(words) <= MOST_WORDS
    assert all(word.isalnum() and word == word.casefold() for word in words if word.isascii())
    kept = kept_words([text]).split(" ")
    assert all(any(each.startswith(word) for each in kept) for word in search_words(text))
