"""What a seal signs is believed by another implementation, and nothing can be changed or added afterwards."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.core.errors import UnsafeMessage
from newsletter.mail.dkim.seal import KEPT_OUT, LOCKED, Seal
from newsletter.mail.headers import Mailbox
from newsletter.mail.message import Content, Hole
from newsletter.mail.mime import Template, compile_message
from tests.mail.letters import HTML, LETTERHEAD, LIST_NAMES, TEXT, VALUES, fields, letter, titled
from tests.mail.signing import AT, ED25519, KEYS, RSA, sealed, tags, verdicts

URL, NAME = Hole("unsubscribe_url"), Hole("name")

WRITTEN = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ue000\ue001"), max_size=400)
VALUE = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=300)
BLANKS = st.text(" \t\n.a", max_size=200)
RECIPIENT = st.from_regex(r"[a-zé!#$%&'*+/=?^_`{|}~.-]{1,40}@[a-z0-9.-]{1,40}\.example", fullmatch=True)

MESSAGE = sealed(letter())


@settings(max_examples=80, deadline=None)
@given(WRITTEN, WRITTEN | BLANKS, WRITTEN | BLANKS)
def test_any_subject_and_body_verify_with_both_keys(subject: str, text: str, html: str) -> None:
    assert verdicts(sealed(letter(subject, text + str(URL), html))) == [True, True]


@settings(max_examples=80, deadline=None)
@given(RECIPIENT.filter(lambda address: "=?" not in address), VALUE | BLANKS)
@example("reader@example.org", "")
@example("reader@example.org", " ")
@example("reader@example.org", "x \t\n\n\n \n")
@example("jørgen@xn--strae-oqa.example", "x" * 900)
def test_any_recipient_and_value_verify_with_both_keys(recipient: str, value: str) -> None:
    template = letter("Tide", f"{NAME}, {NAME}{NAME}\n\n{URL}", f"<p>{NAME}</p>{NAME}  ")

    assert verdicts(sealed(template, {**VALUES, "to": recipient, "name": value})) == [True, True]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (str(URL), str(URL)),
        (f"{URL}\n\n\n", f"\n\n{URL}"),
        (f"  {URL}  ", f"\t{URL}\t"),
        (f"{URL}{URL}", f"{URL} {URL}"),
        ("", ""),
        ("no hole\t \n", "<p>none  </p>"),
    ],
)
def test_bodies_that_begin_or_end_with_a_hole_or_have_none_verify(text: str, html: str) -> None:
    assert verdicts(sealed(letter("Tide", text, html))) == [True, True]


@pytest.mark.parametrize("title", ["The  Courier", "Grüße aus Wrenmouth " * 6, "100 % tide, %b %s %%", "港" * 60])
def test_a_title_of_any_kind_verifies_wherever_it_stands(title: str) -> None:
    assert verdicts(sealed(titled(title))) == [True, True]


def test_a_mail_that_is_no_list_mail_verifies() -> None:
    plain = replace(LETTERHEAD, of_list=None, reply_to=None)

    assert verdicts(sealed(compile_message(plain, Content("Please confirm", TEXT, HTML)))) == [True, True]


def test_one_seal_signs_each_message_for_itself() -> None:
    template = letter()
    seal = Seal(KEYS, template, AT)
    readers = [{**VALUES, "to": f"reader{number}@example.org"} for number in range(3)]
    messages = [seal.sign(pieces) + b"".join(pieces) for pieces in map(template.pieces, readers)]

    assert [verdicts(message) for message in messages] == [[True, True]] * 3
    assert len({tags(message)["b"] for message in messages}) == 3


def test_signing_again_makes_the_same_bytes() -> None:
    template = letter()

    assert sealed(template) == sealed(Template(template.stored))
    assert sealed(template).endswith(template.fill(VALUES))


def test_the_tags_are_those_of_the_standard() -> None:
    rsa, ed25519 = tags(MESSAGE, 0), tags(MESSAGE, 1)

    assert (rsa["a"], ed25519["a"]) == ("rsa-sha256", "ed25519-sha256")
    assert (rsa["d"], rsa["s"], ed25519["s"]) == ("courier.example", "r2026", "e2026")
    assert (rsa["v"], rsa["c"], rsa["t"]) == ("1", "relaxed/relaxed", str(int(AT.timestamp())))
    assert list(rsa) == list(ed25519) == ["v", "a", "c", "d", "s", "t", "h", "bh", "b"]


def test_every_header_of_the_message_is_signed_and_those_that_matter_are_locked() -> None:
    signed = tags(MESSAGE)["h"].split(":")

    assert {name.lower() for name in LIST_NAMES} <= set(signed)
    assert [signed.count(name) for name in ("from", "subject", "to", "list-unsubscribe")] == [2, 2, 2, 2]
    assert {"content-transfer-encoding", "list-help", "auto-submitted"} <= set(signed)
    assert "dkim-signature" not in signed


@pytest.mark.parametrize("name", LIST_NAMES)
def test_a_byte_changed_in_a_header_breaks_both_signatures(name: str) -> None:
    value = fields(letter().fill(VALUES))[name]
    changed = value[:-2] + ("yy" if value[-2] == "x" else "xx")

    broken = MESSAGE.replace(f"\r\n{name}: {value}\r\n".encode(), f"\r\n{name}: {changed}\r\n".encode())

    assert broken != MESSAGE
    assert verdicts(broken) == [False, False]


@pytest.mark.parametrize("name", sorted({*LOCKED, *KEPT_OUT} - {"list-post", "feedback-id", "precedence"}))
@pytest.mark.parametrize("place", ["at the top", "at the end"])
def test_a_header_added_on_the_way_breaks_both_signatures(name: str, place: str) -> None:
    added = f"{name}: <https://else.example/x>\r\n".encode()

    forged = (
        added + MESSAGE if place == "at the top" else MESSAGE.replace(b"\r\n\r\n", b"\r\n" + added + b"\r\n", 1)
    )

    assert verdicts(forged) == [False, False]


@pytest.mark.parametrize(
    "part", [b"Good morning", b"<p>Good", b"text/html; charset", b"unsubscribe/eyJ", b"--\r\n"]
)
def test_a_byte_changed_in_the_body_breaks_both_signatures(part: bytes) -> None:
    head, blank, body = MESSAGE.partition(b"\r\n\r\n")

    broken = head + blank + body.replace(part, bytes([part[0] ^ 1]) + part[1:])

    assert broken != MESSAGE
    assert verdicts(broken) == [False, False]


def test_what_servers_may_do_on_the_way_breaks_nothing() -> None:
    carried = b"Received: from a.example\r\n by b.example; Mon, 23 Nov 2026 09:00:00 +0000\r\n" + MESSAGE
    carried = carried.replace(b"\r\nTo: ", b"\r\nto:\r\n\t ").replace(b"morning.\r\n", b"morning. \t\r\n")

    assert verdicts(carried + b"\r\n\r\n") == [True, True]


def test_the_signatures_are_short_lines_with_the_line_ends_of_mail() -> None:
    template = letter()
    signatures = Seal(KEYS, template, AT).sign(template.pieces(VALUES))

    assert signatures.isascii()
    assert signatures.endswith(b"\r\n")
    assert max(map(len, signatures.split(b"\r\n"))) <= 78
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\r\n\r\n", signatures)


def test_the_longest_names_that_dns_holds_still_verify() -> None:
    label = "a" * 60
    longest = replace(RSA, domain=f"{label}.{label}.{label}.example", selector=label)
    letterhead = replace(LETTERHEAD, sender=Mailbox("", f"post@{longest.domain}"))
    template = compile_message(letterhead, Content("Tide", TEXT, HTML))

    assert verdicts(sealed(template, keys=[longest]), [longest]) == [True]


def test_without_a_key_for_the_sender_nothing_is_signed() -> None:
    template = letter()
    stranger = replace(RSA, domain="else.example")

    assert sealed(template, keys=[stranger]) == sealed(template, keys=[]) == template.fill(VALUES)


def test_the_moment_is_the_mailings() -> None:
    template = letter()
    later = Seal(KEYS, template, AT + timedelta(hours=1)).sign(template.pieces(VALUES))

    assert int(tags(later + b"\r\n")["t"]) - int(tags(MESSAGE)["t"]) == 3600


@pytest.mark.parametrize(
    "stored",
    [
        b"From: a@courier.example\r\n\r\nDear \0t:name\0=\r\n, hello\r\n",
        b"From: a@courier.example\r\n\r\n\0t:name\0, hello\r\n",
        b"From: a@courier.example\r\n\r\n\0t:name\0=\r\n\r\n\r\n",
        b"From: a@courier.example\r\n\r\nno line end",
        b"From: a@courier.example\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello\r\n",
        b"From: a@courier.example\r\nFrom: b@courier.example\r\n\r\nhello\r\n",
        b"From: \0h:from\0@courier.example\r\n\r\nhello\r\n",
        b"To: a@courier.example\r\n\r\nhello\r\n",
        b"From: \r\n\r\nhello\r\n",
    ],
)
def test_a_template_that_cannot_be_signed_piece_by_piece_is_refused(stored: bytes) -> None:
    with pytest.raises(UnsafeMessage):
        Seal([RSA, ED25519], Template(stored), AT)
