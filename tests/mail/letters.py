"""A letterhead and a content to compile, and the rules that every finished message must keep."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from newsletter.mail.headers import Letterhead, ListFacts, Mailbox
from newsletter.mail.message import Content, Hole
from newsletter.mail.mime import Template, compile_message

LETTERHEAD = Letterhead(
    sender=Mailbox("The Courier", "post@courier.example"),
    reply_to="desk@courier.example",
    date=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    of_list=ListFacts("The Courier", "courier", "lists.courier.example", "1:courier:edition:news1"),
)

LIST_NAMES = [
    *("From", "To", "Subject", "Date", "Message-ID", "Reply-To", "List-Id", "List-Unsubscribe"),
    *("List-Unsubscribe-Post", "List-Post", "Feedback-ID", "Precedence", "MIME-Version", "Content-Type"),
]

VALUES = {
    "to": "reader@example.org",
    "message_id": "<0123456789abcdef@courier.example>",
    "unsubscribe_url": "https://letters.example.org/unsubscribe/eyJ2IjoxfQ.aSMt8A.0Kc3m1XoYz",
}

TEXT = f"Good morning.\n\nTo leave: {Hole('unsubscribe_url')}\n"
HTML = f'<p>Good morning.</p>\n<p><a href="{Hole("unsubscribe_url")}">Leave</a></p>\n'


def letter(subject: str = "Tide", text: str = TEXT, html: str = HTML) -> Template:
    return compile_message(LETTERHEAD, Content(subject, text, html))


def titled(title: str) -> Template:
    """With the title wherever a title can stand."""
    assert LETTERHEAD.of_list
    named = replace(
        LETTERHEAD, sender=Mailbox(title, "post@courier.example"), of_list=replace(LETTERHEAD.of_list, title=title)
    )
    return compile_message(named, Content(title, TEXT, HTML))


def parsed(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(data: bytes, subtype: str) -> str:
    part = parsed(data).get_body((subtype,))
    assert part
    return str(part.get_content()).replace("\r\n", "\n")


def fields(data: bytes) -> dict[str, str]:
    """The header block as it stands on the wire: each name with its value, folds included."""
    block = data.partition(b"\r\n\r\n")[0].decode()
    lines = re.split(r"\r\n(?![ \t])", block)
    pairs = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
    assert len({name.lower() for name, _ in pairs}) == len(pairs), "a header stands twice"
    return dict(pairs)


def assert_keeps_the_rules(data: bytes, names: list[str] | None = None) -> None:
    """Line ends, line lengths, encoded words, and exactly the headers that were meant."""
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data), "a bare CR or LF"
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert b"\0" not in data
    found = fields(data)
    assert list(found) == (names or LIST_NAMES)
    for name, value in found.items():
        _assert_encoded_words_are_in_place(name, value)
    bodies = data.partition(b"\r\n\r\n")[2]
    assert bodies.isascii()
    assert max(map(len, bodies.split(b"\r\n"))) <= 76
    if unsubscribe := found.get("List-Unsubscribe"):
        assert re.fullmatch(r"<https://[!-;=?-~]+>", unsubscribe)


def _assert_encoded_words_are_in_place(name: str, value: str) -> None:
    words = re.findall(r"=\?\S*", value)
    assert name in {"Subject", "From"} or not words
    for word in words:
        assert re.fullmatch(r"=\?utf-8\?[qb]\?[!->@-~]+\?=", word)
        assert len(word) <= 75
    if words:
        assert max(map(len, f"{name}: {value}".split("\r\n"))) <= 76
