"""The renderer, and every mail byte for byte. `UPDATE_GOLDEN=1 make test` writes the golden files anew."""

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError
from markupsafe import escape

from newsletter.core.errors import UnsafeMessage
from newsletter.editions.emails import Reader
from newsletter.mail.languages import date_in_words, hours_in_words
from newsletter.mail.message import MARKER, Hole
from newsletter.mail.render import Renderer, link, time_in_words
from tests.mail import samples

GOLDEN = Path(__file__).with_name("golden")


def render_one(folder: Path, text: str, values: Mapping[str, object], html: str = "") -> tuple[str, str, str]:
    mail = folder / "mail"
    mail.mkdir()
    (mail / "subject.txt").write_text(text)
    (mail / "body.txt").write_text(text)
    (mail / "body.html").write_text(html or f"<p>{text}</p>")
    content = Renderer(folder).render("mail", values)
    return content.subject, content.text, content.html


@pytest.mark.parametrize("name", list(samples.MAILS))
def test_a_mail_is_the_golden_one(name: str) -> None:
    content = Renderer(samples.TEMPLATES).render(name, samples.MAILS[name])

    for suffix, part in (("subject.txt", content.subject), ("txt", content.text), ("html", content.html)):
        golden = GOLDEN / f"{name}.{suffix}"
        if os.environ.get("UPDATE_GOLDEN"):
            golden.write_bytes(part.encode())
        assert golden.read_bytes() == part.encode()


@pytest.mark.parametrize(("name", "words"), [("Ann <b>Lee</b>", "Dear Ann <b>Lee</b>,"), ("", "Dear reader,")])
def test_a_newsletter_that_greets_begins_with_the_name_where_it_is_known(name: str, words: str) -> None:
    content = Renderer(samples.TEMPLATES).render("digest", {**samples.GREETED, "subscriber": Reader(name)})

    assert content.text.count(words) == 1
    assert str(escape(words)) in content.html
    assert content.text.index(words) < content.text.index("1. ")


def test_every_mail_folder_holds_exactly_three_files_and_has_a_golden_mail() -> None:
    folders = [folder for folder in samples.TEMPLATES.iterdir() if folder.name != "_base"]

    assert {folder.name for folder in folders} == set(samples.MAILS)
    for folder in folders:
        assert {file.name for file in folder.iterdir()} == {"subject.txt", "body.txt", "body.html"}


def test_holes_come_through_text_attributes_and_the_inliner_untouched(tmp_path: Path) -> None:
    html = '<style>a{color:#111111}</style><p>{{ hole }}</p><a href="{{ hole | link }}" title="{{ hole }}">x</a>'

    _, text, page = render_one(tmp_path, "Go: {{ hole | link }}", {"hole": Hole("place")}, html)

    assert MARKER.findall(text) == ["place"]
    assert MARKER.findall(page) == ["place"] * 3
    assert 'style="color:#111111"' in page


def test_a_template_that_asks_about_a_hole_is_told(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="may only print"):
        render_one(tmp_path, "{% if hole %}yes{% endif %}", {"hole": Hole("place")})


def test_nobody_can_write_a_hole_or_markup_or_an_encoded_word(tmp_path: Path) -> None:
    typed = "\ue000unsubscribe_url\ue001 <b>bold</b> & =?UTF-8?Q?=0A?=\r\nBcc: x\u202e"

    subject, text, html = render_one(tmp_path, "{{ typed }}", {"typed": typed})

    assert subject == "unsubscribe_url <b>bold</b> & = ?UTF-8?Q?=0A?= Bcc: x"
    assert text == subject + "\n"
    assert "unsubscribe_url &lt;b&gt;bold&lt;/b&gt; &amp; = ?UTF-8?Q?=0A?= Bcc: x" in html


def test_a_subject_is_one_line_and_a_text_has_no_loose_ends(tmp_path: Path) -> None:
    subject, text, _ = render_one(tmp_path, "\n\n  One  \n\n\n\n\nand two   \n\n", {})

    assert subject == "One and two"
    assert text == "  One\n\nand two\n"


def test_prose_is_wrapped_with_its_indent_and_links_are_not_broken(tmp_path: Path) -> None:
    far = "https://harbourpost.example/" + "quay-" * 30

    _, text, _ = render_one(tmp_path, "   {{ prose }} {{ far | link }}", {"prose": "tide " * 40, "far": far})

    *lines, last = text.splitlines()
    assert len(lines) > 2
    assert all(len(line) <= 78 and line.startswith("   tide") for line in lines)
    assert last == "   " + far


def test_a_forgotten_value_is_an_error_not_a_gap(tmp_path: Path) -> None:
    with pytest.raises(UndefinedError, match="missing"):
        render_one(tmp_path, "{{ missing }}", {})


def test_no_stylesheet_is_fetched(tmp_path: Path) -> None:
    html = '<html><head><link rel="stylesheet" href="http://127.0.0.1:9/far.css"></head><body>x</body></html>'

    _, _, page = render_one(tmp_path, "x", {}, html)

    assert "far.css" not in page


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/?q=?b&c=%20d", "https://a.example/?q=?b&c=%20d"),
        (" https://a.example/two words\n", "https://a.example/two%20words"),
        ('https://a.example/"><b>', "https://a.example/%22%3E%3Cb%3E"),
        ("https://a.example/\ue000token\ue001", "https://a.example/%EE%80%80token%EE%80%81"),
        ("http://straße.example:8080/å", "http://xn--strae-oqa.example:8080/%C3%A5"),
    ],
)
def test_a_link_is_one_piece_of_ascii(url: str, expected: str) -> None:
    assert str(link(url)) == expected


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "/here",
        "//a.example",
        "",
        "https://",
        "https://[::1",
        "http://☃.example",
    ],
)
def test_a_link_that_is_no_web_address_stops_the_mail(url: str) -> None:
    with pytest.raises(UnsafeMessage, match="is no web address"):
        link(url)


@pytest.mark.parametrize("accent", ["red", "#fff", "#8a1f2b}</style><script>"])
def test_a_colour_cannot_carry_anything_into_the_style_sheet(accent: str) -> None:
    values = {**samples.MAILS["goodbye"], "newsletter": samples.Newsletter(accent=accent)}

    with pytest.raises(UnsafeMessage, match="is no colour"):
        Renderer(samples.TEMPLATES).render("goodbye", values)


def test_dates_are_in_words_and_in_their_own_zone() -> None:
    moment = datetime(2026, 11, 22, 23, 30, tzinfo=UTC).astimezone(ZoneInfo("Europe/Oslo"))

    assert date_in_words(moment) == "Monday 23 November 2026"
    assert time_in_words(moment) == "00:30 CET"


def test_hours_are_said_in_days_where_they_are_whole() -> None:
    said = [hours_in_words(hours) for hours in (1, 24, 36, 72)]

    assert said == ["1 hour", "1 day", "36 hours", "3 days"]


def test_the_thirteenth_article_is_brief_and_the_forty_first_a_headline_only() -> None:
    articles = tuple(samples.article(number) for number in range(41))
    marked = tuple(replace(one, summary=f"Summary {at}.") for at, one in enumerate(articles, 1))

    html = Renderer(samples.TEMPLATES).render("digest", samples.digest(marked)).html

    before, after = html.split("In brief")
    assert "Summary 12." in before
    assert "Summary 13." in after
    assert "<img" not in after
    assert "Summary 40." in after
    assert "Summary 41." not in after
    assert articles[40].title in after


def test_a_picture_too_small_to_be_one_is_left_out() -> None:
    pixel = replace(samples.article(0), image_url="https://count.example/p.gif", image_width=1)

    html = Renderer(samples.TEMPLATES).render("digest", samples.digest((pixel,))).html

    assert "count.example" not in html


def test_a_digest_says_how_many_articles_it_left_out() -> None:
    values = {**samples.MAILS["digest"], "left_out": 7, "web_url": "https://news.harbourpost.example/214"}

    content = Renderer(samples.TEMPLATES).render("digest", values)

    for part in (content.text, content.html):
        assert "7 more on the page of The Harbour Post" in part
        assert "https://news.harbourpost.example/214" in part
