"""What a template does with a recipient's value decides how often it is rendered, and never what a reader gets."""

from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.core.errors import UnsafeMessage
from newsletter.mail.fields import MOST_RENDERINGS, Renderings
from newsletter.mail.message import Content, plain
from newsletter.mail.mime import compile_message
from newsletter.mail.render import Renderer
from tests.mail.letters import LETTERHEAD, VALUES, parsed

PRINTING = ("Dear {{ name }},", "{% set x = name %}{{ x }} and {{ x }}", "{{ name | default('you') }}", "Hello.")
ASKING = (
    "{% if name %}Dear {{ name }}{% else %}Dear reader{% endif %}",
    "{{ name or 'you' }}",
    "{{ name | default('you', true) }}",
    "{% if name == 'Ann' %}Oh, {% endif %}{{ name }}",
    "{% if name in ['Ann', 'Bo'] %}you two{% endif %}",
    "{% if 'n' in name and name != 'Ann' %}n{% endif %}{{ name }}",
    "{% if name | length > 3 %}long{% elif name < 'C' %}early{% endif %}",
)
TAKING_APART = (
    "{{ name | upper }}",
    "{{ name | lower }}",
    "{{ name | capitalize }}",
    "{{ name | urlencode }}",
    "{{ name | wordcount }}",
    "{{ name | replace('n', 'm') }}",
    "{{ name[:1] }}",
    "{{ name.split(' ')[0] }}",
    "{{ 'Dear ' ~ name }}",
    "{% for letter in name %}{{ letter }}.{% endfor %}",
    "{% filter upper %}Dear {{ name }}{% endfilter %}",
    "{{ {'Ann': 1}.get(name, 0) }}",
    "{{ '%s!' | format(name) }}",
)

NAMES = (
    st.text(
        st.characters(exclude_categories=("Cc", "Cs", "Co", "Zl", "Zp")) | st.sampled_from("<>&\"'=? "),
        max_size=30,
    )
    | st.sampled_from(["", "Ann", "Bo", "Åsa Öberg", "أخبار", "=?utf-8?q?x?=", "<script>"])
).map(plain)


def made(folder: Path, body: str, subject: str = "News") -> Renderings:
    mail = folder / "mail"
    mail.mkdir(exist_ok=True)
    for name, text in (("subject.txt", subject), ("body.txt", body), ("body.html", f"<p>{body}</p>")):
        (mail / name).write_text(text)
    renderer = Renderer(folder)
    return Renderings(lambda name: renderer.render("mail", {"name": name}), "name", frozenset())


def read(content: Content, name: str) -> list[list[str]]:
    """What a reader sees of each part, line by line; how an entity is spelled and what ends a line is not seen."""
    message = parsed(compile_message(LETTERHEAD, content).fill({**VALUES, "name": name}))
    texts = [bytes(part.get_payload(decode=True)).decode() for part in message.iter_parts()]
    return [[unescape(line).rstrip() for line in text.splitlines()] for text in texts]


@pytest.mark.parametrize("body", PRINTING)
def test_what_only_prints_is_rendered_once(tmp_path: Path, body: str) -> None:
    renderings = made(tmp_path, body)

    assert {renderings.number_of(name) for name in ("Ann", "", "Bo Lee")} == {0}
    assert renderings.is_same_for_all


@pytest.mark.parametrize("body", ASKING)
def test_what_asks_is_rendered_once_for_all_who_answer_alike(tmp_path: Path, body: str) -> None:
    renderings = made(tmp_path, body)

    for number in range(2000):
        renderings.number_of(f"Zoe {number}")

    # One for each length, where it asks for that.
    assert len(renderings.contents) <= 4
    assert not renderings.is_same_for_all
    assert renderings.number_of("Ann") + renderings.number_of("") > 0


@pytest.mark.parametrize("body", TAKING_APART)
def test_what_takes_it_apart_is_rendered_for_each_value(tmp_path: Path, body: str) -> None:
    renderings = made(tmp_path, body)

    assert [renderings.number_of(name) for name in ("Ann", "Bo", "Ann")] == [0, 1, 0]
    assert not renderings.is_same_for_all


def test_a_name_in_the_subject_is_rendered_for_each_value(tmp_path: Path) -> None:
    renderings = made(tmp_path, "Hello.", subject="News for {{ name }}")

    assert [renderings.number_of(name) for name in ("Ann", "Bo")] == [0, 1]
    assert [content.subject for content in renderings.contents] == ["News for Ann", "News for Bo"]


@pytest.mark.parametrize("body", [*PRINTING, *ASKING, *TAKING_APART])
@settings(max_examples=25, deadline=None)
@given(names=st.lists(NAMES, min_size=1, max_size=8))
def test_each_reader_gets_what_a_rendering_for_them_alone_would_say(
    tmp_path_factory: pytest.TempPathFactory, body: str, names: list[str]
) -> None:
    renderings = made(tmp_path_factory.getbasetemp(), body)

    for name in names:
        number = renderings.number_of(name)
        assert read(renderings.contents[number], name) == read(renderings.render(name), name)


def test_too_many_renderings_are_refused_with_what_to_do(tmp_path: Path) -> None:
    renderings = made(tmp_path, "{{ name | upper }}")
    for number in range(MOST_RENDERINGS):
        renderings.number_of(f"reader {number}")

    with pytest.raises(UnsafeMessage, match="print name as it is"):
        renderings.number_of("one more")
