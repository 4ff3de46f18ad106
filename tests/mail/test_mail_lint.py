"""What every mail promises its readers, their programs and the law, checked on the rendered mail."""

import re
from itertools import pairwise

import pytest

from newsletter.mail.colours import contrast
from newsletter.mail.languages import LANGUAGES
from newsletter.mail.message import Content
from newsletter.mail.render import HTML_LIMIT, Renderer
from newsletter.subscriptions.policy.alarms import Filling
from newsletter.subscriptions.policy.budgets import Confirming
from tests.mail import looks, samples
from tests.mail.reading import Mail, attribute, declarations, pixels

PALE = samples.Newsletter(accent="#ffe08a", accent_dark="#20242a")
RIGHT_TO_LEFT = samples.Newsletter(name="بريد الميناء", language="ar", direction="rtl")
MANY = tuple(samples.article(number) for number in range(100))
CASES = {
    **{name: (name, values) for name, values in samples.MAILS.items()},
    "an alarm that is over": ("alarm", samples.alarm("breaker", Confirming(180, 70), is_over=True)),
    "no budget of all": ("alarm", {**samples.MAILS["alarm"], "trickle": None, "window": None}),
    "a budget used up": ("alarm", samples.alarm("budget", Filling(samples.ALL, 5000, 812))),
    "a budget with room": ("alarm", samples.alarm("budget", Filling(samples.ALL, 900, 0), is_over=True)),
    **{
        f"the watchdog, {kind} {number} {is_over}": ("watch", samples.watch(kind, number, is_over=is_over))
        for kind, number in (
            ("late", 17),
            ("empty", None),
            ("smaller", 17),
            ("standstill", 17),
            ("complaints", None),
        )
        for is_over in (False, True)
    },
    "one article": ("digest", samples.digest(MANY[:1])),
    "thirty articles": ("digest", samples.digest(MANY[:30])),
    "a hundred articles": ("digest", samples.digest(MANY)),
    "hard titles": ("digest", samples.digest(samples.HARD)),
    "hard titles in brief": ("digest", samples.digest(MANY[:12] + samples.HARD)),
    "an accent nobody can read": ("digest", samples.digest(MANY[:6], PALE)),
    "a button nobody can read": ("confirmation", {**samples.MAILS["confirmation"], "newsletter": PALE}),
    "right to left": ("digest", samples.digest(MANY[:6], RIGHT_TO_LEFT)),
    **looks.LOOKS,
    **looks.ASKED,
    **looks.HARD,
}
ALLOWED = set(
    "html head meta title style body div table tbody tr td h1 h2 h3 p a img strong em span br ol ul li".split()  # noqa: SIM905
)


@pytest.fixture(params=list(CASES), scope="module")
def content(request: pytest.FixtureRequest) -> Content:
    return Renderer(samples.TEMPLATES).render(*CASES[request.param])


@pytest.fixture(scope="module")
def mail(content: Content) -> Mail:
    return Mail(content)


def test_language_and_direction_stand_on_the_page_and_on_its_first_wrapper(mail: Mail) -> None:
    for node in mail.all("html, body > div"):
        assert attribute(node, "lang") in LANGUAGES
        assert attribute(node, "dir") == ("rtl" if attribute(node, "lang") == "ar" else "ltr")
    assert len(mail.all("body > *")) == 1


def test_the_head_names_the_mail_its_characters_and_both_palettes(content: Content, mail: Mail) -> None:
    names = {attribute(node, "name"): attribute(node, "content") for node in mail.all("meta")}

    assert mail.first("title").text() == content.subject
    assert attribute(mail.first("head > *"), "charset") == "utf-8"
    assert names["viewport"] == "width=device-width, initial-scale=1"
    assert names["color-scheme"] == names["supported-color-schemes"] == "light dark"


def test_layout_tables_are_presentation_without_gaps_of_their_own(mail: Mail) -> None:
    for table in mail.all("table"):
        assert attribute(table, "role") == "presentation"
        assert {attribute(table, name) for name in ("border", "cellpadding", "cellspacing")} == {"0"}


def test_there_is_one_first_heading_and_no_level_is_skipped(mail: Mail) -> None:
    levels = [int((node.tag or "")[1]) for node in mail.all("h1, h2, h3")]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_pictures_have_alt_texts_widths_and_room_to_shrink(mail: Mail) -> None:
    for image in mail.all("img"):
        assert "alt" in image.attributes
        assert int(attribute(image, "width")) <= 600
        width = f"{attribute(image, 'width')}px" if attribute(image, "class") == "logo" else "100%"
        assert declarations(attribute(image, "style"))["width"] == width
        assert declarations(attribute(image, "style"))["height"] == "auto"
        assert attribute(image, "src").startswith("https://")
    assert all(attribute(image, "alt") for image in mail.all("a img"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read_on_what_is_behind_it(mail: Mail, scheme: str) -> None:
    inks = list(mail.inks(scheme))

    assert len(inks) > 5
    assert [ink for ink in inks if contrast(ink.colour, ink.background) < 4.5] == []


def test_dark_is_dark_everywhere(mail: Mail) -> None:
    papers = {ink.background for ink in mail.inks("dark")}
    accents = {PALE.accent_dark, samples.Newsletter().accent_dark}

    assert {"#1b1e22"} <= papers <= {"#121417", "#1b1e22"} | accents


def test_links_are_absolute_underlined_or_buttons_and_say_where_they_lead(mail: Mail) -> None:
    for node in mail.all("a"):
        underlined = declarations(attribute(node, "style"))["text-decoration"] == "underline"
        said = node.text(strip=True) or attribute(node.css("img")[0], "alt")
        assert attribute(node, "href").startswith("https://")
        assert underlined or attribute(node, "class") == "button"
        assert len(said) > 5
        if re.match(r"(https?://)?[\w-]+(\.[\w-]+)+", said):
            assert said.removeprefix("https://").split("/")[0] == attribute(node, "href").split("/")[2]


def test_a_button_is_at_least_44_pixels_high(mail: Mail) -> None:
    for node in mail.all("a.button"):
        style = declarations(attribute(node, "style"))
        line = float(style["font"].split("/")[1].split("px")[0])
        assert line + 2 * pixels(style["padding"]) >= 44


def test_letters_are_large_enough_and_lines_have_air(mail: Mail) -> None:
    for node in mail.all("p"):
        size, air = re.findall(r"(\d+)px/([\d.]+)", attribute(node, "style"))[0]
        is_text = not {"kicker", "dateline", "preheader", "name"} & set(attribute(node, "class").split())
        assert int(size) >= (14 if is_text else 12)
        assert float(air) >= (1.5 if is_text else 1.15)
        assert "justify" not in attribute(node, "style")


def test_only_plain_elements_are_used_and_nothing_is_fetched_but_pictures(mail: Mail) -> None:
    used = {node.tag for node in mail.all("*")}

    assert used <= ALLOWED
    assert not re.search(r"@import|url\(|position:|\bon\w+=\"", mail.html)
    assert sum(len(style.text()) for style in mail.all("style")) < 8_000


def test_no_program_cuts_it(mail: Mail) -> None:
    assert len(mail.html.encode()) < HTML_LIMIT
    assert "4 Customs Quay" in mail.html[-1_000:]


def test_the_first_words_are_a_short_preview_that_anyone_can_see(mail: Mail) -> None:
    first = next(mail.inks("light")).text

    assert 20 < len(first) <= 150
    assert mail.html.count(first) == 1
    assert not re.search(r"display:\s*none|visibility:|font-size:1px|opacity:|&zwnj;|\u200c", mail.html)


def test_the_text_part_says_the_same_and_carries_every_link(mail: Mail) -> None:
    assert set(mail.hrefs()) <= mail.urls_in_text()
    for heading in mail.all("h1, h2.lead, h2 > a, h3"):
        words = " ".join(heading.text().split())
        assert words in " ".join(mail.text.split()) or words == "In brief"


def test_the_text_part_is_wrapped_and_tidy(mail: Mail) -> None:
    lines = mail.text.split("\n")

    assert [line for line in lines if len(line) > 78 and len(line.split()) > 1] == []
    assert [line for line in lines if line != line.rstrip()] == []
    assert "\n\n\n" not in mail.text


def test_it_ends_with_why_who_and_where(mail: Mail) -> None:
    foot = " ".join(mail.first("td.foot").text().split())

    if attribute(mail.first("html"), "lang") == "en":
        assert re.search(r"You get this mail because|This mail asks (once|for the last time)", foot)
    assert "The Harbour Post, Hamnvik" in foot
    assert "4 Customs Quay" in foot


@pytest.mark.parametrize("name", ["welcome", "digest"])
def test_the_way_out_is_a_visible_link_in_words(name: str) -> None:
    mail = Mail(Renderer(samples.TEMPLATES).render(name, samples.MAILS[name]))

    (way_out,) = [node for node in mail.all("td.foot a") if "unsubscribe_url" in attribute(node, "href")]

    assert way_out.text() == "Unsubscribe from The Harbour Post"
    assert way_out.parent is not None
    assert pixels(declarations(attribute(way_out.parent, "style"))["font"]) >= 12


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("confirmation", "Monday 23 November 2026 at 06:30 UTC"),
        ("reminder", "On Sunday 6 December 2026 the request is deleted"),
    ],
)
def test_a_confirmation_and_its_reminder_have_one_errand_and_no_promotion_picture_or_way_to_unsubscribe(
    name: str, moment: str
) -> None:
    mail = Mail(Renderer(samples.TEMPLATES).render(name, samples.MAILS[name]))

    assert mail.all("img") == []
    assert len(mail.all("a.button")) == 1
    assert {href.split("/")[3] for href in mail.hrefs()} == {"confirm_url", "never_url", "", "morning"}
    for part in (mail.text, mail.html):
        assert samples.Newsletter().description not in part
        assert "The Harbour Post" in part
        assert "www.harbourpost.example" in part
        assert moment in " ".join(part.split())
        assert "Then ignore this mail" in part
        assert "nsubscribe" not in part
