"""Sections of an edition, and what an editor writes between them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from newsletter.mail.message import MARKER, Content
from newsletter.mail.notes import TAGS, markdown
from newsletter.mail.render import Renderer
from tests.mail import samples

HOSTILE = (
    "<script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](https://tracker.example/pixel.png)",
    "<img src=x onerror=alert(1)>",
    '[a](https://x.example "onmouseover=alert(1)")',
    '<https://x.example/"onmouseover=alert(1)>',
    "# A heading that shouts",
    "&lt;script&gt;",
)


def sectioned(notes: dict[str, str]) -> Content:
    articles = [samples.article(number) for number in range(6)]
    sections = ("", "Port", "Port", "Town hall", "Town hall", "")
    placed = tuple(replace(each, section=title) for each, title in zip(articles, sections, strict=True))
    values = samples.digest(placed) | {"edition": replace(samples.Edition(), notes=notes)}
    return Renderer(samples.TEMPLATES).render("digest", values)


def test_sections_have_a_title_and_a_note_before_their_first_article() -> None:
    content = sectioned(
        {"": "Good *morning*.", "Port": "From the quays:\n\n- fish\n- [rent](https://rent.example/)"}
    )

    page = LexborHTMLParser(content.html)
    assert [node.text() for node in page.css("h2.section")] == ["Port", "Town hall", "More"]
    assert [node.text() for node in page.css("div.note li")] == ["fish", "rent"]
    order = [
        content.text.index(words) for words in ("Good *morning*.", "1. ", "PORT", "- fish", "2. ", "TOWN HALL")
    ]
    assert order == sorted(order)
    assert "https://rent.example/" in content.text
    assert content.text.index("MORE") < content.text.index("6. ")


def test_an_edition_without_sections_has_no_title_of_one() -> None:
    content = Renderer(samples.TEMPLATES).render("digest", samples.digest(tuple(map(samples.article, range(6)))))

    assert not LexborHTMLParser(content.html).css("h2.section")


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_acts_or_fetches_comes_through_a_note(text: str) -> None:
    page = LexborHTMLParser(str(markdown(text)))

    assert {node.tag for node in page.css("body *")} <= TAGS
    assert not page.css("[onmouseover], [onerror], img, script, h1")
    assert all(str(node.attributes["href"]).startswith("https://") for node in page.css("a[href]"))


@given(st.text(max_size=200))
def test_no_note_holds_a_hole_or_an_element_that_is_not_allowed(text: str) -> None:
    html = str(markdown(text))

    assert not MARKER.search(html)
    assert "\ue000" not in html
    assert {node.tag for node in LexborHTMLParser(f"<div>{html}</div>").css("body div *")} <= TAGS
