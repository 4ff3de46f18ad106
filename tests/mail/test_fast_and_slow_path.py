"""A template that is rendered once and filled says to each reader what one that is rendered for them would say."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import Environment

from newsletter.mail.headers import unstructured
from newsletter.mail.message import Content, Hole
from newsletter.mail.mime import compile_message
from tests.mail.letters import LETTERHEAD, VALUES, assert_keeps_the_rules, parsed

NAMES = ("name", "unsubscribe_url", "preferences_url")
PRINTABLE = st.characters(exclude_categories=("Cc", "Cs", "Co", "Zl", "Zp"))
LITERALS = st.text(PRINTABLE | st.sampled_from("\n.=- \t"), max_size=120).filter(lambda text: "{" not in text)
PIECES = st.lists(st.tuples(LITERALS, st.sampled_from(NAMES)), max_size=6)
PLAIN = st.from_regex(r"[A-Za-z0-9/][A-Za-z0-9./:@+~_-]{0,700}", fullmatch=True)
WRITTEN = st.text(PRINTABLE, min_size=1, max_size=200) | PLAIN
LINKS = st.from_regex(r"https://[a-z.]{1,40}/[A-Za-z0-9._-]{1,400}", fullmatch=True)
TEXTS, PAGES = Environment(autoescape=False), Environment(autoescape=True)  # noqa: S701 - plain text has no escapes.

VALUES_OF_A_READER = st.fixed_dictionaries({"name": WRITTEN, "unsubscribe_url": LINKS, "preferences_url": LINKS})

Pieces = list[tuple[str, str]]


def of(name: str) -> dict[str, str]:
    return dict.fromkeys(NAMES, "https://letters.example.org/u/x.y.z") | {"name": name}


def source(pieces: Pieces) -> str:
    """A template of Jinja that ends with a line of its own."""
    return "".join(f"{literal}{{{{ {name} }}}}" for literal, name in pieces) + "\n--\n"


def rendered(subject: str, text: str, html: str, values: dict[str, Hole] | dict[str, str]) -> Content:
    return Content(subject, TEXTS.from_string(text).render(values), PAGES.from_string(html).render(values))


def decoded(message: EmailMessage) -> list[bytes]:
    """The content of each part as it stood before it was encoded."""
    return [bytes(part.get_payload(decode=True)) for part in message.iter_parts()]


def headers(data: bytes) -> list[tuple[str, str]]:
    """As they stand on the wire, but for the boundary, which is made of the content."""
    block = message_from_bytes(data, policy=policy.compat32)
    return [(name, str(value)) for name, value in block.items() if name != "Content-Type"]


@given(st.text(PRINTABLE, max_size=200), PIECES, PIECES, VALUES_OF_A_READER)
@example("Tide", [("x" * 70, "name")], [("", "name")], of("a" * 74 + ".b.c" * 60))
@example("Tide", [(".", "name"), (".", "name")], [("=", "name")], of("." * 300))
@example("Tide", [("", "name")], [("<p title='", "name")], of('"O\'Hara" & <Söhne> =?utf-8?q?x?='))
def test_filled_or_rendered_anew_a_reader_gets_the_same(
    subject: str, text: Pieces, html: Pieces, values: dict[str, str]
) -> None:
    once = compile_message(
        LETTERHEAD, rendered(subject, source(text), source(html), {name: Hole(name) for name in NAMES})
    )
    anew = compile_message(LETTERHEAD, rendered(subject, source(text), source(html), values))

    fast, slow = (template.fill({**VALUES, **values}) for template in (once, anew))

    assert decoded(parsed(fast)) == decoded(parsed(slow))
    assert headers(fast) == headers(slow)
    assert ("Subject", unstructured("Subject", subject)) in headers(fast)
    assert_keeps_the_rules(fast)
    assert not re.search(rb"^\.", fast, re.MULTILINE)
