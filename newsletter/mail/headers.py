"""The header lines of a mail, each folded by its own rule, which no general policy gets right.

    Subject, display names    RFC 2047 encoded words of at most 75 characters, never inside a character
    List-*                    never broken inside `<...>` and never encoded (RFC 2369 §2)
    Message-ID, Feedback-ID   one token, one line
    To                        the bare address; per recipient, so it is a hole

A header is a pair of name and value; the value may hold holes and CRLF-space folds, nothing else unprintable.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

from newsletter.mail.message import Hole, plain

Headers = list[tuple[str, str]]

LINE = 76
"""Characters in a folded line; RFC 2047 §2 allows no more once a word is encoded."""

_SPECIALS = frozenset('()<>[]:;@\\,."')


@dataclass(frozen=True)
class Mailbox:
    """Who a mail is from or where replies go: a name that may be "" and an address in A-labels."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True)
class ListFacts:
    """What makes a mail a list mail; `label` and `domain` never change for the life of a newsletter."""

    title: str
    label: str
    domain: str
    feedback_id: str


@dataclass(frozen=True)
class Letterhead:
    """All that the headers of one mailing say; `of_list` None for mails about the subscription itself."""

    sender: Mailbox
    reply_to: str | None
    date: datetime
    of_list: ListFacts | None


def headers_of(letterhead: Letterhead, subject: str) -> Headers:
    """The headers before the MIME ones, each name once, in the order they are sent.

    The holes in them are `to`, `message_id` and, for a list mail, `unsubscribe_url`.
    """
    headers = [
        ("From", mailbox("From", letterhead.sender)),
        ("To", str(Hole("to"))),
        ("Subject", unstructured("Subject", subject)),
        ("Date", format_datetime(letterhead.date)),
        ("Message-ID", str(Hole("message_id"))),
    ]
    if letterhead.reply_to:
        headers.append(("Reply-To", letterhead.reply_to))
    if letterhead.of_list:
        headers += _list_headers(letterhead.of_list)
    else:
        # RFC 3834 §5: no autoresponder answers a mail that a machine wrote.
        headers += [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "OOF, AutoReply")]
    return headers


def _list_headers(facts: ListFacts) -> Headers:
    """RFC 2919, RFC 2369, RFC 8058 and Gmail's feedback loop."""
    title = unstructured("List-Id", facts.title) if facts.title.isascii() else ""
    phrase = f'"{title.translate(_NO_QUOTES)}"\r\n ' if title and "\r\n" not in title else ""
    return [
        ("List-Id", f"{phrase}<{facts.label}.{facts.domain}>"),
        ("List-Unsubscribe", f"<{Hole('unsubscribe_url')}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Post", "NO"),
        ("Feedback-ID", facts.feedback_id),
        ("Precedence", "bulk"),
    ]


_NO_QUOTES = str.maketrans({'"': "'", "\\": "/"})


def unstructured(name: str, text: str) -> str:
    """Text of any language as the value of the header `name`, folded, with encoded words where needed."""
    line = plain(text)
    words_fit = all(len(word) <= LINE - len(name) - 2 for word in line.split(" "))
    charset = "us-ascii" if line.isascii() and words_fit else "utf-8"
    return Header(line, charset, maxlinelen=LINE, header_name=name).encode(linesep="\r\n")


def mailbox(name: str, box: Mailbox) -> str:
    """`"Name" <address>`, the name quoted or encoded as it needs, on as many lines as it needs."""
    display = plain(box.name)
    if not display:
        return box.address
    if not display.isascii() or len(display) > LINE - len(name) - 4:
        encoded = Header(display, "utf-8", maxlinelen=LINE, header_name=name).encode(linesep="\r\n")
        return f"{encoded}\r\n <{box.address}>"
    if _SPECIALS.intersection(display):
        display = f'"{display.translate(_NO_QUOTES)}"'
    return f"{display}\r\n <{box.address}>"


def message_id(seed: bytes, delivery_id: int, domain: str) -> str:
    """The Message-ID of a delivery: the same on each attempt, unlike any other, and telling nothing.

    `seed` is the mailing's own random bytes. RFC 5322 §3.6.4; RFC 1047 is why it must not change.
    """
    digest = hashlib.blake2b(delivery_id.to_bytes(8, "big"), key=seed, digest_size=16)
    return f"<{digest.hexdigest()}@{domain}>"
