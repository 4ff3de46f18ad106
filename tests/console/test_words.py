"""What a page of the console says can be translated: in a language of brackets nothing stands outside them."""

import re
from collections.abc import Iterable, Iterator
from gettext import NullTranslations
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.mail.house import House
from newsletter.operators.models import Operator, Passkey
from newsletter.operators.policy import Role
from newsletter.operators.service import Post, add_operator
from newsletter.subscriptions.importer.reading import ENCODINGS
from newsletter.subscriptions.policy.providers import OTHER
from newsletter.subscriptions.policy.wanting import PROVIDERS
from newsletter.subscriptions.service.acting import suppress_by_hand
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make
from tests.console.desks import newsroom
from tests.console.routes import routes
from tests.console.test_bring import PEOPLE, plan_of, send, work
from tests.console.test_suppressions import key_of

OPEN, CLOSED = "⟦", "⟧"

NOT_YET: set[str] = set()
"""Blueprints whose pages have sentences that nobody can translate."""

FRAME_IS_READY = True
"""Whether that is so of what stands around each page, and of the parts that all are made of."""

OF_THE_PARTS = {"Older", "Newer", "Pages", "Error:", "never"}

UNSAID = "bdi, code, time, pre, .mono, .lines, q.said, main [lang], [dir=auto], textarea, script, style"
"""What holds data: what people, feeds and servers wrote, and what is the same in every language."""

HEARD = ("title", "aria-label", "placeholder", "alt", "label", "data-label", "data-failed")
"""Attributes whose words people see or hear."""

DATA = {
    # Options cannot mark what people wrote.
    "The Courier", "The Herald", "The Harbour Desk", "morning",
    # Names of languages, each in its own, of encodings, of keepers of mailboxes and of a browser.
    "English", "Deutsch", "Français", "Español", "العربية", *ENCODINGS,
    *(each for each in PROVIDERS if each != OTHER), "Netscape",
    # Units.
    "UTC", "99 Bytes",
    # Names in headers and addresses.
    "List-Id", "https://",
    # From below the console, where nobody has made it translatable yet.
    "at 06:30 every day (UTC)",
}  # fmt: skip


FORMS = [
    ("account/password", {}),
    ("account/password", {"old": "x", "password": "short"}),
    ("account/codes", {"old": "x"}),
    ("account/second-factor", {}),
    ("account/passkeys", {"name": "Telephone", "old": "x"}),
    ("account/language", {"language": "tlh"}),
    ("operators", {"email": "gus@desk.example", "role": "editor", "newsletter": ""}),
    ("operators", {"email": "ada@desk.example", "role": "editor", "newsletter": ""}),
    ("operators/1/role", {}),
    ("operators/1/remove", {}),
    ("operators/2/role", {"role": "viewer", "newsletter": "courier"}),
    ("operators/99/remove", {}),
    ("suppressions", {"email": "bob@example.org", "because": "no"}),
    ("suppressions/find", {"email": "nobody@example.org"}),
    ("subscribers/find", {"email": "nobody@example.org"}),
    ("subscribers/export", {"newsletter": "nothing"}),
    ("subscribers/1/unsuppress", {"because": ""}),
    ("subscribers/1/unsuppress", {"because": "asked for it by letter"}),
    ("subscribers/1/erase", {}),
    ("imports", {"newsletter": "courier"}),
    ("imports/1/look", {"provenance": "", "delimiter": ";"}),
    ("imports/1/take", {"plan": "another"}),
    ("imports/1/discard", {}),
    ("imports/done/1/undo", {}),
    ("login", {}),
]
"""What is sent to which page of the console, in an order in which each still says something."""


class Bracketed(NullTranslations):
    """A language that has every sentence there is."""

    def gettext(self, message: str) -> str:
        return f"{OPEN}{message}{CLOSED}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"{OPEN}{msgid1 if n == 1 else msgid2}{CLOSED}"


@pytest.fixture
def furnished(app: Flask, operator: FlaskClient, house: House) -> Flask:
    """Something on each list, and somebody whose story is long."""
    _people(operator, house)
    _operators(house)
    app.extensions["newsletter_catalogues"] = lambda _language, _area: Bracketed()
    return app


def test_every_sentence_of_every_page_can_be_translated(
    furnished: Flask, operator: FlaskClient, house: House
) -> None:
    key = key_of("r0@example.org", house)
    narrowed = ("subscribers?newsletter=courier&status=pending", f"suppressions/{key}", "subscribers?since=once")
    of_one = make.log_in(furnished.test_client(), make.operator(house, Role.EDITOR, "herald"), house)
    said = [
        *_said_outside(operator, _pages(furnished, house)),
        *_said_outside(operator, [f"/console/{each}" for each in narrowed]),
        *_said_outside(of_one, ["/console/account", "/console/settings", "/console/subscribers"]),
        *_said_outside(furnished.test_client(), _doors(house)),
    ]

    assert said == []


def test_an_empty_house_says_nothing_else(app: Flask, operator: FlaskClient, house: House) -> None:
    app.extensions["newsletter_catalogues"] = lambda _language, _area: Bracketed()

    assert _said_outside(operator, _pages(app, house)) == []


def test_whatever_comes_of_a_form_can_be_translated(furnished: Flask, operator: FlaskClient) -> None:
    said = []
    for path, fields in FORMS:
        answer = make.press(operator, f"/console/{path}", **fields)
        page = operator.get(answer.location).text if answer.location else answer.text
        assert OPEN in page.partition("<main")[2], path
        said += [f"{path} {fields}: {text!r}" for text in outside(page)]

    assert said == []


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<main>Hello</main>", ["Hello"]),
        ("<main>⟦Hello <b>Ann</b>⟧ 7 ·</main>", []),
        ("<main>⟦Hello ⟦dear⟧ one⟧ and more <bdi>Ann</bdi></main>", ["and more"]),
        ('<main><p title="Look"></p><b data-label="⟦Name⟧ of"></b></main>', ["Look", "of"]),
        ("<main><select><option>any</option><option>The Courier</option></select></main>", ["any"]),
        ("<main>⟦Hello</main>", ["⟦Hello"]),
    ],
)
def test_what_stands_outside_is_found(html: str, found: list[str]) -> None:
    assert outside(html) == found


def outside(html: str) -> list[str]:
    """What has letters, is seen or heard, and is neither data nor within brackets."""
    tree = LexborHTMLParser(html)
    part = tree.css_first("html" if FRAME_IS_READY else "main")
    if part is None:
        return []
    data = {node.mem_id for node in part.css(UNSAID)}
    nodes = [node for node in part.traverse(include_text=True) if not _is_within(node, data)]
    heard = [value for node in nodes if not node.is_text_node for value in _heard(node)]
    seen = "\n".join(str(node.text_content) for node in nodes if node.is_text_node)
    if seen.count(OPEN) != seen.count(CLOSED):
        return [seen]
    return [
        text
        for each in (*heard, seen)
        for text in map(str.strip, _without_brackets(each).split("\n"))
        if re.search(r"[^\W\d_]", text) and text not in DATA and (FRAME_IS_READY or text not in OF_THE_PARTS)
    ]


def _without_brackets(text: str) -> str:
    inner = re.compile(f"{OPEN}[^{OPEN}{CLOSED}]*{CLOSED}")
    while inner.search(text):
        text = inner.sub("", text)
    return text


def _is_within(node: LexborNode | None, data: set[int]) -> bool:
    while node is not None:
        if node.mem_id in data:
            return True
        node = node.parent
    return False


def _heard(node: LexborNode) -> Iterator[str]:
    for name in HEARD:
        if value := node.attributes.get(name):
            yield value
    if node.tag == "input" and node.attributes.get("type") in {"submit", "button"}:
        yield node.attributes.get("value") or ""


def _said_outside(client: FlaskClient, paths: Iterable[str]) -> list[str]:
    said = []
    for path in paths:
        answer = client.get(path)
        if answer.mimetype == "text/html" and not answer.location:
            said += [f"{path}: {text!r}" for text in outside(answer.text)]
        # What comes from a file is open until then.
        answer.close()
    return said


def _pages(app: Flask, house: House) -> Iterator[str]:
    """All that whoever is logged in can open, each with something on it; mails in frames are not ours to say."""
    key = key_of("ann@example.org", house)
    for route in routes(app):
        if route.method == "GET" and not route.endpoint.startswith(("console_previews.", *NOT_YET)):
            yield route.path.replace("/suppressions/1", f"/suppressions/{key}")


def _doors(house: House) -> list[str]:
    """What strangers see."""
    _, link = add_operator(("new@desk.example", ""), Post(Role.VIEWER), None, house)
    return ["/console/login", urlsplit(link).path, "/console/welcome/damaged"]


def _people(operator: FlaskClient, house: House) -> None:
    room = newsroom(house)
    make.signed_up("ann@example.org", house)
    for status in ("pending", "confirmed", "unsubscribed"):
        make.subscription(room.courier, house, status=status)
    for number, reason in enumerate(Reason):
        suppress(key_of(f"r{number}@example.org", house), reason, "5.1.1")
    with transaction():
        suppress_by_hand(key_of("ann@example.org", house), "asked for it by letter")
    for name in ("waits.csv", "brought.csv"):
        send(operator, PEOPLE, name)
        work(house)
    make.press(operator, "/console/imports/files/2/take", plan=plan_of(2))
    work(house)


def _operators(house: House) -> None:
    make.operator(house, Role.EDITOR, "herald", address="gus@desk.example")
    first = db.session.query(Operator).order_by(Operator.id).first()
    assert first
    with transaction():
        db.session.add(
            Passkey(
                operator_id=first.id,
                credential_id="c",
                public_key=b"k",
                sign_count=0,
                name="Telephone",
                added_at=now(),
            )
        )
