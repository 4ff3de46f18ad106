"""When two entries are one article."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.articles.policy import Identity, Keys, canonical_url, identity_keys, published_or_guessed

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SITE = "https://harbour.example/"


def keys(*document: Identity) -> list[Keys]:
    return identity_keys(document, site_url=SITE)


def is_known(entry: Keys, to: Keys) -> bool:
    return not set(entry.known_by).isdisjoint(to.remembered)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://Harbour.Example/A", "https://harbour.example/A"),
        ("http://harbour.example:80/a#top", "https://harbour.example/a"),
        ("https://harbour.example:443", "https://harbour.example/"),
        ("https://harbour.example:8443/", "https://harbour.example:8443/"),
        ("https://harbour.example/?utm_source=rss&id=1&fbclid=x&UTM_Medium=y", "https://harbour.example/?id=1"),
        ("https://harbour.example/?utm_source=rss", "https://harbour.example/"),
        ("", ""),
    ],
)
def test_links_to_one_page_have_one_spelling(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


def test_an_entry_is_known_by_its_id_when_its_link_changed() -> None:
    (before,), (after,) = keys(Identity("1", SITE + "a", "t", "")), keys(Identity("1", SITE + "b", "u", ""))

    assert is_known(after, before)


def test_an_entry_is_known_by_its_link_when_its_id_changed() -> None:
    (before,), (after,) = keys(Identity("1", SITE + "a", "t", "")), keys(Identity("2", SITE + "a", "u", ""))

    assert is_known(after, before)


def test_an_entry_without_id_and_link_is_known_by_its_text() -> None:
    (before,), (after,) = keys(Identity("", "", "t", "Mon")), keys(Identity("", "", "t", "Tue"))

    assert is_known(after, before)


def test_one_headline_with_two_ids_is_two_articles() -> None:
    first, second = keys(Identity("1", "", "t", ""), Identity("2", "", "t", ""))

    assert not is_known(second, first)


def test_an_id_or_link_that_several_entries_have_tells_nothing() -> None:
    first, second = keys(Identity("0", SITE + "news", "t", ""), Identity("0", SITE + "news", "u", ""))

    assert not is_known(second, first)
    assert all(key.startswith("text:") for key in (*first.known_by, *second.known_by))


def test_the_link_of_the_whole_site_tells_nothing() -> None:
    (before,), (after,) = keys(Identity("1", SITE, "t", "")), keys(Identity("2", SITE, "u", ""))

    assert not is_known(after, before)


def test_an_entry_that_stands_twice_in_a_document_keeps_its_id() -> None:
    twice = Identity("1", SITE + "a", "t", "Mon")
    first, second = keys(twice, twice)

    assert first == second
    assert len(first.known_by) == 2


def test_two_dates_tell_two_entries_apart_that_have_nothing_else() -> None:
    first, second = keys(Identity("", "", "t", "Mon"), Identity("", "", "t", "Tue"))

    assert not is_known(second, first)


def test_a_date_that_can_be_believed_stays() -> None:
    for date in (NOON - timedelta(days=9000), NOON, NOON + timedelta(hours=20)):
        assert published_or_guessed(date, recorded_at=NOON) == (date, False)


@pytest.mark.parametrize("date", [None, datetime(1970, 1, 1, tzinfo=UTC), NOON + timedelta(days=2)])
def test_a_date_that_cannot_be_believed_becomes_the_moment_we_saw_the_article(date: datetime | None) -> None:
    assert published_or_guessed(date, recorded_at=NOON) == (NOON, True)
