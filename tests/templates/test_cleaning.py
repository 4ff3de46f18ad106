"""HTML of operators: what mail programs show stays, what runs or loads goes."""

import pytest

from newsletter.mail.message import Hole
from newsletter.mail.sandbox.cleaning import safe_html
from newsletter.templates.emails import written

KEPT = [
    '<table role="presentation" width="100%"><tbody><tr><td style="padding:8px">x</td></tr></tbody></table>',
    '<a href="https://news.example.org/?a=1&amp;b=2" class="ink">x</a>',
    '<img src="https://news.example.org/a.jpg" alt="A ferry" width="544">',
    '<p dir="rtl" lang="ar">نص</p>',
]

TAKEN = [
    "<script>alert(1)</script>",
    '<img src="x" onerror="alert(1)">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="data:text/html,x">x</a>',
    "<style>@import 'https://evil.example'</style>",
    '<p style="background:url(https://evil.example/p.gif)">x</p>',
    '<p style="position:fixed;top:0">x</p>',
    '<form action="https://evil.example"><input name="x"></form>',
    '<iframe src="https://evil.example"></iframe>',
    '<svg onload="alert(1)"></svg>',
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<link rel="stylesheet" href="https://evil.example/x.css">',
    "<!-- hidden --><base href='https://evil.example'>",
]


@pytest.mark.parametrize("html", KEPT)
def test_what_mail_programs_show_stays(html: str) -> None:
    assert safe_html(html) == html


@pytest.mark.parametrize("html", TAKEN)
def test_what_runs_or_loads_or_covers_goes(html: str) -> None:
    left = safe_html(html).lower()

    assert not any(word in left for word in ("script", "onerror", "evil", "position", "<form", "<svg", "data:"))


def test_a_tag_left_open_is_closed_here() -> None:
    assert safe_html("<div><b>x") == "<div><b>x</b></div>"


def test_holes_in_text_and_in_links_go_through() -> None:
    hole = Hole("unsubscribe_url")
    source = '<a href="{{ unsubscribe_url }}">{{ unsubscribe_url }}</a>'

    assert written({"footer.html": source}, {"unsubscribe_url": hole}) == {
        "footer.html": f'<a href="{hole.marker}">{hole.marker}</a>'
    }


def test_a_subject_is_one_line() -> None:
    assert written({"subject": "No.\n  {{ n }}\t!"}, {"n": 7}) == {"subject": "No. 7 !"}


def test_what_is_not_written_is_not_asked_for() -> None:
    assert written({"subject": " \n"}, {}) == {}
