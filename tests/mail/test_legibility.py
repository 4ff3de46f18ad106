"""What cannot be read for its colours is told: by day as by night."""

from pathlib import Path

import pytest

from newsletter.mail.gate import pale_findings
from newsletter.mail.legibility import Pale, pale
from newsletter.mail.message import Content
from tests.mail.test_render import GOLDEN

DARK = "<style>@media (prefers-color-scheme: dark) {{ {} }}</style>"


def page(body: str, head: str = "") -> str:
    return f"<html><head>{head}</head><body style='background-color:#ffffff;color:#1d1c1a'>{body}</body></html>"


@pytest.mark.parametrize("golden", sorted(GOLDEN.rglob("*.html")), ids=lambda path: path.stem)
def test_all_of_ours_can_be_read(golden: Path) -> None:
    assert pale(golden.read_text()) == []


def test_ink_and_ground_come_from_whichever_element_around_has_them() -> None:
    found = pale(
        page("<div style='background-color:#224466'><p><b>Ferry</b></p></div><p style='color:#eee'>Pale</p>")
    )

    assert {(each.words, each.ink, each.ground) for each in found if each.when == "light"} == {
        ("Ferry", "#1d1c1a", "#224466"),
        ("Pale", "#eeeeee", "#ffffff"),
    }


def test_what_the_head_keeps_for_the_dark_is_laid_over_it() -> None:
    head = DARK.format("p { color: #ffffff !important } .a p { color: #111111 !important } .a { color: red }")
    found = pale(
        page("<div class='a' style='background-color:#000000'><p style='color:#fff'>Night</p></div>", head)
    )

    assert found == [Pale("Night", "#111111", "#000000", "dark")]


def test_pale_words_are_worth_a_look_and_stop_nothing() -> None:
    html = page("<p style='color:#fefefe'>Hidden</p><p style='color:#888888'>Pale</p>")
    found = [each for each in pale_findings(Content("", "", html)) if not each.words.startswith("In the dark")]

    assert [(each.is_error, each.words) for each in found] == [
        (False, "'Hidden' is #fefefe on #ffffff, which is hard to read; try #757575."),
        (False, "'Pale' is #888888 on #ffffff, which is hard to read; try #757575."),
    ]


def test_what_would_take_too_long_to_judge_is_judged_in_the_light_alone() -> None:
    head = DARK.format("b { color: #000000 } " * 300)
    found = pale(page("<b style='color:#fff'>x</b>" * 3000, head))

    assert found == [Pale("x", "#ffffff", "#ffffff", "light")]
