"""From content to bytes and back: nothing is lost, nothing is too long, nothing of one reader is in another's."""

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsletter.core.errors import UnsafeMessage
from newsletter.mail.message import Content, Hole
from newsletter.mail.mime import Template, compile_message
from tests.mail.letters import HTML, LETTERHEAD, TEXT, VALUES, assert_keeps_the_rules, body, letter, parsed

URL = Hole("unsubscribe_url")

WRITTEN = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ue000\ue001"), max_size=2000)
"""What a template may hold: anything but holes, NUL and CR."""

VALUE = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1, max_size=800)

HARD = [
    "",
    ".",
    "..\n.\n.dot first\n",
    "trailing space \nand tab\t\n",
    "From the quay\n",
    "--=_boundary\n--=_boundary--\n",
    "x" * 75,
    "x" * 76,
    "x" * 77,
    "x" * 100_000,
    "é" * 40,
    "x" * 74 + "é\n",
    "x" * 75 + " \n",
    "👩‍🔧" * 500,
    "=" * 200,
    "=3D=0A=\n",
    "\x0b\x0c\x1b[2J\x7f\x85\u2028",
    "line\n" * 20_000,
    "港" * 60_000,
]


def _ended(text: str) -> str:
    """As the template keeps a body: one line end at the end."""
    return text.rstrip() + "\n"


def _html_with(value: str) -> str:
    escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace('"', "&#34;").replace("'", "&#39;")


@pytest.mark.parametrize("text", HARD, ids=range(len(HARD)))
def test_a_hard_body_comes_out_as_it_went_in(text: str) -> None:
    data = letter("Tide", text + str(URL), f"<pre>{text}</pre>{URL}").fill(VALUES)

    assert_keeps_the_rules(data)
    assert body(data, "plain") == _ended(text + VALUES["unsubscribe_url"])
    assert body(data, "html") == _ended(f"<pre>{text}</pre>{VALUES['unsubscribe_url']}")


@settings(max_examples=80, deadline=None)
@given(WRITTEN, WRITTEN, st.sampled_from([1, 1, 1, 30]))
@example("\ud800", "\udfff", 1)
def test_any_body_comes_out_as_it_went_in(text: str, html: str, times: int) -> None:
    data = letter("Tide", text * times, html * times + str(URL)).fill(VALUES)

    assert_keeps_the_rules(data)
    assert body(data, "plain") == _ended(text * times).replace("\ud800", "?")
    assert body(data, "html") == _ended(html * times + VALUES["unsubscribe_url"]).replace("\udfff", "?")


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ue000\ue001"), min_size=200, max_size=400))
def test_a_body_of_200_kilobytes_comes_out_as_it_went_in(text: str) -> None:
    long = text * (200_000 // len(text.encode()) + 1)
    data = letter("Tide", long, f"<p>{URL}</p>").fill(VALUES)

    assert_keeps_the_rules(data)
    assert body(data, "plain") == _ended(long)


@settings(max_examples=150, deadline=None)
@given(VALUE, st.integers(0, 80))
@example("</a><script>alert('x')</script>&amp;\"", 3)
@example("x" * 76, 0)
@example("é" * 38, 1)
@example(" ", 75)
def test_any_value_in_a_body_is_read_as_it_is_and_escaped_in_html(value: str, before: int) -> None:
    name = Hole("name")
    lead = "." * before
    data = letter("Tide", f"{lead}{name}, {name}\n{URL}.", f'<p title="{name}">{lead}{name}</p>').fill(
        {**VALUES, "name": value}
    )

    assert_keeps_the_rules(data)
    assert body(data, "plain") == f"{lead}{value}, {value}\n{VALUES['unsubscribe_url']}.\n"
    assert body(data, "html") == f'<p title="{_html_with(value)}">{lead}{_html_with(value)}</p>\n'


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(), max_size=300))
def test_no_value_whatever_breaks_the_rules(value: str) -> None:
    name = Hole("name")

    data = letter("Tide", f"Dear {name},\n{URL}", f"<p>{name}</p>").fill({**VALUES, "name": value})

    assert_keeps_the_rules(data)


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "a b@example.org",
        "a@example.org\r\nBcc: x@y.example",
        "a@example.org\n",
        "a@example.org\u2028",
        "a\0@example.org",
        "a\x85@example.org",
        "a\ud800@example.org",
        "=?utf-8?q?=0ABcc=3A_x?=@example.org",
        "x" * 901,
        "é" * 451,
    ],
)
@pytest.mark.parametrize("hole", ["to", "message_id", "unsubscribe_url"])
def test_a_value_that_a_header_cannot_hold_is_refused(hole: str, value: str) -> None:
    with pytest.raises(UnsafeMessage, match="value for a header"):
        letter().fill({**VALUES, hole: value})


def test_an_international_recipient_stands_unencoded_in_the_header() -> None:
    data = letter().fill({**VALUES, "to": "jørgen@xn--strae-oqa.example"})

    assert_keeps_the_rules(data)
    assert "\r\nTo: jørgen@xn--strae-oqa.example\r\n".encode() in data


def test_the_parts_stand_in_order_text_first() -> None:
    message = parsed(letter().fill(VALUES))

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert {part["Content-Transfer-Encoding"] for part in message.iter_parts()} == {"quoted-printable"}
    assert {part.get_content_charset() for part in message.iter_parts()} == {"utf-8"}
    assert not message.defects
    assert len(message.get_boundary() or "") <= 70


def test_a_body_cannot_hold_the_boundary_even_when_it_knows_it() -> None:
    boundary = parsed(letter().fill(VALUES)).get_boundary()
    forged = f"--{boundary}\n--{boundary}--\n=_{boundary}"

    data = letter("Tide", forged + str(URL)).fill(
        {**VALUES, "unsubscribe_url": f"https://x.example/--{boundary}--"}
    )

    assert [part.get_content_type() for part in parsed(data).iter_parts()] == ["text/plain", "text/html"]
    assert body(data, "plain").startswith(forged)


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n"])
def test_line_ends_of_any_kind_become_those_of_mail(ends: str) -> None:
    data = letter("Tide", f"one{ends}two{ends}{URL}", "<p></p>").fill(VALUES)

    assert body(data, "plain").splitlines()[:2] == ["one", "two"]


def test_a_template_kept_in_the_database_makes_the_same_bytes() -> None:
    template = letter("Grüße", TEXT * 20, HTML * 20)

    assert Template(template.stored).fill(VALUES) == template.fill(VALUES)
    assert Template(template.stored).holes == {"to", "message_id", "unsubscribe_url"}


def test_two_readers_share_nothing_that_is_theirs() -> None:
    template = letter()
    readers = [
        {
            "to": f"reader{number}@example.org",
            "message_id": f"<id{number}@courier.example>",
            "unsubscribe_url": f"https://letters.example.org/unsubscribe/token-{number}-",
        }
        for number in range(200)
    ]
    messages = [re.sub(rb"=\r\n", b"", template.fill(values)).decode() for values in readers]

    for number, message in enumerate(messages):
        assert re.findall(r"reader(\d+)@", message) == [str(number)]
        assert set(re.findall(r"token-(\d+)-", message)) == {str(number)}


def test_a_value_too_few_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        letter().fill({"to": "reader@example.org"})


def test_a_hole_that_people_wrote_into_a_subject_is_no_hole() -> None:
    assert letter(f"Tide {Hole('secret')}").holes == {"to", "message_id", "unsubscribe_url"}


def test_an_empty_mail_is_still_a_mail() -> None:
    data = compile_message(LETTERHEAD, Content("", "", "")).fill(VALUES)

    assert_keeps_the_rules(data)
    assert (body(data, "plain"), body(data, "html")) == ("\n", "\n")
