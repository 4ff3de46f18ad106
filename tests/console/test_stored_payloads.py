"""What people outside wrote is shown as they wrote it, and nothing of it runs or turns the page about."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.articles.service import mark_failing
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.models import Attempt, Delivery
from newsletter.delivery.policy import Status
from newsletter.digests.models import DigestRun
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from tests import make
from tests.console.desks import Newsroom, newsroom

RUNS = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'onfocus=alert(1) autofocus='</textarea></title>"
ATTACKS = (RUNS, "{{ 7*7 }}{% raw %}${7*7}", "\u202egnp.exe\u2066 \u200f", "]]><!--<svg/onload=alert(1)>-->")
PAYLOAD = " ".join(ATTACKS)


@pytest.fixture
def room(house: House) -> Newsroom:
    """Every text that comes from outside is an attack."""
    made = newsroom(house, tuple(f"{attack} {number}" for number, attack in enumerate(ATTACKS)))
    with transaction():
        made.source.title, made.source.url = PAYLOAD, f"javascript:alert(1)//{RUNS}"
        made.source.credit = PAYLOAD
        db.session.get_one(Newsletter, made.courier.id).name = RUNS[:100]
        db.session.query(DigestRun).one().reason = PAYLOAD[:300]
        for article in made.articles:
            article.author, article.url = PAYLOAD, "javascript:alert(1)"
    mark_failing(made.source.id, PAYLOAD)
    make.article(made.source, PAYLOAD, now() - timedelta(minutes=5))
    make.article(made.source, f"New {PAYLOAD}", now())
    return made


def assert_harmless(text: str) -> None:
    page = LexborHTMLParser(text)
    allowed = [re.compile(r"/static/(htmx|desk|live)")]
    for script in page.css("script"):
        assert script.text() == ""
        assert any(each.search(script.attributes.get("src") or "") for each in allowed)
    for node in page.css("*"):
        names = node.attributes
        assert not [name for name in names if name.startswith("on") or name in {"style", "srcdoc"}]
        for name in ("href", "src", "action", "formaction", "hx-get"):
            assert not re.match(r"\s*(javascript|data|vbscript):", names.get(name) or "", re.IGNORECASE)
    assert [node.tag for node in page.css("main *") if turns(node) and not is_apart(node)] == []


def turns(node: LexborNode) -> bool:
    """Whether a direction that somebody wrote stands in it, and not in an element within."""
    return "\u202e" in (node.text(deep=False) or "")


def is_apart(node: LexborNode) -> bool:
    """Whether what stands in it cannot turn about what stands around it."""
    if node.tag in {"option", "textarea"}:
        return True
    around: LexborNode | None = node
    while around is not None and around.tag != "main":
        if around.tag == "bdi" or "dir" in around.attributes:
            return True
        around = around.parent
    return False


def crawled(browser: FlaskClient, start: str, most: int = 60) -> list[str]:
    """All pages of the desk that links lead to."""
    waiting, seen = [start], list[str]()
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        seen.append(path)
        answer = browser.get(path)
        assert answer.status_code in {200, 422}, path
        if path.partition("?")[0].endswith(("/preview", "/preview.txt")):
            assert "sandbox" in answer.headers["Content-Security-Policy"]
            assert "<script" not in answer.text.lower() or answer.mimetype == "text/plain"
            continue
        assert answer.status_code == 200
        assert_harmless(answer.text)
        links = re.findall(r'(?:href|src)="(/console/(?:editions|digests|sources|articles)[^"#]*)', answer.text)
        waiting += [each for each in dict.fromkeys(links) if each not in seen and each not in waiting]
    return [each.replace("&amp;", "&") for each in seen]


def test_nothing_runs_before_an_edition_leaves(operator: FlaskClient, room: Newsroom, house: House) -> None:
    editions.hold(room.edition.id, PAYLOAD)
    editions.call(room.edition.id, RUNS[:100])
    editions.annotate(room.edition.id, PAYLOAD)

    seen = crawled(operator, "/console/editions")

    assert {room.page, f"{room.page}/preview.txt", "/console/digests/morning", "/console/sources/1"} <= set(seen)
    page = operator.get(room.page).text
    assert "&lt;script&gt;alert(1)" in page
    assert "{{ 7*7 }}" in page
    assert "is no web address; a mail links to http and https only. Drop the article" in page
    for path in ("approve", "try"):
        assert make.press(operator, f"{room.page}/{path}", email="ann@example.org").status_code == 409


def test_nothing_runs_of_what_servers_say(operator: FlaskClient, room: Newsroom, house: House) -> None:
    for address in ("a@slow.example", "b@gone.example"):
        make.subscription(room.courier, house, address)
    for article in room.articles:
        article.url = "https://harbour.example/"
    db.session.commit()
    editions.approve(room.edition.id, house)
    editions.send_due(house)
    with transaction():
        for number, row in enumerate(db.session.query(Delivery).order_by(Delivery.id)):
            row.status, row.words = (Status.DEFERRED, Status.FAILED)[number % 2], PAYLOAD[:500]
            row.due_at += timedelta(hours=1)
            db.session.add(
                Attempt(
                    delivery_id=row.id,
                    at=now(),
                    backend="x",
                    phase="rcpt",
                    result="deferred",
                    blame="none",
                    words="x",
                )
            )
    editions.pause(room.edition.id, PAYLOAD)

    page = operator.get(room.page).text
    part = operator.get(f"{room.page}/figures?state=paused").text

    assert page.count("&lt;script&gt;alert(1)") > 4
    assert_harmless(page)
    assert_harmless(part)


@pytest.mark.parametrize("query", ["pictures=off", "light=dark", "light=%22%3E%3Cscript%3E&pictures=%3Cb%3E"])
def test_a_preview_can_do_nothing(operator: FlaskClient, house: House, query: str) -> None:
    room = newsroom(house)
    answer = operator.get(f"{room.page}/preview?{query}")

    policy = dict(each.partition(" ")[::2] for each in answer.headers["Content-Security-Policy"].split("; "))
    assert policy.keys() >= {"sandbox", "default-src", "form-action", "base-uri"}
    assert (policy["sandbox"], policy["default-src"], policy["frame-ancestors"]) == ("", "'none'", "'self'")
    assert "script-src" not in policy
    assert policy["img-src"] == ("data:" if "off" in query else "https: data:")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "X-Frame-Options" not in answer.headers
    assert "<script>" not in answer.text


def test_the_light_of_a_preview_is_chosen(operator: FlaskClient, house: House) -> None:
    room = newsroom(house)

    light, dark = (operator.get(f"{room.page}/preview?light={each}").text for each in ("light", "dark"))

    assert "prefers-color-scheme" not in light + dark
    assert "(max-width: 0)" in light
    assert "(min-width: 0)" in dark
    assert 'content="dark"' in dark
