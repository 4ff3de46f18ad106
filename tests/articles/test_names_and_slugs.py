"""What the address of an article says of it, who stands in a byline, and how a body fits under a headline."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.policy import LONGEST_SLUG, begins_like, names_in, slug_of, under_headline

BOX = '<div class="box" role="region" aria-label="Table" tabindex="0">'


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Ferry runs again", "ferry-runs-again"),
        ("  “Größe” & Straße: 100 % mehr? ", "grosse-strasse-100-mehr"),
        ("Crème brûlée", "creme-brulee"),
        ("港町の新しい市場", "article"),
        ("", "article"),
        ("../../etc/passwd", "etc-passwd"),
        ("word " * 40, "word-" * 13 + "word"),
        ("x" * 300, "x" * 70),
    ],
)
def test_a_slug_is_the_title_in_small_letters(title: str, slug: str) -> None:
    assert slug_of(title) == slug


@given(st.text(max_size=400))
def test_a_slug_is_never_empty_and_safe_in_an_address(title: str) -> None:
    slug = slug_of(title)

    assert 0 < len(slug) <= LONGEST_SLUG
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug)


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("Ines Marlow", ("Ines Marlow",)),
        ("Ines  Marlow,Tom Reed", ("Ines Marlow,Tom Reed", "Ines Marlow", "Tom Reed")),
        ("Martin King, Jr.", ("Martin King, Jr.", "Martin King", "Jr.")),
        (" , ", (",",)),
        ("", ()),
    ],
)
def test_a_byline_names_people(byline: str, names: tuple[str, ...]) -> None:
    assert names_in(byline) == names


@pytest.mark.parametrize(
    ("body", "fitted"),
    [
        ("<h3>a</h3><h3>b</h3>", "<h2>a</h2><h2>b</h2>"),
        ("<h2>a</h2><h4>b</h4><h3>c</h3>", "<h2>a</h2><h3>b</h3><h3>c</h3>"),
        ("<h1>a</h1><h2>b</h2><h3>c</h3><h1>d</h1>", "<h2>a</h2><h3>b</h3><h4>c</h4><h2>d</h2>"),
        ("<h5><div><h6>a</h6></div></h5>", "<h2><div><h3>a</h3></div></h2>"),
        (
            "<table><tr><td>a</td></tr></table>",
            f"{BOX}<table><tr><td>a</td></tr></table></div>",
        ),
        ("<p>a</p></h3>", "<p>a</p></h2>"),
        ("<p>&lt;h1&gt;</p>", "<p>&lt;h1&gt;</p>"),
        ('<img src="https://a.example/?alt=1">', '<img alt="" src="https://a.example/?alt=1">'),
        ('<img src="https://a.example/" alt="A &gt; quay">', '<img src="https://a.example/" alt="A &gt; quay">'),
    ],
)
def test_headings_go_down_in_steps_and_pictures_have_an_alt(body: str, fitted: str) -> None:
    assert under_headline(body) == fitted


@pytest.mark.parametrize(
    ("body", "summary"),
    [
        ("<p>The <b>ferry</b> runs &amp; rests.</p><p>More.</p>", "The ferry runs & rests."),
        ("<p>The ferry that was laid up in spring runs again.</p>", "The ferry that was laid up…"),
    ],
)
def test_a_summary_is_known_from_the_text_it_repeats(body: str, summary: str) -> None:
    assert begins_like(body, summary)
    assert not begins_like("<p>Another text.</p>", summary)
