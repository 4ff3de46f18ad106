"""Each header folded by its own rule, whatever people write into it."""

import re
from dataclasses import replace
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.mail.headers import Mailbox, headers_of, mailbox, message_id, unstructured
from newsletter.mail.message import Content, Hole, plain
from newsletter.mail.mime import compile_message
from tests.mail.letters import (
    HTML,
    LETTERHEAD,
    LIST_NAMES,
    TEXT,
    VALUES,
    assert_keeps_the_rules,
    fields,
    letter,
    parsed,
    titled,
)

ANYTHING = st.text(st.characters(), min_size=1, max_size=2000)
"""Surrogates, controls, unassigned and all."""

TITLES = [
    "Tide",
    "x" * 300,
    "x" * 2000,
    "word " * 400,
    'Ann "The Tide" O\'Hara \\ Sons',
    "The Quay, the Boats (and the Gulls); post@courier.example <x@y.example>",
    "Grüße aus dem Hafen",
    "港町の新しい市場が今朝開場し、早朝から列ができた" * 20,
    "ميناء المدينة يستقبل أول سفينة " * 10,
    "👩‍🔧🇳🇴" * 60,
    "e\u0301" * 400,
    "half \ud83d of a letter",
    "=?UTF-8?Q?=0A?=",
    "a" * 990 + " " + "ö" * 990,
    ".",
    "=",
    "_ ? = _",
    "From the quay: a: b",
]


@pytest.mark.parametrize("title", TITLES)
def test_a_title_comes_out_of_subject_and_from_as_it_went_in(title: str) -> None:
    data = titled(title).fill(VALUES)

    message = parsed(data)
    assert_keeps_the_rules(data)
    assert message["Subject"] == plain(title)
    (sender,) = message["From"].addresses
    assert sender.addr_spec == "post@courier.example"
    assert _name_in(data) == plain(title).translate(_QUOTES)


_QUOTES = str.maketrans('"\\', "'/")
"""What a name shows instead of quotes of its own."""


def _name_in(data: bytes) -> str:
    # The parser of Python 3.11 puts a space between two encoded words of a name, so it is not asked.
    phrase = fields(data)["From"].rpartition("\r\n <")[0]
    name = str(make_header(decode_header(phrase))).removeprefix('"').removesuffix('"')
    return name.translate(_QUOTES)


@settings(max_examples=150, deadline=None)
@given(ANYTHING)
@example("\ue000to\ue001")
@example("\x00")
@example("= ?=?")
def test_any_subject_comes_out_as_it_went_in(subject: str) -> None:
    data = letter(subject).fill(VALUES)

    assert_keeps_the_rules(data)
    assert parsed(data)["Subject"] == plain(subject)


@settings(max_examples=150, deadline=None)
@given(ANYTHING)
def test_any_name_leaves_the_address_of_the_sender_alone(name: str) -> None:
    data = titled(name).fill(VALUES)

    assert_keeps_the_rules(data)
    assert [each.addr_spec for each in parsed(data)["From"].addresses] == ["post@courier.example"]


@settings(max_examples=200, deadline=None)
@given(ANYTHING)
def test_plain_text_is_one_safe_line_and_stays_as_it_is(text: str) -> None:
    line = plain(text)

    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ue000\ue001]|=\?|  ", line)
    assert line == line.strip() == plain(line)
    line.encode()


@pytest.mark.parametrize("name", ["", "   ", "\r\n", "\u202e\u2066", "\ue000\ue001"])
def test_a_sender_without_a_name_is_an_address_alone(name: str) -> None:
    assert mailbox("From", Mailbox(name, "post@courier.example")) == "post@courier.example"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("The Courier", "The Courier"),
        ("Courier, The", '"Courier, The"'),
        ('The "Courier"', "\"The 'Courier'\""),
        ("Courier \\ Sons", '"Courier / Sons"'),
        ("Kurier für Hafen", "=?utf-8?q?Kurier_f=C3=BCr_Hafen?="),
    ],
)
def test_a_name_is_quoted_or_encoded_as_it_needs(name: str, header: str) -> None:
    assert mailbox("From", Mailbox(name, "post@courier.example")) == f"{header}\r\n <post@courier.example>"


def test_a_long_english_subject_is_folded_between_words_and_not_encoded() -> None:
    value = unstructured("Subject", "The tide is out and the boats lie dry, " * 5)

    assert "=?" not in value
    assert all(len(line) <= 76 for line in f"Subject: {value}".split("\r\n"))


@pytest.mark.parametrize("length", [78, 200, 800])
def test_an_unsubscribe_link_of_any_length_stays_one_plain_address(length: int) -> None:
    url = "https://letters.example.org/unsubscribe/" + "k" * (length - 40)

    data = letter().fill({**VALUES, "unsubscribe_url": url})

    assert_keeps_the_rules(data)
    assert fields(data)["List-Unsubscribe"] == f"<{url}>"
    assert fields(data)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_list_mail_says_whose_list_it_is() -> None:
    found = fields(letter().fill(VALUES))

    assert found["List-Id"] == '"The Courier"\r\n <courier.lists.courier.example>'
    assert found["Feedback-ID"] == "1:courier:edition:news1"
    assert found["List-Post"] == "NO"
    assert found["Reply-To"] == "desk@courier.example"
    assert "Auto-Submitted" not in found


@pytest.mark.parametrize("title", ["Grüße", "x" * 300, "word " * 40, "", "\ud800\ue000"])
def test_a_title_that_a_list_id_cannot_hold_is_left_out(title: str) -> None:
    assert fields(titled(title or " ").fill(VALUES))["List-Id"] == "<courier.lists.courier.example>"


def test_a_mail_about_the_subscription_says_that_a_machine_wrote_it_and_offers_no_unsubscribing() -> None:
    single = replace(LETTERHEAD, of_list=None, reply_to=None)
    template = compile_message(single, Content("Please confirm", "Hello.", "<p>Hello.</p>"))

    data = template.fill({name: VALUES[name] for name in template.holes})

    names = [*LIST_NAMES[:5], "Auto-Submitted", "X-Auto-Response-Suppress", *LIST_NAMES[-2:]]
    assert_keeps_the_rules(data, names)
    assert fields(data)["Auto-Submitted"] == "auto-generated"


def test_the_date_has_a_numeric_zone_and_is_the_same_on_each_attempt() -> None:
    first, second = letter().fill(VALUES), letter().fill(VALUES)

    assert first == second
    assert fields(first)["Date"] == "Mon, 23 Nov 2026 09:00:00 +0000"


def test_ten_thousand_message_ids_differ_and_none_changes() -> None:
    ids = [message_id(b"s" * 16, key, "courier.example") for key in range(10_000)]

    assert len(set(ids)) == 10_000
    assert ids[7] == message_id(b"s" * 16, 7, "courier.example")
    assert re.fullmatch(r"<[0-9a-f]{32}@courier\.example>", ids[7])


def test_the_message_ids_of_two_mailings_differ() -> None:
    assert message_id(b"s" * 16, 7, "courier.example") != message_id(b"t" * 16, 7, "courier.example")


def test_what_differs_by_recipient_is_a_hole() -> None:
    values = dict(headers_of(LETTERHEAD, "Tide"))

    assert values["To"] == str(Hole("to"))
    assert values["Message-ID"] == str(Hole("message_id"))
    assert letter("Tide", TEXT, HTML).holes == {"to", "message_id", "unsubscribe_url"}
