"""Each page for readers in each language, and in a made-up one that shows what nobody can translate."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from gettext import NullTranslations
from typing import Any

import pytest
from babel.messages.pofile import read_po
from flask import Flask, render_template
from markupsafe import Markup
from selectolax.lexbor import LexborHTMLParser

from newsletter.mail.languages import FOLDER, LANGUAGES, date_in_words, day_in_words, direction
from newsletter.mail.schedules import schedule_in_words
from newsletter.subscriptions.views import wordings
from newsletter.subscriptions.views.offer import ASKABLE, THEMES, Offer
from newsletter.subscriptions.views.proofs import AskedProof
from newsletter.web import words
from newsletter.web.errors import PAGES
from tests.web.samples import TEMPLATES, Having, Sample, SignUpForm, contexts, small_app

HEARD = ("title", "aria-label", "placeholder", "alt", "content", "data-working", "label")
"""Attributes that people see or hear; `content` is that of what search engines show."""

MACHINES = "meta[name=viewport], meta[name=color-scheme], meta[name=robots], meta[property='og:type'], \
meta[name='twitter:card'], meta[property='article:published_time']"


class Bracketed(NullTranslations):
    """A language in which each sentence is itself in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


def samples(app: Flask) -> dict[str, dict[str, Any]]:
    """What each template is shown with, by its path."""
    form = SignUpForm()
    form.email.data = "ann@harbour.example"
    newsletter = Sample()
    found = {f"pages/{name}": values for name, values in contexts(newsletter, form).items()}
    found |= {f"errors/{status}.html": {"status": status} for status in PAGES}
    offer = Offer(ASKABLE, [], "", ["Harbour"])
    proof = AskedProof("/challenge.json", is_required=True)
    embed = {"newsletter": newsletter, "offer": offer, "action_url": "/embed/morning-tide", "form": form}
    cadences = ["each", "daily", "weekly", "monthly"]
    found["embed/sent.html"] = embed | {"hours": 72}
    found["embed/did_you_mean.html"] = embed | {"suggestion": "ann@harbour.example"}
    found["embed/snippets.html"] = embed | {
        "choices": [],
        "askable": ASKABLE,
        "themes": THEMES,
        "cadences": cadences,
        "proof": proof,
        "subscribe_url": "/morning-tide/subscribe",
        "script_url": "/embed/morning-tide.js",
        "frame_url": "/embed/morning-tide",
        "preview_url": "/embed/morning-tide",
        "snippets_url": "/morning-tide/snippets",
    }
    # The same pages as they look to others, or at other times.
    preferences = found["pages/preferences.html"]
    found["pages/preferences.html, by the link of a mail"] = preferences | {"is_fresh": False}
    found["pages/preferences.html, of one newsletter"] = preferences | {"is_fresh": False, "is_narrow": True}
    found["pages/archive.html, empty"] = found["pages/archive.html"] | {
        "typed": "",
        "issues": [],
        "is_first": True,
    }
    found["pages/archive.html, not found"] = found["pages/archive.html"] | {"issues": []}
    found["pages/newsletter.html, with a proof"] = found["pages/newsletter.html"] | {"proof": proof}
    found["pages/index.html, empty"] = {"newsletters": []}
    found["pages/stayed.html, too late"] = {"newsletters": []}
    found["pages/link_damaged.html, to confirm"] = {"purpose": "confirm", "hours": 72}
    found["pages/link_expired.html, to the account"] = {"purpose": "account", "hours": 72}
    return found


def shown_in(language: str, name: str, app: Flask) -> tuple[str, dict[str, Any]]:
    with app.test_request_context("/", base_url="https://letters.example.org"):
        words.speak(language, "pages")
        context = samples(app)[name]
        return render_template(name.partition(",")[0], **context), context


with small_app().test_request_context():
    NAMES = sorted(samples(small_app()))


def outside(text: str) -> str:
    """What stands in no bracket; a sentence within a sentence is in two."""
    depth, found = 0, []
    for letter in text:
        depth += (letter == "⟦") - (letter == "⟧")
        found.append(letter if depth == 0 else " ")
    return "".join(found)


def strings_in(value: object) -> Iterator[str]:
    """All texts of what a page was given, as they read without markup."""
    if isinstance(value, str):
        yield Markup(value).striptags()  # noqa: S704 - taken apart only.
    elif isinstance(value, date):
        yield from (date_in_words(value, "de"), day_in_words(value, "de"), value.isoformat())  # type: ignore[arg-type]
    else:
        for each in parts_of(value):
            yield from strings_in(each)


def parts_of(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from (*value, *value.values())
    elif isinstance(value, list | tuple):
        yield from value
    elif is_dataclass(value):
        yield from (getattr(value, field.name) for field in fields(value))
    if isinstance(value, Sample):
        when = schedule_in_words(value.comes, "de")
        yield from (when, f"{when[:1].upper()}{when[1:]}")
    if isinstance(value, Having):
        yield value.choices("author")


@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_of_a_page_stands_outside_the_catalogues(name: str) -> None:
    app = small_app()
    words.register(app, lambda _language, _area: Bracketed())
    page, context = shown_in("de", name, app)
    parsed = LexborHTMLParser(page)
    parsed.unwrap_tags(["b"])
    for node in parsed.css(f"script, style, textarea, {MACHINES}"):
        node.decompose()
    heard = [node.attributes.get(name) or "" for node in parsed.css("*") for name in HEARD]
    assert parsed.root
    texts = [parsed.root.text(), *heard]

    left = " ".join(outside(text) for text in texts)
    for known in sorted(set(strings_in(context)), key=len, reverse=True):
        if known.strip():
            left = " ".join(left.split()).replace(" ".join(known.split()), " ")
    # A zone is written as its place, and hours by CLDR.
    assert re.findall(r"[^\W\d_]{2,}", re.sub(r"\d+ (Tage|Stunden)|America/New York|UTC", "", left)) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_made_in_each_language_and_says_so(name: str, language: str) -> None:
    page, _ = shown_in(language, name, small_app())

    assert f'<html lang="{language}" dir="{direction(language)}"' in page
    assert "%(" not in page


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_a_translation_has_the_markup_of_its_sentence_and_no_other(language: str) -> None:
    with (FOLDER / "pages" / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)

    def tags(text: str) -> list[str]:
        return sorted(re.findall(r"<[^>]*>", text))

    for each in catalogue:
        one, many = each.id if isinstance(each.id, tuple) else (each.id, each.id)
        strings = [each.string] if isinstance(each.string, str) else each.string or ()
        for string in strings if each.id else ():
            assert tags(string) in (tags(str(one)), tags(str(many))), each.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_agree_to_differs_from_language_to_language(language: str) -> None:
    app = small_app()
    with app.test_request_context():
        words.speak(language, "pages")
        spoken = wordings.sign_up(Sample()).text  # type: ignore[arg-type]
        words.speak("en", "pages")
        english = wordings.sign_up(Sample()).text  # type: ignore[arg-type]

    assert (spoken == english) == (language == "en")


def test_every_template_for_readers_is_looked_at() -> None:
    there = {
        f"{folder}/{path.name}"
        for folder in ("pages", "errors", "embed")
        for path in (TEMPLATES / folder).glob("[!_]*.html")
        if path.name != "base.html"
    }

    assert {name.partition(",")[0] for name in NAMES} == there - {"embed/frame.html"}
