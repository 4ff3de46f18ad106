"""The one address parser against what people type, import and attack with."""

import json
import os

import pytest

from newsletter.core.addresses import Address, masked, parse, parse_many
from newsletter.core.errors import InvalidAddress
from tests.core.corpus import ACCEPTED, GOLDEN, REFUSED, TYPED


def taken(typed: str) -> str | None:
    try:
        return str(parse(typed))
    except InvalidAddress:
        return None


def test_what_is_taken_of_the_corpus_and_as_what_is_the_golden_set() -> None:
    found = {typed: kept for typed in TYPED if (kept := taken(typed))}

    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n")
    assert found == json.loads(GOLDEN.read_text())


def test_many_at_once_are_taken_and_refused_as_one_by_one() -> None:
    found = zip(TYPED, parse_many(TYPED), strict=True)

    assert {typed: str(kept) for typed, kept in found if isinstance(kept, Address)} == ACCEPTED


@pytest.mark.parametrize("typed", [each for each in REFUSED if len(each) > 3], ids=ascii)
def test_a_refusal_is_one_sentence_that_does_not_repeat_what_was_typed(typed: str) -> None:
    with pytest.raises(InvalidAddress) as refused:
        parse(typed)

    text = str(refused.value)
    assert typed.strip() not in text.replace("name@example.org", "")
    assert "\n" not in text
    assert len(text) < 120
    assert refused.value.field == "email"


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(set(ACCEPTED)) >= 50
    assert len(set(REFUSED)) >= 100


@pytest.mark.parametrize("kept", sorted(set(ACCEPTED.values())))
def test_a_kept_address_is_taken_again_unchanged(kept: str) -> None:
    assert str(parse(kept)) == kept


@pytest.mark.parametrize(
    ("identity", "spellings"),
    [
        ("ann@example.org", ["ann@example.org", "Ann@Example.ORG", " ANN@EXAMPLE。ORG ", "ann@\uff45xample.org"]),
        (
            "ann@xn--bcher-kva.example",
            ["Ann@Bücher.example", "ann@bu\u0308cher.EXAMPLE", " aNN@xn--bcher-kva.example", "ann@BÜCHER.example"],
        ),
        ("ann@xn--strae-oqa.example", ["ann@straße.example", "ann@XN--STRAE-OQA.example"]),
        ("ann@xn--e1afmkfd.example", ["ann@пример.example", "ANN@ПРИМЕР.example"]),
        (
            "josé@example.org",
            ["josé@example.org", "jose\u0301@example.org", "JOSÉ@example.org", "JOSE\u0301@example.org"],
        ),
        ("ann@xn--r8jz45g.example", ["ann@例え.example", "ann@例え。example"]),
    ],
)
def test_the_spellings_of_one_person_have_one_identity(identity: str, spellings: list[str]) -> None:
    assert {parse(each).identity for each in spellings} == {identity}
    assert len({parse(each).key("p" * 32) for each in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@strasse.example", "ann@straße.example"),
        ("ann@γάς.example", "ann@γάσ.example"),
        ("jose@example.org", "josé@example.org"),
        ("ann@example.org", "аnn@example.org"),  # noqa: RUF001 - it begins with a Cyrillic letter.
        ("ann@bücher.example", "ann@buecher.example"),
    ],
)
def test_what_only_looks_alike_is_somebody_else(one: str, other: str) -> None:
    assert parse(one).identity != parse(other).identity


@pytest.mark.parametrize("other", ["ann+x@example.org", "a.nn@example.org", "ann@example.com", "anη@example.org"])
def test_tags_dots_and_other_letters_make_another_person(other: str) -> None:
    assert parse(other).identity != parse("ann@example.org").identity


def test_only_the_local_part_needs_an_international_server() -> None:
    assert not parse("ann@bücher.example").is_international
    assert parse("jørgen@example.org").is_international


def test_a_key_tells_nothing_without_its_pepper() -> None:
    address = parse("ann@example.org")

    assert address.key("p" * 32) != address.key("q" * 32)
    assert len(address.key("p" * 32)) == 32
    assert "ann" not in address.key("p" * 32)


@pytest.mark.parametrize(
    ("address", "shown"),
    [("ann@example.org", "a…@example.org"), ("@example.org", "…@example.org"), ("", "…")],
)
def test_a_masked_address_keeps_one_letter_and_the_domain(address: str, shown: str) -> None:
    assert masked(address) == shown
