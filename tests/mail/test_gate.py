"""The gate: what stops a mail to many, what is only said, and that each tells how to mend it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.mail.gate import inspect
from newsletter.mail.message import Content, Hole
from newsletter.mail.render import HTML_LIMIT, Renderer
from tests.mail import samples

ADDRESS = samples.Newsletter().postal_address
GOOD = Renderer(samples.TEMPLATES).render("digest", samples.digest(tuple(map(samples.article, range(3)))))
UNSUBSCRIBE = Hole("unsubscribe_url").marker


def codes(content: Content, *, errors: bool) -> set[str]:
    return {each.code for each in inspect(content, ADDRESS) if each.is_error is errors}


def test_what_our_templates_make_passes_without_a_word() -> None:
    assert inspect(GOOD, ADDRESS) == []


@pytest.mark.parametrize("name", ["hard", "many", "greeted"])
def test_hard_articles_pass_too(name: str) -> None:
    many = tuple(map(samples.article, range(100)))
    values = {"hard": samples.digest(samples.HARD), "many": samples.digest(many[:60]), "greeted": samples.GREETED}

    content = Renderer(samples.TEMPLATES).render("digest", values[name])

    assert codes(content, errors=True) == set()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (replace(GOOD, html=GOOD.html + "x" * HTML_LIMIT), "size"),
        (replace(GOOD, subject=" "), "subject"),
        (replace(GOOD, subject=f"For {Hole('name').marker}"), "subject"),
        (replace(GOOD, subject="Dear {{ name }}"), "placeholder"),
        (replace(GOOD, subject="Dear *|FNAME|*"), "placeholder"),
        (replace(GOOD, text="Hello"), "empty"),
        (replace(GOOD, html=GOOD.html.replace(UNSUBSCRIBE, "https://x.example/")), "unsubscribe"),
        (replace(GOOD, text=GOOD.text.replace(UNSUBSCRIBE, "https://x.example/")), "unsubscribe"),
        (replace(GOOD, html=GOOD.html.replace("4 Customs Quay", "")), "address"),
        (replace(GOOD, text=GOOD.text.replace("5003 Hamnvik", "")), "address"),
        (replace(GOOD, html=GOOD.html + '<a href="/archive">More</a>'), "link"),
        (replace(GOOD, html=GOOD.html + "<a>More</a>"), "link"),
        (replace(GOOD, html=GOOD.html + '<a href="javascript:alert(1)">More</a>'), "link"),
        (replace(GOOD, html=GOOD.html + '<img src="https://x.example/a.png">'), "alt"),
    ],
)
def test_what_must_not_leave_is_an_error(content: Content, code: str) -> None:
    assert code in codes(content, errors=True)


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ("THE COUNCIL HAS MET AGAIN", "shouting"),
        ("A very long headline " * 5, "subject"),
        ("Buy now!!", "marks"),
        ("Re: your boat", "reply"),
        ("AW: Ihr Boot", "reply"),
        ("The cafÃ© is open", "garbled"),
        ("What is \ufffd here", "garbled"),
    ],
)
def test_what_is_only_unwise_is_a_warning(subject: str, code: str) -> None:
    content = replace(GOOD, subject=subject)

    assert code in codes(content, errors=False)
    assert codes(content, errors=True) == set()


def test_a_placeholder_in_the_text_is_a_warning_because_an_article_may_be_about_it() -> None:
    assert codes(replace(GOOD, text=GOOD.text + "{{ name }}"), errors=False) == {"placeholder"}


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200), st.text(max_size=60))
def test_no_mail_makes_the_gate_fall(subject: str, text: str, html: str, address: str) -> None:
    found = inspect(Content(subject, text, html), address)

    assert any(each.is_error for each in found)
    assert all(len(each.words) < 400 for each in found)
