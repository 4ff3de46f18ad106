"""Operators' templates: what they can say, and what nobody can make them do."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.core.errors import TemplateRefused
from newsletter.core.words import Said
from newsletter.mail.fields import Field, TakenApart
from newsletter.mail.message import Hole
from newsletter.mail.sandbox import check, render

VALUES = {
    "newsletter": {"name": "The Harbour Light & Sons", "url": "https://news.example.org/"},
    "articles": [{"title": "<b>Ferry</b>", "author": ""}, {"title": "Fish", "author": "A. Writer"}],
    "unsubscribe_url": Hole("unsubscribe_url"),
    "reader": {"name": Field("name", "Ada")},
}

ESCAPES = [
    "{{ ''.__class__.__mro__ }}",
    "{{ newsletter['__class__'] }}{{ newsletter.__class__ }}",
    "{{ articles | attr('append') }}",
    "{{ articles | map(attribute='__class__') | list }}",
    "{{ '{0.__class__}'.format(newsletter) }}",
    "{{ '%s' % newsletter }}",
    "{{ newsletter.items() }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ loop.cycle.__func__ }}",
    "{% include '/etc/passwd' %}",
    "{% extends '_base/layout.html' %}",
    "{% import '_base/macros.html' as m %}",
    "{% from 'x' import y %}",
    "{% macro m() %}{% endmacro %}{{ m() }}",
    "{% call m() %}{% endcall %}",
    "{% filter upper %}x{% endfilter %}",
    "{% block x %}{% endblock %}",
    "{% set ns = namespace(x=1) %}",
    "{% set newsletter.name = 'x' %}",
    "{% for a in articles recursive %}{{ loop(a) }}{% endfor %}",
    "{{ newsletter.name | safe }}",
    "{{ lipsum(n=1000000) }}",
    "{{ config }}{{ request.application }}",
    "{{ dict(a=1) }}",
    "{{ range(10) }}",
]

GREED = [
    "{{ 10 ** 10000000 > 1 }}",
    "{{ 'a' * 10 ** 9 }}",
    "{{ 'a' | center(999999999) }}",
    "{{ 'a' | indent(999999999) }}",
    "{{ 99999999999999999999 }}",
    "{{ '" + "a" * 2000 + "' }}",
    "{% for a in articles %}{% for b in articles %}{% for c in articles %}x{% endfor %}{% endfor %}{% endfor %}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{{ " + "-" * 50_000 + "1 }}",
    "x" * 200_000,
]


def test_values_are_printed_and_escaped_in_html_alone() -> None:
    parts = {"header.html": "<p>{{ newsletter.name }}</p>", "subject": "News from {{ newsletter.name }}"}

    assert render(parts, VALUES) == {
        "header.html": "<p>The Harbour Light &amp; Sons</p>",
        "subject": "News from The Harbour Light & Sons",
    }


def test_loops_and_questions_work_over_articles() -> None:
    source = (
        "{% for a in articles %}{{ loop.index }}. {{ a.title }}"
        "{% if a.author %} by {{ a.author }}{% endif %};{% endfor %}"
    )
    rendered = render({"body.html": source}, VALUES)

    assert rendered["body.html"] == "1. &lt;b&gt;Ferry&lt;/b&gt;;2. Fish by A. Writer;"


def test_what_differs_by_recipient_is_printed_as_a_hole() -> None:
    text = render({"footer.html": '<a href="{{ unsubscribe_url }}">Stop</a>'}, VALUES)["footer.html"]

    assert text == f'<a href="{Hole("unsubscribe_url").marker}">Stop</a>'


def test_a_link_of_each_recipient_cannot_be_asked_about() -> None:
    with pytest.raises(TemplateRefused, match="it asks about 'unsubscribe_url', which it can only print"):
        render({"footer.html": "{% if unsubscribe_url %}x{% endif %}"}, VALUES)


@pytest.mark.parametrize(("name", "said"), [("Ada", "Dear \ue000name\ue001"), ("", "Dear reader")])
def test_whether_a_reader_has_a_name_may_be_asked_and_is_noted(name: str, said: str) -> None:
    field = Field("name", name)
    source = "Dear {% if reader.name %}{{ reader.name }}{% else %}reader{% endif %}"

    assert render({"body.html": source}, {"reader": {"name": field}}) == {"body.html": said}
    assert [(each.ask, each.answer) for each in field.answers] == [(bool, bool(name))]


@pytest.mark.parametrize("how", ["| upper", "== 'Ada'", "| length", "~ 'x'", "[0]", "| truncate(3)"])
def test_a_name_that_is_taken_apart_is_known_as_such(how: str) -> None:
    with pytest.raises(TakenApart):
        render({"body.html": "{{ reader.name " + how + " }}"}, VALUES)


@pytest.mark.parametrize("source", ESCAPES)
def test_nobody_gets_out(source: str) -> None:
    with pytest.raises(TemplateRefused):
        render({"body.html": source}, VALUES)


@pytest.mark.parametrize("source", GREED)
def test_nobody_takes_what_is_everybodys(source: str) -> None:
    with pytest.raises(TemplateRefused):
        render({"body.html": source}, VALUES)


def test_a_template_that_wants_more_than_its_share_is_ended_and_the_next_one_works() -> None:
    many = {"articles": [{"title": "x" * 1000}] * 2000}
    greedy = "{% for a in articles %}{% for b in articles %}{{ a.title ~ b.title }}{% endfor %}{% endfor %}"

    with pytest.raises(TemplateRefused):
        render({"body.html": greedy}, many)

    assert render({"subject": "{{ newsletter.name | upper }}"}, VALUES)


def test_time_runs_out_where_nothing_is_printed() -> None:
    many = {"articles": [{"title": "x"}] * 20_000}
    slow = (
        "{% for a in articles %}{% for b in articles %}"
        "{% if a.title == b.title ~ 'y' %}z{% endif %}{% endfor %}{% endfor %}"
    )

    with pytest.raises(TemplateRefused, match="too much time or memory"):
        render({"body.html": slow}, many)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("\n\n{{ newsletter.nmae }}", "body.html, line 3: there is nothing called 'nmae' here."),
        ("{% if x", "body.html, line 1: it cannot be read"),
        ("a\n{{ articles | sort }}", "body.html, line 2: it uses the filter 'sort'; there are capitalize"),
        ("{{ 'a' + 'b' }}", "join texts with '~'"),
        ("\n{{ newsletter.name | truncate(2) }}", "body.html, line 2: it cannot be rendered: AssertionError"),
        ("{{ newsletter.name.upper() }}", "it calls something; values are plain data"),
    ],
)
def test_a_refusal_says_where_and_what_to_write(source: str, said: str) -> None:
    with pytest.raises(TemplateRefused) as refused:
        render({"body.html": source}, VALUES)

    assert said in str(refused.value)


@pytest.mark.parametrize(
    "source", [*ESCAPES, *GREED, "{{ unsubscribe_url | upper }}", "{{ 'a' < 1 }}", "a\u0000b"]
)
def test_whatever_is_refused_can_be_said_in_another_language(source: str) -> None:
    with pytest.raises(TemplateRefused) as refused:
        render({"body.html": source}, VALUES)

    assert isinstance(refused.value.problem, Said)


def test_the_child_sees_no_environment_and_opens_no_file() -> None:
    # What it could tell of us would be in its own globals; none of them is left.
    for name in ("environ", "open", "range", "lipsum", "dict", "joiner", "namespace"):
        with pytest.raises(TemplateRefused, match=f"nothing called '{name}'"):
            render({"body.html": "{{ " + name + " }}"}, VALUES)


_PIECES = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "for",
            "in",
            "if",
            "endif",
            "endfor",
            "set",
            "not",
            "loop",
            "=",
            "1",
        ),
        *("articles", "newsletter", ".name", "|", "upper", "__class__", "[0]", "(", ")", "'", '"', "~", "*", "**"),
        *(" ", "\n", "é", "\x00", "\ue000"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=25).map("".join))
def test_whatever_is_typed_is_taken_or_refused_in_words(source: str) -> None:
    with suppress(TemplateRefused):
        check("body.html", source)
