"""The one address parser against what people type, import and attack with."""

import pytest

from newsletter.core.addresses import masked, parse
from newsletter.core.errors import InvalidAddress

L64, L65 = "x" * 64, "x" * 65
LONG_DOMAIN = ".".join(["d" * 60] * 3)

VALID = {
    # As typed -> as kept.
    "ann@example.org": "ann@example.org",
    "Ann@Example.ORG": "Ann@example.org",
    " ann@example.org ": "ann@example.org",
    "\tann@example.org\r\n": "ann@example.org",
    "ann@example.org\u3000": "ann@example.org",
    "ann.marlow@example.org": "ann.marlow@example.org",
    "ann+news@example.org": "ann+news@example.org",
    "ann+news+more@example.org": "ann+news+more@example.org",
    "a@example.org": "a@example.org",
    "a@b.c": "a@b.c",
    "1@example.org": "1@example.org",
    "_@example.org": "_@example.org",
    "ann_marlow@example.org": "ann_marlow@example.org",
    "ann-marlow@example.org": "ann-marlow@example.org",
    "ann-@example.org": "ann-@example.org",
    "o'brien@example.org": "o'brien@example.org",
    "!#$%&'*+/=?^_`{|}~@example.org": "!#$%&'*+/=?^_`{|}~@example.org",
    "customer/department=shipping@example.org": "customer/department=shipping@example.org",
    "a%b@example.org": "a%b@example.org",
    "a!b@example.org": "a!b@example.org",
    "a=b@example.org": "a=b@example.org",
    "a=?b@example.org": "a=?b@example.org",
    "ann@mail.sub.example.org": "ann@mail.sub.example.org",
    "ann@xn--strae-oqa.example": "ann@xn--strae-oqa.example",
    "ann@XN--STRAE-OQA.example": "ann@xn--strae-oqa.example",
    "ann@straße.example": "ann@xn--strae-oqa.example",
    "ann@STRASSE.example": "ann@strasse.example",
    "ann@bücher.example": "ann@xn--bcher-kva.example",
    "ann@BÜCHER.example": "ann@xn--bcher-kva.example",
    "ann@bu\u0308cher.example": "ann@xn--bcher-kva.example",
    "ann@例え.example": "ann@xn--r8jz45g.example",
    "ann@مثال.example": "ann@xn--mgbh0fb.example",
    "ann@пример.example": "ann@xn--e1afmkfd.example",
    "ann@example。org": "ann@example.org",
    "ann@\uff45xample.org": "ann@example.org",
    "jørgen@example.org": "jørgen@example.org",
    "jo\u0308rgen@example.org": "jörgen@example.org",
    "用户@例え.example": "用户@xn--r8jz45g.example",
    "иван@example.org": "иван@example.org",
    "👍@example.org": "👍@example.org",
    "ann@1.example": "ann@1.example",
    "ann@a-b.example": "ann@a-b.example",
    "ann@a--b.example": "ann@a--b.example",
    f"{L64}@example.org": f"{L64}@example.org",
    "é" * 32 + "@example.org": "é" * 32 + "@example.org",
    f"ann@{'d' * 63}.example": f"ann@{'d' * 63}.example",
    f"ann@{LONG_DOMAIN}.example.org": f"ann@{LONG_DOMAIN}.example.org",
    f"{'x' * 59}@{LONG_DOMAIN}.example.org": f"{'x' * 59}@{LONG_DOMAIN}.example.org",
}

INVALID = [
    # Nothing, or not all of it.
    *("", " ", "\n", "@", "ann", "ann@", "@example.org", "ann@example", "ann.example.org", "ann@localhost"),
    # Dots.
    *(".ann@example.org", "ann.@example.org", "a..b@example.org", "ann@example..org", "ann@.example.org"),
    *("ann@example.org.", "ann@example.", "ann@.", "ann@..", "."),
    # At signs, lists, names, comments.
    *("a@b@example.org", "ann@@example.org", "@@", "ann@example.org@", "ann@example.org,bo@example.org"),
    *("ann@example.org;bo@example.org", "ann@example.org bo@example.org", "<ann@example.org>", "ann@example.org>"),
    *("Ann <ann@example.org>", '"Ann" <ann@example.org>', "alice@ok<evil@x>", "ann(comment)@example.org"),
    *("ann@example.org(comment)", "(c)ann@example.org", "mailto:ann@example.org", "ann@example.org?subject=x"),
    *("ann:list@example.org", "ann,marlow@example.org", "a;b@example.org", "a[b@example.org", "a\\b@example.org"),
    # Quotes and literals.
    *('"ann"@example.org', '"a b"@example.org', '"x@a.example x"@internal.example', '""@example.org'),
    *('"a\\"b"@example.org', 'a"b@example.org', "ann@[127.0.0.1]", "ann@[IPv6:::1]", "ann@127.0.0.1", "ann@[x]"),
    # White space and controls.
    *("ann marlow@example.org", "ann @example.org", "ann@ example.org", "ann@exam ple.org", "an\tn@example.org"),
    *("ann@example.org\r\nRCPT TO:<x@y.example>", "ann\r\n@example.org", "ann@exa\nmple.org", "a\rb@example.org"),
    *("ann@example.org\r\nBcc: x@y.example", "ann\0@example.org", "ann@example.org\0", "a\x7fb@example.org"),
    *("a\x1bb@example.org", "a\x85b@example.org", "a\u2028b@example.org", "a\u2029b@example.org"),
    *("a\xa0b@example.org", "a\u200bb@example.org", "\u202eann@example.org", "ann@exam\u200dple.org"),
    *("\ufeffann@example.org", "a\u00adb@example.org", "a\ud800b@example.org", "ann@\udc80.example"),
    "\ue000to\ue001@example.org",
    # What some mail program would take for something else.
    *("-ann@example.org", "--help@example.org", "=?utf-8?q?=0ABcc?=@example.org", "a=?us?B?b@example.org"),
    *("%0aBcc:x@example.org", "$(id)@example.org", "<script>@example.org", "ann@example.org/../x"),
    # Domains.
    *("ann@-a.example", "ann@a-.example", "ann@a_b.example", "ann@_a.example", "ann@a!b.example", "ann@a$.org"),
    *("ann@xn--a.example", "ann@xn--.example", "ann@☃.example", "ann@👍.example", "ann@exa%6dple.org"),
    *("ann@example.org:25", "ann@//example.org", "ann@example.org#x", "ann@ann@", "ann@*.example.org"),
    *("ann@sub.local", "ann@sub.invalid", "ann@sub.localhost", "ann@sub.test", "ann@sub.onion", "ann@1.2.3"),
    *("ann@ab--c\u0301.example", "ann@\u0301a.example", "ann@a·b.example.", "ann@example.123"),
    # Length, in octets.
    *(f"{L65}@example.org", "é" * 33 + "@example.org", f"ann@{'d' * 64}.example", "x" * 400 + "@example.org"),
    *(f"{'x' * 60}@{LONG_DOMAIN}.example.org", f"ann@{'d.' * 130}example", "a@" + "b" * 100_000, "@" * 100_000),
    f"ann@{'ü' * 60}.example",
]  # fmt: skip


@pytest.mark.parametrize(("typed", "kept"), VALID.items())
def test_an_address_that_can_be_written_to_is_taken(typed: str, kept: str) -> None:
    assert str(parse(typed)) == kept


@pytest.mark.parametrize("typed", INVALID, ids=[f"{each[:30]!a}-{len(each)}" for each in INVALID])
def test_what_cannot_or_must_not_be_written_to_is_refused(typed: str) -> None:
    with pytest.raises(InvalidAddress):
        parse(typed)


@pytest.mark.parametrize("typed", [each for each in INVALID if len(each) > 3], ids=ascii)
def test_a_refusal_is_one_sentence_that_does_not_repeat_what_was_typed(typed: str) -> None:
    with pytest.raises(InvalidAddress) as refused:
        parse(typed)

    text = str(refused.value)
    assert typed.strip() not in text.replace("name@example.org", "")
    assert "\n" not in text
    assert len(text) < 120
    assert refused.value.field == "email"


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(VALID) + len(INVALID) >= 150


@pytest.mark.parametrize(("typed", "kept"), VALID.items())
def test_a_kept_address_is_taken_again_unchanged(typed: str, kept: str) -> None:
    assert str(parse(str(parse(typed)))) == kept


def test_two_spellings_of_one_person_have_one_identity() -> None:
    spellings = ["Ann@Bücher.example", "ann@bu\u0308cher.EXAMPLE", " aNN@xn--bcher-kva.example"]

    assert {parse(each).identity for each in spellings} == {"ann@xn--bcher-kva.example"}
    assert len({parse(each).key("p" * 32) for each in spellings}) == 1


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
