"""Two things that feeds claim and often get wrong."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.parsers.dates import first_date
from tests.articles.documents import only, rss


@pytest.mark.parametrize(
    "date",
    [
        "Fri, 20 Nov 2026 08:30:00 +0100",
        "Fri, 20 Nov 2026 07:30:00 GMT",
        "20 Nov 2026 02:30:00 EST",
        "2026-11-20T08:30:00+01:00",
        "2026-11-20T07:30:00Z",
        "2026-11-20 07:30:00",
        "2026/11/20 7:30:00",
        "\n  Fri, 20 Nov 2026 07:30:00 GMT\n  ",
        "Sex, 20 Nov 2026 04:30:00 -0300",
        "20 novembre 2026 07:30:00 +0000",
    ],
)
def test_dates_are_read_in_many_spellings(date: str) -> None:
    assert first_date([date]) == datetime(2026, 11, 20, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize("date", ["", "yesterday", "2026-13-41", "99 Foo 2026", "1" * 5, "0000-00-00 00:00:00"])
def test_what_is_no_date_is_none(date: str) -> None:
    assert first_date([date]) is None


@given(st.text(max_size=60))
def test_no_text_at_all_breaks_the_reading_of_dates(date: str) -> None:
    found = first_date([date])

    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("document", "charset"),
    [
        ("<title>Fähre später</title>".encode(), ""),
        ("<title>Fähre später</title>".encode(), "iso-8859-1"),
        ("<title>Fähre später</title>".encode("cp1252"), "iso-8859-1"),
        ("<title>Fähre später</title>".encode("cp1252"), ""),
        ("<title>Fähre später</title>".encode("cp1252"), "utf-7"),
        ("<title>Fähre später</title>".encode("cp1252"), "rot13"),
        (b"<title>F\xc3\xa4hre sp\xc3\xa4ter</title>", "no-such-set"),
    ],
)
def test_the_true_encoding_wins_over_the_claimed_one(document: bytes, charset: str) -> None:
    assert (
        only(b"<rss><channel><item>" + document + b"</item></channel></rss>", charset=charset).title
        == "Fähre später"
    )


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "koi8-r", "gb2312", "Shift_JIS"]
)
def test_the_encoding_of_the_xml_declaration_is_honoured(encoding: str) -> None:
    title = {"koi8-r": "Паром", "gb2312": "渡轮", "Shift_JIS": "フェリー"}.get(encoding, "Fähre")
    document = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>{rss(f"<title>{title}</title>")}'

    assert only(document.encode(encoding)).title == title
