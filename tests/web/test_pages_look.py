"""Each page stands on its own: whole, named, labelled, without script or inline style."""

import re
from dataclasses import replace

import pytest
from flask import render_template
from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.web.errors import PAGES
from tests.web.samples import TEMPLATES, Sample, SignUpForm, contexts, small_app

WRONG = "This does not look like an e-mail address."
TYPED = 'ann"><script>alert(1)</script>'

NAMES = sorted(path.name for path in (TEMPLATES / "pages").glob("[!_]*.html") if path.name != "base.html")
ERRORS = sorted(int(path.stem) for path in (TEMPLATES / "errors").glob("[0-9]*.html"))


def rendered(name: str, newsletter: Sample | None = None, problem: str | None = None, **more: object) -> str:
    with small_app().test_request_context("/", base_url="https://letters.example.org"):
        form = SignUpForm()
        if problem:
            form.email.data, form.email.errors = TYPED, [problem]
        context = contexts(newsletter or Sample(), form)[name] | more
        return render_template(f"pages/{name}", **context)


def error_page(status: int) -> str:
    with small_app().test_request_context("/", base_url="https://letters.example.org"):
        return render_template(f"errors/{status}.html", status=status)


def tree(name: str, newsletter: Sample | None = None, problem: str | None = None) -> LexborHTMLParser:
    return LexborHTMLParser(rendered(name, newsletter, problem))


def first(parsed: LexborHTMLParser, selector: str) -> LexborNode:
    found = parsed.css_first(selector)
    assert found is not None, selector
    return found


EACH = [(name, rendered(name)) for name in NAMES] + [(str(each), error_page(each)) for each in ERRORS]
EACH += [("newsletter.html with a problem", rendered("newsletter.html", problem=WRONG))]
each_page = pytest.mark.parametrize("page", [page for _, page in EACH], ids=[name for name, _ in EACH])


def test_each_template_has_a_sample_and_each_status_its_page() -> None:
    with small_app().test_request_context():
        assert set(NAMES) == set(contexts(Sample(), SignUpForm()))
    assert set(ERRORS) == PAGES


@each_page
def test_a_page_is_whole_and_named(page: str) -> None:
    parsed = LexborHTMLParser(page)
    title = first(parsed, "title")

    assert page.startswith("<!doctype html>")
    assert first(parsed, "html").attributes["lang"] == "en"
    assert len(parsed.css("h1")) == 1
    assert len(parsed.css("main")) == 1
    assert title.text().strip()
    assert parsed.css("meta[name=viewport]")


@each_page
def test_a_page_holds_no_script_and_no_inline_style(page: str) -> None:
    parsed = LexborHTMLParser(page)
    attributes = [name for node in parsed.css("*") for name in node.attributes]

    assert not parsed.css("script, style, iframe, object, [href^='javascript:']")
    assert not [name for name in attributes if name == "style" or name.startswith("on")]


@each_page
def test_a_page_loads_nothing_from_elsewhere(page: str) -> None:
    sources = re.findall(r'(?:src|rel="(?:stylesheet|icon)" href)="([^"]+)"', page)

    assert sources
    assert not [source for source in sources if not source.startswith("/static/")]


@each_page
def test_each_input_has_a_label_and_each_reference_a_target(page: str) -> None:
    parsed = LexborHTMLParser(page)
    ids = [node.attributes["id"] for node in parsed.css("[id]")]
    labels = {node.attributes["for"] for node in parsed.css("label")}
    inputs = {node.attributes["id"] for node in parsed.css("input:not([type=hidden]), select")}
    references = [
        word
        for node in parsed.css("[aria-describedby], [aria-labelledby]")
        for name in ("aria-describedby", "aria-labelledby")
        for word in (node.attributes.get(name) or "").split()
    ]
    references += [(node.attributes["href"] or "")[1:] for node in parsed.css("a[href^='#']")]

    assert len(ids) == len(set(ids))
    assert inputs == labels
    assert not [word for word in references if word not in ids]


@each_page
def test_a_page_offers_a_way_on(page: str) -> None:
    assert LexborHTMLParser(page).css("main a, main button")


def test_the_form_says_what_is_required_and_what_happens_to_the_address() -> None:
    parsed = tree("newsletter.html")

    assert "required" in first(parsed, "label[for=email]").text()
    assert "optional" in first(parsed, "label[for=name]").text()
    assert "Your address is never published." in first(parsed, "#email-hint").text()
    assert first(parsed, "form").attributes["method"] == "post"


def test_a_problem_is_told_first_and_at_its_field() -> None:
    parsed = tree("newsletter.html", problem=WRONG)
    field = first(parsed, "#email")

    assert first(parsed, "title").text().startswith("Error: ")
    assert first(parsed, "main > *").attributes["role"] == "alert"
    assert first(parsed, "[role=alert] a").attributes["href"] == "#email"
    assert field.attributes["aria-invalid"] == "true"
    assert field.attributes["aria-describedby"] == "email-problem email-hint"
    assert WRONG in first(parsed, "#email-problem").text()


def test_what_was_typed_stays_and_is_escaped() -> None:
    assert first(tree("newsletter.html", problem=WRONG), "#email").attributes["value"] == TYPED


def test_a_page_without_a_problem_speaks_of_none() -> None:
    parsed = tree("newsletter.html")

    assert not parsed.css("[role=alert], [aria-invalid]")


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("link")])
def test_what_an_operator_typed_is_escaped(name: str) -> None:
    evil = "<script>alert(1)</script>"
    newsletter = replace(
        Sample(), name=evil, description=evil, sender_name=evil, postal_address=evil, accent='"><script>'
    )

    assert "<script" not in rendered(name, newsletter=newsletter)


def test_a_newsletter_speaks_its_own_language() -> None:
    arabic = replace(Sample(), name="أخبار الميناء", language="ar", direction="rtl")
    parsed = tree("unsubscribed.html", newsletter=arabic)

    assert first(parsed, "bdi").attributes == {"lang": "ar", "dir": "rtl"}


@pytest.mark.parametrize("name", ["confirm.html", "unsubscribe.html"])
def test_a_token_page_asks_one_thing_with_one_button(name: str) -> None:
    parsed = tree(name)

    assert len(parsed.css("button")) == 1
    assert first(parsed, "form").attributes["method"] == "post"
    assert not parsed.css("input")


def test_without_newsletters_the_first_page_says_so() -> None:
    page = rendered("index.html", newsletters=[])

    assert "No newsletter can be joined" in page
    assert "<li>" not in page


@pytest.mark.parametrize(
    ("hours", "words"), [(1, "one hour"), (47, "47 hours"), (72, "3 days"), (100, "100 hours")]
)
def test_the_life_of_a_link_is_said_in_words(hours: int, words: str) -> None:
    assert words in rendered("check_your_inbox.html", hours=hours)
