"""Every word that readers see is translated into every language, with the same places for values."""

import re

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from newsletter.mail.languages import FOLDER, LANGUAGES
from tests.house.test_house_rules import ROOT
from tools.gather_words import words

PLACE = re.compile(r"%\(\w+\)s")
TRANSLATED = [code for code in LANGUAGES if code != "en"]
AREAS = {"mails": TRANSLATED, "pages": TRANSLATED, "console": ["de"]}
CATALOGUES = [(area, language) for area, languages in AREAS.items() for language in languages]
ENGLISH_ONLY = {"alarm", "watch"}


def said(area: str) -> dict[object, Message]:
    return {each.id: each for each in words(area) if each.id}


def texts(string: object) -> list[str]:
    return [string] if isinstance(string, str) else list(string)  # type: ignore[call-overload]


def test_there_is_a_catalogue_for_each_language_and_no_other() -> None:
    assert {(path.parent.name, path.stem) for path in FOLDER.glob("*/*.po")} == set(CATALOGUES)


@pytest.mark.parametrize(("area", "language"), CATALOGUES)
def test_a_catalogue_has_each_sentence_and_each_of_its_places(area: str, language: str) -> None:
    with (FOLDER / area / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    told = {each.id: each for each in catalogue if each.id}

    assert set(told) == set(said(area))
    for sentence, message in told.items():
        assert not message.fuzzy
        places = set(PLACE.findall(texts(sentence)[-1]))
        strings = texts(message.string)
        assert len(strings) == (1 if isinstance(sentence, str) else catalogue.num_plurals)
        for string in strings:
            assert string.strip(), sentence
            assert set(PLACE.findall(string)) == places, sentence
            assert string.count("%") == len(PLACE.findall(string)), sentence


def test_no_sentence_of_a_mail_stands_outside_the_catalogues() -> None:
    """What is left of a template without its tags, expressions and markup has no words."""
    for path in (ROOT / "templates" / "emails").rglob("*"):
        if path.suffix not in {".html", ".txt"} or ENGLISH_ONLY & set(path.parts):
            continue
        text = re.sub(
            r"\{% trans.*?endtrans \+?%\}|\{#.*?#\}|<!--.*?-->|<style.*?</style>",
            " ",
            path.read_text(),
            flags=re.DOTALL,
        )
        text = path.read_text()
        for taken_out in (
            r"\{% trans.*?endtrans \+?%\}",
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}",
            r"<!--.*?-->|<[^>]*>|&\w+;",
        ):
            text = re.sub(taken_out, " ", text, flags=re.DOTALL)
        assert not re.findall(r"[A-Za-z]{3,}", text), path
