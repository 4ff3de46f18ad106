"""Whole themes: begun with one of ours, taken from another newsletter, told in each mail, and taken back."""

import pytest

from newsletter.core.errors import Conflict, InvalidInput, NotFound, TemplateRefused
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.policy import Theme
from newsletter.newsletters.queries import newsletter
from newsletter.templates.emails import start_of
from newsletter.templates.policy import PARTS
from newsletter.templates.queries import current, kept_sources
from newsletter.templates.service import restore_template, save_template, take_look, take_theme, try_template
from tests import make

BY = "ada@example.org"
STYLE = ".header h1 { color: #8a1f1f }"


@pytest.fixture
def courier(app: object) -> Newsletter:
    return make.newsletter()


@pytest.mark.parametrize("theme", list(Theme))
def test_each_theme_can_be_begun_with_and_stands_every_sample(courier: Newsletter, theme: Theme) -> None:
    parts = start_of(theme, courier)

    assert set(parts) == {each.name for each in PARTS} - {"subject"}
    for name, source in parts.items():
        try_template(name, source)


@pytest.mark.parametrize("theme", list(Theme))
def test_a_mail_of_a_theme_that_was_begun_with_passes_the_gate(house: House, theme: Theme) -> None:
    make.newsletter(accent="#8a1f1f")
    take_theme("courier", theme, BY)
    made = make.edition(newsletter("courier"), make.articles(make.source(), 14))

    assert [each.words for each in editions.findings(made.id, house) if each.code != "unasked"] == []
    html = editions.preview(made.id, house).html
    assert "nameplate" in html
    assert "Headline number" in html


def test_a_style_alone_changes_the_theme_in_the_mail_and_the_gate_says_what_cannot_be_read(
    courier: Newsletter, house: House
) -> None:
    made = make.edition(courier, [make.article(make.source(), "Ferry")])
    save_template("courier", "style.css", ".header { background-color: #224466 }", BY)

    found = [each for each in editions.findings(made.id, house) if each.code == "contrast"]
    assert "'The Courier' is #1d1c1a on #224466, which is hard to read; try #" in found[0].words
    assert "background-color:#224466" in editions.preview(made.id, house).html


def test_a_style_sheet_has_versions_as_any_part(courier: Newsletter) -> None:
    save_template("courier", "style.css", STYLE, BY)
    save_template("courier", "style.css", "h1 { color: #224466 }", BY)
    restored = restore_template("courier", "style.css", 1, BY)

    assert (restored.number, kept_sources(courier.id)["style.css"]) == (3, STYLE)
    with pytest.raises(TemplateRefused, match="nothing may lie over the page"):
        save_template("courier", "style.css", "h1 { position: absolute }", BY)


def test_the_look_of_another_newsletter_is_taken_whole_and_nothing_is_lost(courier: Newsletter) -> None:
    make.newsletter("herald")
    save_template("herald", "style.css", STYLE, BY)
    save_template("herald", "header.html", "<h1>Herald</h1>", BY)
    save_template("courier", "footer.html", "<p>Ours</p>", BY)
    save_template("courier", "header.html", "<h1>Herald</h1>", BY)

    saved = take_look("courier", "herald", BY)

    assert {each.part: (each.number, each.source) for each in saved} == {
        "style.css": (1, STYLE),
        "footer.html": (2, ""),
    }
    assert kept_sources(courier.id) == kept_sources(newsletter("herald").id)
    restore_template("courier", "footer.html", 1, BY)
    assert current(courier.id)["footer.html"].source == "<p>Ours</p>"
    assert "footer.html" not in kept_sources(newsletter("herald").id)


def test_a_look_that_is_there_already_or_nowhere_is_said(courier: Newsletter) -> None:
    take_theme("courier", "letter", BY)

    with pytest.raises(Conflict, match="say that already"):
        take_theme("courier", "letter", BY)
    with pytest.raises(InvalidInput, match=r"There is no theme '\.\./x'; there are briefing, magazine, letter"):
        take_theme("courier", "../x", BY)
    with pytest.raises(NotFound):
        take_look("courier", "herald", BY)


def test_an_article_says_whether_it_opens_a_section(courier: Newsletter, house: House) -> None:
    save_template(
        "courier", "body.html", "{% for a in articles %}<p>{{ a.opens }}{{ a.note }}</p>{% endfor %}", BY
    )
    made = make.edition(courier, make.articles(make.source(), 2))

    html = editions.preview(made.id, house).html
    assert html.count(">False</p>") == 2
