"""Nobody writes a header, a hole, a command or an escape sequence into a mail by writing a title.

CVE-2024-6923 and CVE-2026-1299 are why the standard library is not trusted with headers: run on each Python.
"""

from dataclasses import replace
from email import message_from_bytes, policy
from io import BytesIO, StringIO, TextIOWrapper
from itertools import product

import pytest

from newsletter.core.errors import UnsafeMessage
from newsletter.mail.backends.console import ConsoleBackend
from newsletter.mail.headers import Letterhead, Mailbox
from newsletter.mail.message import Content, Envelope
from newsletter.mail.mime import compile_message
from newsletter.mail.outcomes import Result
from tests.fakes import RecordingJournal
from tests.mail.letters import HTML, LETTERHEAD, LIST_NAMES, TEXT, VALUES, assert_keeps_the_rules, fields, titled

LINE_ENDS = [
    *("\r\n", "\n", "\r", "\n\n", "\r\n\r\n", "\n ", "\r\n\t", "\0", "\x0b", "\x0c", "\x1c", "\x1e", "\x85"),
    *("\u2028", "\u2029", "%0d%0a", "%0A", "\\r\\n", "&#13;&#10;", "=0D=0A", "=\r\n", "\ud800\n", "\u560a\u560d"),
    *("=?UTF-8?Q?=0A?=", "=?utf-8?q?=0D=0A?=", "=?utf-8?b?DQo=?=", "=?us-ascii?Q?=0A_?=", "=?utf-8*en?q?=0A?="),
    *(
        "==?UTF-8?Q?=0A?=",
        "=\n?UTF-8?Q?=0A?=",
        "=\u200e?UTF-8?Q?=0A?=",
        "=\ufeff?utf-8?q?=0A?=",
        "=\ue000?utf-8?q?=0A?=",
    ),
    "=?utf-8?q?=0A?= =?utf-8?q?=0A?=",
]

HEADERS = [
    "Bcc: injected@example.com",
    "Subject: injected",
    "Content-Type: text/html; injected",
    "\r\n<b>injected</b>",
]

TITLES = [f"A subject{end}{header}" for end, header in product(LINE_ENDS, HEADERS)] + [
    "=?utf-8?q?=0D=0ABcc=3A_injected=40example.com?=",
    "injected\r\n",
    "\r\nBcc: injected@example.com",
    '"<injected@example.com>, "',
    "injected@example.com,",
    "injected <injected@example.com>",
    "\ue000to\ue001 injected \ue000unsubscribe_url\ue001",
    "\0h:to\0 injected \0h:unsubscribe_url\0",
    ".\r\nMAIL FROM:<injected@example.com>",
]


@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_a_title_brings_no_header_of_its_own(title: str) -> None:
    data = titled(title).fill(VALUES)

    assert_keeps_the_rules(data)
    for read in (policy.compat32, policy.default, policy.SMTP):
        message = message_from_bytes(data, policy=read)
        assert message.keys() == LIST_NAMES
        assert message.get_all("To") == [VALUES["to"]]
        assert message["Bcc"] is None
    assert fields(data)["From"].endswith("<post@courier.example>")


@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_a_message_read_and_written_again_by_the_library_brings_none_either(title: str) -> None:
    message = message_from_bytes(titled(title).fill(VALUES), policy=policy.SMTP)

    again = message_from_bytes(message.as_bytes(), policy=policy.compat32)

    assert again.keys() == LIST_NAMES


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(TITLES) >= 120


def test_the_title_of_the_known_fault_stays_a_title() -> None:
    data = titled("A subject=?UTF-8?Q?=0A?=Bcc: injected@example.com").fill(VALUES)

    assert b"\nBcc" not in data
    assert fields(data)["Subject"] == "A subject= ?UTF-8?Q?=0A?=Bcc: injected@example.com"


def test_an_unsubscribe_link_over_78_letters_is_not_encoded_as_the_library_would() -> None:
    url = "https://letters.example.org/unsubscribe/" + "k" * 120

    assert fields(titled("Tide").fill({**VALUES, "unsubscribe_url": url}))["List-Unsubscribe"] == f"<{url}>"


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\n\r\n", "\n\n"])
@pytest.mark.parametrize("where", ["sender", "reply_to", "label", "domain", "feedback_id"])
def test_a_letterhead_that_would_bring_a_header_is_refused(where: str, end: str) -> None:
    forged = f"courier.example{end}Bcc: injected@example.com"

    with pytest.raises(UnsafeMessage):
        compile_message(_forged(where, forged), Content("Tide", TEXT, HTML))


def _forged(where: str, text: str) -> Letterhead:
    if where == "sender":
        return replace(LETTERHEAD, sender=Mailbox("The Courier", f"post@{text}"))
    if where == "reply_to":
        return replace(LETTERHEAD, reply_to=f"desk@{text}")
    assert LETTERHEAD.of_list
    return replace(LETTERHEAD, of_list=replace(LETTERHEAD.of_list, **{where: text}))


def test_a_header_line_that_no_server_takes_is_refused() -> None:
    with pytest.raises(UnsafeMessage, match="too long"):
        compile_message(replace(LETTERHEAD, reply_to="x" * 1200 + "@courier.example"), Content("Tide", TEXT, HTML))


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\0", " ", "\t", "<", ">", "\x85", "\u2028", "\ud800"])
@pytest.mark.parametrize("whose", ["sender", "recipient"])
def test_an_address_that_ends_its_command_makes_no_envelope(whose: str, end: str) -> None:
    addresses = {"sender": "post@courier.example", "recipient": "reader@example.org"}
    addresses[whose] += f"{end}RCPT TO:injected@example.com"

    with pytest.raises(UnsafeMessage, match="envelope"):
        Envelope(1, addresses["sender"], addresses["recipient"], b"")


def test_an_envelope_without_a_sender_can_be_made() -> None:
    assert not Envelope(1, "", "reader@example.org", b"").needs_smtputf8


def _printed_on(out: StringIO | TextIOWrapper, text: str) -> Result:
    data = compile_message(LETTERHEAD, Content("Grüße", text, "<p></p>"))
    envelope = Envelope(1, "", "reader@example.org", data.fill({name: VALUES[name] for name in data.holes}))
    (outcome,) = ConsoleBackend(out).connect().send([envelope], RecordingJournal())
    return outcome.result


def test_a_text_on_the_console_steers_no_terminal() -> None:
    out = StringIO()

    assert _printed_on(out, "gone\x1b[2J\x1b]0;title\x07 \x9b31m\u202e\r\x08 ärger") is Result.ACCEPTED
    assert "ärger" in out.getvalue()
    assert "Subject: Grüße" in out.getvalue()
    assert all(letter.isprintable() for letter in out.getvalue().replace("\n", ""))


def test_a_console_that_knows_only_english_letters_stops_nothing() -> None:
    kept = BytesIO()
    out = TextIOWrapper(kept, encoding="ascii")

    assert _printed_on(out, "Grüße 港") is Result.ACCEPTED
    out.flush()
    assert b"Gr??e ?" in kept.getvalue()
