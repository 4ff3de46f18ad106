"""Each format, in each version, comes to the same."""

from datetime import UTC, datetime

import pytest

from newsletter.articles.policy import SourceKind
from tests.articles.documents import entries, json_feed, only, parsed, post, rss, text, titles, wordpress

RSS_091 = """
<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE rss PUBLIC "-//Example//DTD RSS 0.91//EN" "http://dtd.example/rss-0.91.dtd">
<rss version="0.91"><channel><title>Harbour News</title><link>https://harbour.example/</link>
<item><title>Ferry late</title><link>https://harbour.example/1</link></item>
</channel></rss>
"""
RSS_090 = """
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">
<channel><title>Harbour News</title><link>https://harbour.example/</link></channel>
<item><title>Ferry late</title><link>https://harbour.example/1</link></item>
</rdf:RDF>
"""
RDF = """
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://harbour.example/"><title>Harbour News</title>
<link>https://harbour.example/</link><items><rdf:Seq/></items></channel>
<item rdf:about="https://harbour.example/1"><title>Ferry late</title><link>https://harbour.example/1</link>
<dc:creator>Ines Marlow</dc:creator><dc:date>2026-11-20T08:30:00+01:00</dc:date></item>
</rdf:RDF>
"""
ATOM = """
<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:title>Harbour News</a:title>
<a:link rel="self" href="https://harbour.example/atom"/><a:link href="https://harbour.example/"/>
<a:author><a:name>Ines Marlow</a:name><a:email>ines@example.org</a:email></a:author>
<a:entry><a:id>tag:1</a:id><a:title>Ferry late</a:title><a:link href="https://harbour.example/1"/>
<a:updated>2026-11-21T00:00:00Z</a:updated><a:published>2026-11-20T08:30:00+01:00</a:published></a:entry>
</a:feed>
"""
ATOM_03 = """
<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Harbour News</title>
<link rel="alternate" href="https://harbour.example/"/>
<entry><id>tag:1</id><title>Ferry late</title><link rel="alternate" href="https://harbour.example/1"/>
<issued>2026-11-20T08:30:00+01:00</issued></entry></feed>
"""
JSON = json_feed({"id": 1, "url": "https://harbour.example/1", "title": "Ferry late"}, home_page_url="/")
SITE = "https://harbour.example/"
REL = 'rel="noopener"'
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
RSS_20 = rss("<title>Ferry late</title><link>https://harbour.example/1</link>")


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        pytest.param(RSS_090, SourceKind.RSS, id="RSS 0.90"),
        pytest.param(RSS_091, SourceKind.RSS, id="RSS 0.91"),
        pytest.param(RSS_20, SourceKind.RSS, id="RSS 2.0"),
        pytest.param(RDF, SourceKind.RSS, id="RDF"),
        pytest.param(ATOM, SourceKind.ATOM, id="Atom 1.0"),
        pytest.param(ATOM_03, SourceKind.ATOM, id="Atom 0.3"),
        pytest.param(JSON, SourceKind.JSON, id="JSON Feed"),
    ],
)
def test_each_format_names_its_site_and_its_articles(document: str, kind: SourceKind) -> None:
    feed = parsed(document)

    assert (feed.title, feed.site_url, feed.kind) == ("Harbour News", "https://harbour.example/", kind)
    assert [(entry.title, entry.url) for entry in entries(feed)] == [("Ferry late", "https://harbour.example/1")]


@pytest.mark.parametrize("document", [RDF, ATOM])
def test_author_and_date_come_along(document: str) -> None:
    entry = only(document)

    assert entry.author == "Ines Marlow"
    assert entry.published_at == datetime(2026, 11, 20, 7, 30, tzinfo=UTC)


def test_a_namespace_that_nobody_declared_is_taken_by_its_usual_prefix() -> None:
    document = "<rss><channel><item><title>a</title><dc:creator>Ines</dc:creator></item></channel></rss>"

    assert only(document).author == "Ines"


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("<content>1 &lt; 2 &amp; so on\n\nEnd</content>", "<p>1 &lt; 2 &amp; so on</p><p>End</p>"),
        ('<content type="html">&lt;p&gt;A &lt;i&gt;b&lt;/i&gt;&lt;/p&gt;</content>', "<p>A <i>b</i></p>"),
        (f'<content type="xhtml"><div {XHTML}><p>A &lt; b</p></div></content>', "<div><p>A &lt; b</p></div>"),
        ('<content type="xhtml"><x:p xmlns:x="http://www.w3.org/1999/xhtml">A</x:p></content>', "<p>A</p>"),
        ('<content type="image/png">iVBORw0KGgo=</content>', ""),
        ('<content type="html" xml:base="/b/">&lt;a href="c"&gt;A</content>', f'<a href="{SITE}b/c" {REL}>A</a>'),
    ],
)  # fmt: skip
def test_atom_content_is_read_as_what_it_says_it_is(content: str, shown: str) -> None:
    feed = '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://harbour.example/"><entry><title>a</title>'

    assert only(f"{feed}{content}</entry></feed>").body_html == shown


def test_each_link_starts_from_the_base_of_its_element() -> None:
    feed = '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/a/"><link href="." xml:base="/b/"/>'
    document = f'{feed}<entry xml:base="c/"><title>a</title><link href="1"/></entry></feed>'

    assert parsed(document).site_url == f"{SITE}b/"
    assert only(document).url == f"{SITE}a/c/1"


def test_halves_of_characters_that_json_can_spell_become_question_marks() -> None:
    document = r'{"items": [{"id": "\ud800", "title": "\ud83d\udef3 \ud800", "content_html": "\u0000\udc00"}]}'

    assert only(document).title == "\U0001f6f3 ?"


def test_a_json_feed_has_authors_tags_pictures_and_plain_text() -> None:
    entry = only(
        json_feed(
            {
                "id": "1",
                "url": "https://harbour.example/1",
                "content_text": "One < two.\n\nThree.",
                "summary": "Short & plain",
                "image": "/lead.jpg",
                "tags": ["Harbour", 7],
                "authors": [{"name": "Ines Marlow"}, {"name": "Bo Quay"}, "nobody"],
                "date_published": "2026-11-20T08:30:00Z",
            }
        )
    )

    assert entry.body_html == "<p>One &lt; two.</p><p>Three.</p>"
    assert (entry.title, entry.summary_text) == ("Short & plain", "Short & plain")
    assert (entry.author, entry.topics) == ("Ines Marlow, Bo Quay", ("Harbour",))
    assert entry.image_url == "https://harbour.example/lead.jpg"


def test_wordpress_posts_come_with_what_was_embedded() -> None:
    embedded = {
        "author": [{"name": "Ines Marlow"}],
        "wp:featuredmedia": [{"source_url": "https://harbour.example/lead.jpg", "alt_text": "The ferry"}],
        "wp:term": [[{"name": "Harbour"}, {"name": "Uncategorized"}], [{"name": "Ferries &amp; quays"}]],
    }
    entry = only(wordpress(post(_embedded=embedded)))

    assert (entry.title, entry.author) == ("Ferry ‘late’", "Ines Marlow")  # noqa: RUF001 - as WordPress writes.
    assert (entry.image_url, entry.image_alt) == ("https://harbour.example/lead.jpg", "The ferry")
    assert entry.topics == ("Harbour", "Ferries & quays")
    assert (entry.summary_text, entry.body_html) == ("The ferry is late…", "<p>The ferry is late again.</p>")
    assert entry.published_at == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


def test_a_protected_wordpress_post_shows_its_title_only() -> None:
    entry = only(wordpress(post(content={"rendered": "<form>Password</form>", "protected": True})))

    assert (entry.title, entry.summary_html, entry.body_html) == ("Ferry ‘late’", "", "")  # noqa: RUF001


def test_no_more_than_five_hundred_entries_are_looked_at() -> None:
    items = [f"<title>{number}</title>" for number in range(700)]

    assert list(titles(parsed(rss(*items)))) == [str(number) for number in range(500)]
    assert len(parsed(json_feed(*({"title": str(number)} for number in range(700)))).drafts) == 500


def test_a_leading_blank_line_and_a_byte_order_mark_do_no_harm() -> None:
    assert titles(parsed("\n\n" + text(RSS_091))) == ["Ferry late"]
    assert titles(parsed("\ufeff" + text(JSON))) == ["Ferry late"]
