"""How a newsletter looks: what can be set, what is refused, and that each refusal tells how to mend it."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from newsletter.core.errors import InvalidInput, InvalidPicture, NotFound
from newsletter.mail.colours import READABLE, contrast, readable
from newsletter.mail.house import House
from newsletter.newsletters.emails import look
from newsletter.newsletters.policy import DARK_PAPER, LIGHT_PAPER, colour_problem
from newsletter.newsletters.queries import newsletter
from newsletter.newsletters.service import Style, dress, hide_logo, show_logo
from tests import make

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def png(width: int, height: int, mode: str = "RGB") -> bytes:
    out = BytesIO()
    Image.new(mode, (width, height), "navy").save(out, "PNG")
    return out.getvalue()


def test_a_look_is_changed_where_it_is_named_and_stays_elsewhere(house: House) -> None:
    make.newsletter("courier")

    dress("courier", Style(theme="letter", accent="#004477", footer="Write to [us](https://courier.example/us)."))
    dressed = dress("courier", Style(language="de-CH", header="  Seit 1893\n"))

    assert (dressed.theme, dressed.accent) == ("letter", "#004477")
    assert (dressed.language, dressed.direction) == ("de-CH", "ltr")
    assert (dressed.header, dressed.fonts, dressed.pictures) == ("Seit 1893", "classic", "link")


def test_a_language_that_is_written_from_the_right_turns_the_mail_around(house: House) -> None:
    assert make.newsletter("courier", language="ar").direction == "rtl"
    assert dress("courier", Style(language="fr")).direction == "ltr"


@pytest.mark.parametrize(
    ("style", "field", "words"),
    [
        (Style(theme="tabloid"), "theme", "choose briefing, magazine or letter"),
        (Style(fonts="comic"), "fonts", "choose classic, serif or sans"),
        (Style(pictures="all"), "pictures", "choose link, fetch or none"),
        (Style(language="tlh"), "language", "choose en, de, fr, es or ar"),
        (Style(language="de-" + "x" * 20), "language", "choose en"),
        (Style(accent="red"), "accent", "six hexadecimal digits"),
        (Style(accent="#fff}</style>"), "accent", "six hexadecimal digits"),
        (Style(accent="#ffe08a"), "accent", "contrast of 1.3:1"),
        (Style(accent_dark="#20242a"), "accent_dark", "4.5:1 is the least"),
        (Style(header="x" * 201), "header", "at most 200"),
        (Style(footer="x" * 2001), "footer", "at most 2,000"),
    ],
)
def test_what_cannot_be_worn_is_refused_in_words_that_help(
    house: House, style: Style, field: str, words: str
) -> None:
    make.newsletter("courier")

    with pytest.raises(InvalidInput, match=words) as refused:
        dress("courier", style)

    assert refused.value.field == field


@given(COLOURS, st.sampled_from([LIGHT_PAPER, DARK_PAPER]))
def test_the_shade_that_is_offered_can_be_saved(colour: str, paper: str) -> None:
    offered = readable(colour, paper)

    assert colour_problem(offered, paper) is None
    assert contrast(offered, paper) >= READABLE
    assert offered == colour or contrast(colour, paper) < READABLE


def test_a_logo_is_kept_at_twice_its_width_and_can_be_taken_away(house: House) -> None:
    make.newsletter("courier")

    shown = show_logo("courier", png(1200, 300, "RGBA"), house.images)

    logo = look(shown, "https://letters.example.org").logo
    assert logo
    assert logo.width == 240
    assert logo.url == f"https://letters.example.org/images/{shown.logo}"
    path = house.images.find(shown.logo)
    assert path
    with Image.open(path) as kept:
        assert kept.size == (480, 120)
    assert look(hide_logo("courier"), "https://letters.example.org").logo is None


def test_a_logo_that_is_none_changes_nothing(house: House) -> None:
    make.newsletter("courier")

    with pytest.raises(InvalidPicture, match="SVG"):
        show_logo("courier", b"<?xml version='1.0'?><svg onload='alert(1)'/>", house.images)
    with pytest.raises(NotFound):
        show_logo("nobody", png(10, 10), house.images)

    assert newsletter("courier").logo == ""
