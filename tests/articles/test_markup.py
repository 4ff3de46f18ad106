"""What of a stranger's HTML may be shown."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from newsletter.articles.parsers import markup
from newsletter.articles.parsers.urls import web_url
from tests.articles.documents import json_feed, only, rss

BASE = "https://harbour.example/news/"
ARTICLE = "https://harbour.example/news/ferry"
ATTRIBUTES = {"href", "src", "alt", "width", "height", "rel"}

PIECES = [
    "<", ">", "</", "/>", "<!--", "-->", "--!>", "<![CDATA[", "]]>", "<?", '"', "'", "`", "=", " ", "\n",
    "\x00", "&", "&lt;", "&#x6a;", "&colon;", "&Tab;", "javascript:", "JaVaScRiPt:", "vbscript:",
    "data:text/html,", "https://u:p@h/", "//h/x", "a", "img", "svg", "math", "style", "script", "noscript",
    "template", "iframe", "form", "table", "mtext", "title", "p", "textarea", "xmp", "foreignObject",
    "annotation-xml", " href=", " src=", " srcset=", " style=", " onerror=", " onload=", " id=x",
    " class=x", " xlink:href=", " formaction=", " background=", "alert(1)", "text", "é", "\ud7ff",
    "\u202e", "\ue000title\ue001",
]  # fmt: skip
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


def elements(html: str) -> Iterator[tuple[str, dict[str, str]]]:
    """What a browser makes of the result: each element, and each other thing that is not text."""
    root = LexborHTMLParser(html).body
    assert root is not None
    for node in root.traverse():
        if node.mem_id != root.mem_id:
            yield node.tag or "", {name: value or "" for name, value in node.attributes.items()}


def body(raw: str) -> str:
    return markup.read(raw, tags=markup.BODY_TAGS, base=BASE, article_url=ARTICLE).html


@settings(max_examples=400, deadline=None)
@given(HOSTILE)
def test_nothing_active_comes_through(raw: str) -> None:
    for tag, attributes in elements(body(raw)):
        assert tag in markup.BODY_TAGS
        assert set(attributes) <= ATTRIBUTES
        for name in {"href", "src"} & set(attributes):
            assert re.match(r"(?:https?://[^@/?#]+(?:[/?#]|$)|mailto:)", attributes[name])


@settings(max_examples=400, deadline=None)
@given(HOSTILE)
@example("data:text/html,/>/>/>/>/>javascript:javascript:data:text/html,data:text/html,foreignObject")
def test_what_is_clean_stays_as_it_is(raw: str) -> None:
    once = body(raw)

    assert body(once) == once


@settings(max_examples=400, deadline=None)
@given(HOSTILE)
def test_titles_and_texts_are_one_line_without_controls(raw: str) -> None:
    entry = only(json_feed({"id": "1", "url": ARTICLE, "title": raw, "content_html": raw, "tags": [raw]}))

    for shown in (entry.title, entry.summary_text, entry.image_alt, *entry.topics):
        assert shown == " ".join(shown.split())
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\ue000\ue001]|=\\?", shown)


@pytest.mark.parametrize(
    "raw",
    [
        "<script>alert(1)</script>",
        "<style>*{}</style>",
        "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<form action=/x><input name=q><button>Go</button></form>",
        "<object data=x></object><embed src=x>",
    ],
)
def test_active_elements_leave_with_their_content(raw: str) -> None:
    assert body(raw) == ""


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "JAVASCRIPT:x",
        "&#106;avascript:x", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "cid:x",
        "https://user:pass@h.example/", "https://u@h.example/", "http://", "https://[::1",
        "https://h.example\\@evil.example/",
    ],
)  # fmt: skip
def test_a_link_to_anything_but_the_web_loses_its_target(href: str) -> None:
    assert "href" not in body(f'<p><a href="{href}">Read</a> on</p>')


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("/a.jpg", "https://harbour.example/a.jpg"),
        ("a.jpg", "https://harbour.example/news/a.jpg"),
        ("//cdn.example/a b.jpg", "https://cdn.example/a%20b.jpg"),
        ("?p=1", "https://harbour.example/news/?p=1"),
        ("HTTPS://cdn.example/a.jpg", "https://cdn.example/a.jpg"),
    ],
)
def test_relative_urls_become_absolute(url: str, absolute: str) -> None:
    assert web_url(url, BASE) == absolute
    assert f'src="{absolute}"' in body(f'<img src="{url}">')


def test_links_and_pictures_keep_only_what_they_need() -> None:
    raw = '<a class="x" id="y" style="color:red" target="_blank" rel="opener" href="/a" onclick="x()">Read</a>'
    picture = (
        '<img src="/a.jpg" alt="A &quot;quay&quot;" width="600" height="40%" loading="lazy" srcset="/b.jpg 2x">'
    )

    assert body(raw) == '<a href="https://harbour.example/a" rel="noopener">Read</a>'
    assert body(picture) == '<img src="https://harbour.example/a.jpg" alt="A &quot;quay&quot;" width="600">'


@pytest.mark.parametrize(
    "picture",
    [
        '<img src="/dot.gif" width="1" height="1">',
        '<img src="/dot.gif" height="0">',
        '<img src="https://pixel.wp.com/b.gif?v=1">',
        '<img src="https://feeds.feedburner.com/~r/harbour/~4/x" alt="">',
        '<img src="data:image/gif;base64,R0lGOD">',
        "<img>",
    ],
)
def test_pictures_that_only_count_readers_are_left_out(picture: str) -> None:
    assert body(f"<p>Late {picture}</p>") == "<p>Late </p>"


def test_a_smiley_that_is_a_picture_becomes_its_character() -> None:
    assert (
        body('<p>Late <img class="wp-smiley" src="https://s.example/1f609.png" alt="😉"></p>') == "<p>Late 😉</p>"
    )


@pytest.mark.parametrize(
    "tail",
    [
        f'<p>The post <a href="{ARTICLE}">Ferry</a> appeared first on <a href="/">Harbour</a>.</p>\n',
        f'<p>Der Beitrag <a href="{ARTICLE}?utm_source=rss">Ferry</a> erschien auf <a href="/">Harbour</a>.</p>',
        f'<a href="{ARTICLE}" class="more-link">Continue reading <span>Ferry</span></a>',
        f' <a href="{ARTICLE}">Weiterlesen…</a>',
    ],
)
def test_what_feeds_add_at_the_end_is_left_out(tail: str) -> None:
    fragment = markup.read(
        f"<p>The ferry is late.</p>{tail}", tags=markup.BODY_TAGS, base=BASE, article_url=ARTICLE
    )

    assert (fragment.html, fragment.text) == ("<p>The ferry is late.</p>", "The ferry is late.")


def test_a_last_paragraph_with_links_of_its_own_stays() -> None:
    tail = '<p>See <a href="/a">the pier</a> and <a href="/b">the quay</a>.</p>'

    assert "the pier" in body(f"<p>The ferry is late.</p>{tail}")


def test_blocks_are_told_apart_in_the_text() -> None:
    raw = (
        "<h2>Ferry late</h2><p>By an hour</p>Why?<ul><li>Fog</li><li>Wind.</li></ul>\u6d77<div>\u98a8</div>x<br>y"
    )
    fragment = markup.read(raw, tags=markup.BODY_TAGS, base=BASE, article_url="")

    assert fragment.text == "Ferry late. By an hour. Why? Fog. Wind. \u6d77 \u98a8 x y"


def test_empty_paragraphs_are_left_out() -> None:
    assert body("<p>One</p><p>&nbsp;</p><p><br></p><div></div><p>Two</p>") == "<p>One</p><p>Two</p>"


def test_a_paragraph_of_unescaped_html_in_a_feed_is_read_too() -> None:
    entry = only(rss("<title>a</title><description>Late <b>again</b>, <script>x()</script>sorry</description>"))

    assert entry.summary_html == "<p>Late <b>again</b>, sorry</p>"
