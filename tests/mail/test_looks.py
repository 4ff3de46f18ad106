"""Each theme and each language byte for byte, and what no text that people write can do to them."""

import os
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.editions.emails import Reader
from newsletter.mail.fields import Field
from newsletter.mail.gate import inspect
from newsletter.mail.headers import headers_of
from newsletter.mail.languages import LANGUAGES, between, date_in_words, day_in_words, hours_in_words, spoken
from newsletter.mail.message import MARKER, plain
from newsletter.mail.mime import compile_message
from newsletter.mail.render import HTML_LIMIT, Renderer
from newsletter.newsletters.policy import Theme
from tests.mail import looks, samples
from tests.mail.letters import LETTERHEAD, VALUES, assert_keeps_the_rules, body
from tests.mail.test_render import GOLDEN

RENDERER = Renderer(samples.TEMPLATES)
FILLED = {**VALUES, "preferences_url": "https://letters.example.org/preferences/eyJ2IjoxfQ.aSMt8A.0Kc3m1XoYz"}
TRICKS = ("🐟🦀👩‍🔧🇳🇴", "ميناء المدينة", "x" * 300, "\r\nBcc: a@b.example", ".", "=?utf-8?q?x?=")
WRITTEN = st.text(max_size=300) | st.sampled_from(TRICKS)
HOLE = r"[\1]"


def kept(name: str, suffix: str, part: str) -> str:
    """The golden file, written anew when that is asked for."""
    golden = GOLDEN / "looks" / f"{name}.{suffix}"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(part.encode())
    return golden.read_bytes().decode()


@pytest.mark.parametrize("name", list(looks.LOOKS))
def test_a_look_is_the_golden_one(name: str) -> None:
    content = RENDERER.render(*looks.LOOKS[name])
    fields = headers_of(LETTERHEAD, content.subject)
    headers = "".join(f"{key}: {MARKER.sub(HOLE, value)}\n" for key, value in fields)

    for suffix, part in (("headers.txt", headers), ("txt", content.text), ("html", content.html)):
        assert kept(name, suffix, part) == part


def test_no_golden_look_is_left_over() -> None:
    assert {Path(path.name.split(".")[0]).name for path in (GOLDEN / "looks").iterdir()} == set(looks.LOOKS)


@pytest.mark.parametrize("theme", list(Theme))
def test_every_theme_passes_the_gate_and_says_the_same_in_plain_text(theme: Theme) -> None:
    content = RENDERER.render("digest", looks.edition(looks.paper(theme)))

    assert inspect(content, samples.Newsletter().postal_address) == []
    assert content.text == RENDERER.render("digest", looks.edition(looks.paper("magazine"))).text


@pytest.mark.parametrize("theme", list(Theme))
def test_a_hundred_articles_stay_under_the_size_that_programs_show(theme: Theme) -> None:
    long = tuple(replace(one, summary=one.summary * 4) for one in looks.HUNDRED)

    for articles in (looks.HUNDRED, long):
        assert (
            len(RENDERER.render("digest", looks.edition(looks.paper(theme), articles)).html.encode()) < HTML_LIMIT
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_greeting_in_any_language_prints_the_name_as_a_hole(language: str) -> None:
    asked = Field("name", "Ann")
    values = looks.edition(looks.paper("letter", language)) | {"greets": True, "subscriber": Reader(asked)}

    content = RENDERER.render("digest", values)

    assert "name" in MARKER.findall(content.html)
    assert "name" in MARKER.findall(content.text)


@settings(deadline=None, max_examples=60)
@given(WRITTEN, WRITTEN, WRITTEN, st.sampled_from(list(Theme)), st.sampled_from(LANGUAGES))
def test_whatever_people_write_the_mail_keeps_the_rules(
    title: str, summary: str, author: str, theme: Theme, language: str
) -> None:
    hard = replace(looks.SIX[0], title=title, summary=summary, author=author, topics=(title,), section=author)
    content = RENDERER.render("digest", looks.edition(looks.paper(theme, language), (hard, looks.SIX[1])))

    data = compile_message(LETTERHEAD, content).fill(FILLED)

    assert_keeps_the_rules(data)
    assert body(data, "plain") == MARKER.sub(lambda hole: FILLED[hole[1]], content.text)
    assert set(MARKER.findall(content.html)) == {"unsubscribe_url", "preferences_url"}
    assert not re.search(r"<script|<img[^>]+onerror", content.html)


@pytest.mark.parametrize(
    ("language", "day", "days", "pair"),
    [
        ("en", "Monday 23 November 2026", "3 days", " and "),
        ("de-CH", "Montag, 23. November 2026", "3 Tage", " und "),
        ("fr", "lundi 23 novembre 2026", "3 jours", " et "),
        ("es", "lunes, 23 de noviembre de 2026", "3 días", " y "),
        ("ar", "الاثنين، 23 نوفمبر 2026", "3 أيام", " و"),
        ("tlh", "Monday 23 November 2026", "3 days", " and "),
    ],
)
def test_dates_hours_and_enumerations_are_in_the_language(language: str, day: str, days: str, pair: str) -> None:
    class Loop:
        last, length, revindex = False, 2, 2

    assert date_in_words(samples.MORNING, language) == day
    assert plain(hours_in_words(72, language)) == days
    assert between(Loop(), language) == pair  # type: ignore[arg-type]
    assert spoken(language) in LANGUAGES


@given(st.datetimes())
def test_english_dates_are_those_of_the_unicode_project(moment: datetime) -> None:
    assert date_in_words(moment) == format_date(moment, "EEEE d MMMM y", locale="en")
    assert day_in_words(moment) == format_date(moment, "d MMMM y", locale="en")
