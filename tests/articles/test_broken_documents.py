"""What is no feed is told apart, what is broken is read as far as it goes, what attacks is refused at once."""

import time
from contextlib import suppress

import pytest

from newsletter.core.errors import FeedUnreadable
from tests.articles.documents import entries, json_feed, only, parsed, rss, titles

HALF_A_MEGABYTE = 500_000
MOST_SECONDS = 20
"""Of this process, however busy the machine is: what grows with the square of the input takes many minutes."""
BOMB = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<rss><channel><item><title>&c;</title></item></channel></rss>"""
XXE = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<rss><channel><item><title>&x;</title></item></channel></rss>"""
PARAMETER = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd"> %x;]>
<rss><channel><item><title>a</title></item></channel></rss>"""


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("<!DOCTYPE html><html><p>Hello", "web page"),
        ("<html><body>Hello</body></html>", "web page"),
        ('<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><p>Hello</p></html>', "web page"),
        ("<urlset><url/></urlset>", "'urlset'"),
        ("Not found", "neither XML nor JSON"),
        ("<rss><channel><title>Harbour", "broken at line 1"),
        ("<rss><channel>\n<item></chanel></rss>", "broken at line 2"),
        ("{}", "no list of items"),
        ("{", "no list of items"),
        ("[1, 2]", "not of WordPress posts"),
        ('{"items": 1', "no list of items"),
        ("[" * HALF_A_MEGABYTE, "JSON"),
        ('{"a":' * HALF_A_MEGABYTE, "JSON"),
    ],
)
def test_what_is_no_feed_is_called_what_it_looks_like(document: str, words: str) -> None:
    with pytest.raises(FeedUnreadable, match=words):
        parsed(document)


@pytest.mark.parametrize("document", [BOMB, XXE, PARAMETER])
def test_a_document_with_entities_of_its_own_is_refused(document: str) -> None:
    with pytest.raises(FeedUnreadable, match="entities of its own"):
        parsed(document)


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param("<a>" * (HALF_A_MEGABYTE // 3), id="deep"),
        pytest.param("<a/>" * (HALF_A_MEGABYTE // 2), id="many elements"),
        pytest.param("<" * HALF_A_MEGABYTE, id="brackets"),
        pytest.param("&" * HALF_A_MEGABYTE, id="ampersands"),
        pytest.param("<![CDATA[" * (HALF_A_MEGABYTE // 9), id="sections that never end"),
        pytest.param("<a " + " ".join(f'b{n}="c"' for n in range(50_000)) + "/>", id="attributes"),
        pytest.param(
            "<a " + " ".join(f'xmlns:b{n}="c"' for n in range(20_000)) + ">" + '<a xmlns:b="c"/>' * 20_000,
            id="namespaces",
        ),
        pytest.param("<item><author>" + "a." * (HALF_A_MEGABYTE // 2), id="author"),
        pytest.param(f"<item><title>{'<i>' * 150_000}".replace("<", "&lt;"), id="title"),
        pytest.param("<item>" + "".join(f"<category>{n}</category>" for n in range(20_000)), id="topics"),
        pytest.param("<item><pubDate>" + "1 " * (HALF_A_MEGABYTE // 2), id="date"),
    ],
)
def test_a_document_made_to_cost_time_costs_little(inside: str) -> None:
    whole = "<item><title>Ferry late</title></item>"
    began = time.process_time()
    with suppress(FeedUnreadable):
        parsed(f"<rss><channel>{whole}{inside}")

    assert time.process_time() - began < MOST_SECONDS


@pytest.mark.parametrize("tag", ["div", "ul><li", "blockquote", "b", "table><tr><td", "font"])
def test_html_that_is_nested_without_end_becomes_plain_text(tag: str) -> None:
    nested = f"<{tag}>" * 10_000 + "The ferry is late."
    began = time.process_time()
    entry = only(json_feed({"title": "a", "content_html": nested}))

    assert time.process_time() - began < MOST_SECONDS
    assert entry.summary_text == "The ferry is late."


def test_a_tag_with_attributes_without_end_becomes_plain_text() -> None:
    tag = "<a " + " ".join(f"b{number}=c" for number in range(15_000)) + ">The ferry is late.</a>"
    began = time.process_time()
    entry = only(json_feed({"title": "a", "content_html": tag}))

    assert time.process_time() - began < MOST_SECONDS
    assert entry.summary_text == "The ferry is late."


def test_what_came_before_the_break_is_kept() -> None:
    document = rss(*(f"<title>Ferry {number}</title>" for number in range(5)))

    assert titles(parsed(document[: document.index("Ferry 3")])) == ["Ferry 0", "Ferry 1", "Ferry 2"]


def test_of_an_entry_that_was_cut_off_the_whole_elements_are_kept() -> None:
    document = rss(
        "<title>a</title>", "<title>Ferry late</title><link>https://harbour.example/1</link><description>The"
    )
    entry = entries(parsed(document[: document.index("<description>") + 16]))[1]

    assert (entry.title, entry.url, entry.summary_text) == ("Ferry late", "https://harbour.example/1", "")


@pytest.mark.parametrize("cut", range(1, 140))
def test_a_json_feed_that_was_cut_off_is_read_as_far_as_it_is_whole(cut: int) -> None:
    document = json_feed({"title": "One", "tags": ["a", "b"]}, {"title": 'Two, "too" {}[]', "url": "/2"})
    feed = parsed(document[:-cut]) if '"items": [{' in document[:-cut] else None

    assert feed is None or set(titles(feed)) <= {"One", 'Two, "too" {}[]', "Untitled"}


def test_ampersands_and_entities_that_xml_does_not_know_are_understood() -> None:
    document = rss(
        "<title>Fish & chips&nbsp;&mdash; R&D &bogus; &#8217;s &#11; <![CDATA[ & <b>more</b>]]></title>"
    )

    assert only(document).title == "Fish & chips — R&D &bogus; ’s & more"  # noqa: RUF001 - a right quote.


def test_controls_that_xml_forbids_are_left_out() -> None:
    assert only(rss("<title>Ferry\x0b \x00late</title>")).title == "Ferry late"
