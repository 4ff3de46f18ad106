"""Titles, names and topics as feeds write them, and as they are shown."""

import pytest

from newsletter.articles.parsers import text
from tests.articles.documents import json_feed, only, rss

SMALL = "<media:content url='/s.jpg' medium='image' width='140'/>"
LARGE = "<media:content url='/l.jpg' type='image/jpeg' width='700'/>"
VIDEO = "<media:content url='/v.mp4' type='video/mp4'/>"
ENCLOSED = "<enclosure url='/e.jpg' type='image/jpeg' length='1'/>"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Fish &amp; chips", "Fish & chips"),
        ("Fish &amp;amp; chips", "Fish & chips"),
        ("Fish &amp;amp;amp; chips", "Fish & chips"),
        ("It&amp;#8217;s &amp;mdash; late", "It\u2019s — late"),
        ("&lt;em&gt;Ferry&lt;/em&gt; late", "Ferry late"),
        ("&amp;lt;b&amp;gt;Ferry&amp;lt;/b&amp;gt;", "Ferry"),
        ("<![CDATA[<a href='x'>Ferry</a><br/>late]]>", "Ferry late"),
        ("<![CDATA[a < b & vector<int> > 2]]>", "a < b & vector<int> > 2"),
        ("Ferry <![CDATA[<script>alert(1)</script>]]>", "Ferry alert(1)"),
        ("  Ferry\n\t late\u2028now ", "Ferry late now"),
        ("=?utf-8?q?=0ABcc:_x@example.org?=", "= ?utf-8?q?=0ABcc:_x@example.org?="),
        ("\u202eetal yrreF\u202c", "etal yrreF"),
        ("\ue000unsubscribe_url\ue001", "unsubscribe_url"),
        ("Ferry 🛳️ late", "Ferry 🛳️ late"),
        ("Ferry " + "very " * 100 + "late", "Ferry " + "very " * 57 + "very…"),
        ("x" * 10_000, "x" * 299 + "…"),
    ],
)
def test_a_title_is_plain_text_on_one_line(title: str, shown: str) -> None:
    assert only(rss(f"<title>{title}</title>")).title == shown


def test_an_article_without_a_title_is_called_by_its_first_words() -> None:
    words = "The ferry is late again, " * 9

    assert only(rss(f"<description>{words}</description>")).title.startswith("The ferry is late again")
    assert len(only(rss(f"<description>{words}</description>")).title) <= 90
    assert only(rss("<link>https://harbour.example/1</link>")).title == "Untitled"


@pytest.mark.parametrize(
    ("author", "shown"),
    [
        ("Ines Marlow", "Ines Marlow"),
        ("ines@example.org (Ines Marlow)", "Ines Marlow"),
        ("Ines Marlow &lt;ines@example.org&gt;", "Ines Marlow"),
        ("ines@example.org", ""),
        ("mailto:ines@example.org", ""),
        ("By Ines Marlow", "Ines Marlow"),
        ("&lt;b&gt;Ines&lt;/b&gt;  Marlow", "Ines Marlow"),
        ("<name>Ines Marlow</name><email>ines@example.org</email>", "Ines Marlow"),
        ("<name></name><email>ines@example.org</email>", ""),
    ],
)
def test_an_author_is_a_name_and_never_an_address(author: str, shown: str) -> None:
    assert only(rss(f"<title>a</title><author>{author}</author>")).author == shown


def test_several_authors_are_named_once_each() -> None:
    creators = "".join(f"<dc:creator>{name}</dc:creator>" for name in ["Ines Marlow", "Bo Quay", "Ines Marlow"])

    assert only(rss(f"<title>a</title><author>x@example.org</author>{creators}")).author == "Ines Marlow, Bo Quay"


@pytest.mark.parametrize(
    "credit",
    [
        '<source url="https://wire.example/rss">Coast Wire</source>',
        "<dc:source>https://wire.example/1</dc:source><dc:publisher>Coast Wire</dc:publisher>",
        "<atom:source><atom:title>Coast Wire</atom:title></atom:source>",
    ],
)
def test_where_an_article_comes_from_is_its_credit(credit: str) -> None:
    assert only(rss(f"<title>a</title>{credit}")).credit == "Coast Wire"


def test_topics_come_once_each_and_no_more_than_ten() -> None:
    named = ["Harbour", "harbour", "Uncategorized", "", "https://tags.example/x", "Fish &amp;amp; chips"]
    terms = "".join(f"<category>{term}</category>" for term in [*named, *map(str, range(20))])

    assert only(rss(f"<title>a</title>{terms}")).topics == ("Harbour", "Fish & chips", *map(str, range(8)))


def test_an_excerpt_ends_with_a_sentence_if_one_ends_near() -> None:
    words = "The ferry is late. " * 30

    assert text.excerpt(words) == ("The ferry is late. " * 21).strip()


def test_an_excerpt_ends_with_a_word_otherwise() -> None:
    assert text.excerpt("ferry " * 100) == ("ferry " * 66).strip() + "…"
    assert text.excerpt("船" * 500) == "船" * 399 + "…"


def test_a_short_text_is_its_own_excerpt() -> None:
    assert text.excerpt("The ferry is late [...]") == "The ferry is late…"


def test_a_long_description_is_the_article_and_its_beginning_the_summary() -> None:
    description = "<p>The ferry is late.</p>" * 60
    entry = only(json_feed({"title": "a", "url": "/1", "content_html": description}))
    same = only(rss(f"<title>a</title><description><![CDATA[{description}]]></description>"))

    assert entry.body_html == same.body_html == description
    assert entry.summary_html == same.summary_html == f"<p>{entry.summary_text}</p>"
    assert 200 < len(entry.summary_text) <= 400


@pytest.mark.parametrize(
    ("markup", "picture"),
    [
        (f"{SMALL}{LARGE}", "/l.jpg"),
        (f"<media:group>{VIDEO}<media:thumbnail url='/t.jpg'/></media:group>", "/t.jpg"),
        (f"<enclosure url='/talk.mp3' type='audio/mpeg'/>{ENCLOSED}", "/e.jpg"),
        ("<description>&lt;img src='/dot.gif' width=1&gt;&lt;img src='/i.jpg'&gt;</description>", "/i.jpg"),
        (f"<media:content url='https://secure.gravatar.com/avatar/x' medium='image'/>{ENCLOSED}", "/e.jpg"),
        ("<media:content url='javascript:alert(1)' medium='image'/>", ""),
        ("<media:content url='/icon.png' medium='image' width='16'/>", ""),
    ],
)
def test_the_lead_picture_is_the_best_one_that_a_mail_can_show(markup: str, picture: str) -> None:
    channel = '<title>h</title><link xml:base="https://harbour.example/">/</link>'
    entry = only(rss(f"<title>a</title>{markup}", channel=channel))

    assert entry.image_url == (f"https://harbour.example{picture}" if picture else "")
