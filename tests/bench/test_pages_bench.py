"""The bench of the web looks at every page of the console, and shows no figure of one that was not there."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from newsletter.bench import chapters, web
from newsletter.bench.holdings import Holdings
from newsletter.bench.looking import AIM, LEFT_OUT, Look, Page, look_at, pages
from newsletter.bench.means import POSTGRES, SQLITE
from newsletter.bench.papers import Papers
from newsletter.console.gate import needed_for, requires_login
from newsletter.core.errors import BackendUnavailable
from tests.bench.test_bench import NOBODY

SERVER = os.environ.get("NEWSLETTER_TEST_DATABASE_URL", "")
HELD = Holdings("a-key", 2, Papers(3, 4, 5, 6), "0" * 32)


def silent(_words: str) -> None:
    """Hears of each step."""


def test_each_route_that_shows_something_is_looked_at(app: Flask) -> None:
    paths = {page.path for page in pages(app, HELD, "courier", 100)}

    with app.test_request_context():
        matched = {app.create_url_adapter(None).match(each.partition("?")[0])[0] for each in paths}  # type: ignore[union-attr]
    shown = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("console_")
        and "GET" in (rule.methods or ())
        and needed_for(app.view_functions[rule.endpoint]) is not None
    }
    assert shown - LEFT_OUT == matched
    assert shown >= LEFT_OUT


@pytest.mark.loopback
def test_a_house_of_each_kind_is_looked_at_on_each_database() -> None:
    outcome = web.measure(web.Asked(100, 0, 1), SERVER or NOBODY, silent)

    names = {each.page for each in outcome.looks}
    assert {each.database for each in outcome.looks} == ({SQLITE, POSTGRES} if SERVER else {SQLITE})
    assert {"/console", "/console/subscribers", "/console/editions/<edition_id> (being sent)"} <= names
    assert len(outcome.looks) >= len(names) > 50
    assert all(each.median > 0 and len(each.others) == 1 for each in outcome.looks)
    assert [each for each in outcome.left_out if not each.startswith(POSTGRES)] == []


def test_a_page_that_is_slow_on_one_database_is_counted_once(tmp_path: Path) -> None:
    quick = Look(SQLITE, "/console/<thing>", 0.1, (0.05, 0.02, 0.03))
    slow = replace(quick, database=POSTGRES, first=AIM + 0.001)
    other = replace(quick, page="/console")
    outcome = web.Seen("a command", looks=[quick, other, slow])
    page = tmp_path / "page.md"

    chapters.write_web(page, outcome)

    rows = chapters.page_rows(outcome.looks)
    assert rows[1:] == [
        ["/console/<thing>", "150", "100", "30", "151", "30"],
        ["/console", "150", "100", "30", "-", "-"],
    ]
    assert "| `/console/<thing>` | 150 | 100 | 30 | 151 | 30 |" in page.read_text()
    assert "Of 2 pages 1 took longer" in page.read_text()
    assert "## Web\n" not in page.read_text()


class Line:
    """Answers each request alike."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self._body = status, body

    def request(self, *_asked: object, **_more: object) -> None:
        """Takes anything."""

    def getresponse(self) -> "Line":
        return self

    def read(self) -> bytes:
        return self._body


@pytest.mark.parametrize(("status", "body"), [(303, b"to the login"), (200, b""), (500, b"broken")])
def test_what_is_no_page_has_no_figure(status: int, body: bytes) -> None:
    with pytest.raises(BackendUnavailable, match=f"/console was answered with {status} and {len(body)} bytes"):
        look_at(Page("home", "/console"), 3, Line(status, body), SQLITE, HELD)


def test_an_argument_of_which_nobody_has_said_what_it_stands_for_is_no_page(app: Flask) -> None:
    @requires_login
    def view(unheard_of: str) -> str:
        return unheard_of

    app.add_url_rule("/console/<unheard_of>", "console_new", view)

    with pytest.raises(BackendUnavailable, match="nothing is known to stand for unheard_of"):
        list(pages(app, HELD, "courier", 100))
