"""Style sheets of operators: what they can say, and that no rule of theirs reaches what must be seen."""

from contextlib import suppress

import pytest
import tinycss2
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.core.errors import TemplateRefused
from newsletter.mail.colours import READABLE, contrast
from newsletter.mail.render import Renderer
from newsletter.mail.sandbox.cleaning import safe_html
from newsletter.mail.sandbox.styles import DARK_FOOT_INKS, FOOT_INKS, Sheet, compiled
from newsletter.templates.emails import Style, written
from tests.mail import looks, samples

RENDERER = Renderer(samples.TEMPLATES)

REFUSED = {
    "a { background: url(https://evil.example/p.gif) }": "has the property 'background'; write background-color",
    "a { background-color: \\75rl(https://evil.example) }": "what has no place in a mail",
    "a { width: expression(alert(1)) }": "what has no place in a mail",
    "a { width: calc(100% + 10px) }": "what has no place in a mail",
    "a { color: red; behavior: url(x.htc) }": "has the property 'behavior'",
    "a { position: fixed }": "nothing may lie over the page",
    "a { opacity: 0 }": "choose a lighter colour",
    "a { text-indent: -999px }": "has the property 'text-indent'",
    "a { clip: rect(0,0,0,0) }": "has the property 'clip'",
    "a { max-height: 0 }": "has the property 'max-height'; perhaps you mean one of these: ",
    "a { margin-bottom: -400px }": "below 0 in 'margin-bottom', which would lay one thing over another",
    "a { height: 90000px }": "over 1000px in 'height'",
    "a { width: 3vw }": "in a unit that mail programs do not know",
    "a { color: rgba(0, 0, 0, 0.01) }": "see-through colour in 'color'",
    "a { color: #ffffff; background-color: #fefefe }": "writes #ffffff on #fefefe, which cannot be read; #7",
    "@import 'https://evil.example/x.css';": "everything has to stand in this one sheet",
    "@font-face { font-family: x; src: url(x) }": "the fonts that a machine has",
    "@supports (a: b) { a { color: red } }": "has a rule with @ that no mail needs",
    "@media print { a { color: red } }": "asks about the screen",
    "@media (max-width: 30em) { a { color: red } }": "asks about the screen",
    "@media screen { @media (max-width: 480px) { a { color: red } } }": "asks about the screen",
    "@media (max-width: 480px) { @media (min-width: 1px) { a { color: red } } }": "within another one",
    "</style><script>alert(1)</script>": "cannot be read here",
    "</style><script> { color: red }": "more than elements and classes",
    "a { color: red } }": "cannot be read here",
    "a { b { color: red } }": "has a line that cannot be read",
    "a { font-family: '</style><script>' }": "what has no place in a mail",
    "a { font-family: \\3c/style\\3e }": "a word that mail programs do not know",
    ".\\3c script { color: red }": "more than elements and classes",
    "p + p { color: red }": "more than elements and classes",
    "p ~ p { color: red }": "more than elements and classes",
    "p:has(a) { color: red }": "more than elements and classes",
    "p::before { color: red }": "more than elements and classes",
    "a[href] { color: red }": "more than elements and classes",
    "#foot { color: red }": "more than elements and classes",
    "html { color: red }": "more than elements and classes",
    "> a { color: red }": "more than elements and classes",
    "a > { color: red }": "more than elements and classes",
    "a, { color: red }": "more than elements and classes",
    "a b i s u em { color: red }": "more than 4 elements within each other",
    ".page a { color: red }": "within '.page'",
    ".page, a { background-color: #ffffff }": "beside others",
    ".page { display: none }": "gives '.page' more than a colour",
    ".page { background-color: #5d5a54 }": "on which the foot of the mail cannot be read; #",
    "@media (prefers-color-scheme: dark) { .page { background-color: #ffffff } }": "cannot be read",
    "@media (max-width: 2000px) { .page { background-color: #ffffff } }": "for some screens",
    "a { color: }": "says nothing of 'color'",
    "{{ newsletter.accent }}": "more than elements and classes",
    "a { color: red; }\x00": "a character that nobody sees",
    "/*" + "x" * 20_000: "20,000 are enough",
    "a { " + "color: red; " * 50 + "}": "more than 40 things in one rule",
    "a { color: red }\n" * 400: "more than 200 selectors",
    "a { color: " + "(" * 9_000: "what has no place in a mail",
    "(" * 9_000 + "{" * 9_000: "cannot be read here",
}

HIDING = [
    "* { display: none }",
    "p, a, span, strong, div, td, table { display: none; font-size: 0; color: #ffffff; line-height: 0 }",
    ".muted, .small, .foot, .pad { display: none; font-size: 0 }",
    ".footer, .footer *, .body, .header { display: none; height: 0; width: 0 }",
    ".footer > *, .footer p:last-child { font-size: 0 }",
    "@media (max-width: 2000px) { * { display: none } .footer { display: none } }",
    "@media (prefers-color-scheme: dark) { *, .muted { color: #121417; font-size: 0 } }",
    "td.own, .own, .own.footer { display: none }",
]


def of(css: str) -> Sheet:
    return compiled(css, "style.css")


def digest(css: str, **parts: str) -> str:
    values = looks.edition(looks.paper("magazine"))
    made = written({"style.css": css, **parts}, {})
    return RENDERER.render("digest", {**values, "written": made}).html


def foot_of(html: str) -> str:
    """All that must be seen: what follows the operator's part of the foot."""
    return html[html.index("You get this mail because") - 200 :].partition('<p class="small muted"')[2]


def is_own(node: LexborNode | None) -> bool:
    """Whether it is, or lies within, the operator's part."""
    while node:
        if "own" in (node.attributes.get("class") or "").split():
            return True
        node = node.parent
    return False


@pytest.mark.parametrize("css", list(REFUSED))
def test_what_no_mail_needs_is_refused_with_what_to_write_instead(css: str) -> None:
    with pytest.raises(TemplateRefused) as refused:
        of(css)

    assert REFUSED[css] in str(refused.value)


def test_a_refusal_names_part_and_line() -> None:
    with pytest.raises(TemplateRefused, match=r"^style.css, line 4: it has the property 'float'"):
        of("h1 {\n  color: #8a1f1f;\n}\nh2 { float: left }")
    with pytest.raises(TemplateRefused, match=r"^style.css, line 3: it has the property 'float'"):
        of("h1 {\n  color: #8a1f1f;\n  float: left\n}")


def test_rules_are_bound_to_the_operators_part() -> None:
    found = of(
        "h1, .story > a:first-child { color: #8A1F1F; margin: 0 4px } .header h1 { color: rgb(138, 31, 31) }"
    )

    assert found == Sheet(
        ".own h1, .own .story > a:first-child { color: #8a1f1f; margin: 0 4px }\n"
        ".own .header h1, .own.header h1 { color: #8a1f1f }",
        "",
    )


def test_what_asks_about_the_screen_is_kept_and_outweighs_what_is_inlined() -> None:
    found = of("@media only screen and (PREFERS-COLOR-SCHEME:dark) and (max-width:480px) { h1 { color: tan } }")

    assert found.inlined == ""
    assert found.kept.splitlines() == [
        "@media (prefers-color-scheme: dark) and (max-width: 480px) {",
        ".own h1 { color: #d2b48c !important }",
        "}",
    ]


def test_a_style_is_inlined_over_the_theme_and_stays_in_the_head_for_the_dark() -> None:
    css = (
        ".nameplate { font-size: 40px; color: #8a1f1f }\n"
        "@media (prefers-color-scheme: dark) { .nameplate { color: #ff9999 } }"
    )
    html = digest(css, **{"header.html": '<h1 class="nameplate">The Post</h1>'})

    assert '<h1 class="nameplate" style="' in html
    style = html.partition('<h1 class="nameplate" style="')[2].partition('"')[0]
    assert {"font-size:40px", "color:#8a1f1f"} <= set(style.split(";"))
    assert ".own .nameplate { color: #ff9999 !important }" in html


def test_a_mail_without_a_style_is_what_it_was() -> None:
    plain = RENDERER.render("digest", looks.edition(looks.paper("magazine"))).html

    assert digest("") == plain
    assert "own" not in plain.partition("<body")[0].partition("<style")[2]


@pytest.mark.parametrize("css", HIDING)
def test_nothing_hides_what_must_be_seen(css: str) -> None:
    foot = foot_of(digest("h1 { margin: 0 }"))
    html = digest(css, **{"footer.html": "<p>Printed on nothing.</p>"})

    assert "unsubscribe_url" in foot
    assert foot_of(html) == foot


@pytest.mark.parametrize("html", ["</div></td></tr></table><p class='own'>x", "<div class='own footer'><div>"])
def test_markup_cannot_draw_what_must_be_seen_into_the_operators_part(html: str) -> None:
    page = LexborHTMLParser(digest("* { display: none }", **{"footer.html": html, "body.html": html}))
    link = page.css_first('a[href*="unsubscribe_url"]')

    assert link
    assert not is_own(link)


def test_the_foot_can_be_read_on_whatever_the_page_is_given() -> None:
    assert "background-color:#d9e6f2" in digest(".page { background-color: #d9e6f2 }")
    base = samples.TEMPLATES / "_base"
    for name, inks in (("inlined.css", FOOT_INKS), ("kept.css", DARK_FOOT_INKS)):
        assert all(f"color: {ink}" in (base / name).read_text() for ink in inks)
    assert contrast("#d9e6f2", FOOT_INKS[0]) >= READABLE


_PIECES = st.sampled_from(
    [
        *(
            "a",
            "h1",
            ".x",
            ".page",
            ".own",
            ".header",
            ".footer",
            ".muted",
            "*",
            "html",
            "body",
            "td",
            "#a",
            "[a]",
        ),
        *(" ", " > ", "+", "~", ",", ":has(", ":first-child", "::after", "{", "}", "(", ")", ";", ":", "\n", "'"),
        *("color", "background-color", "font-family", "margin", "display", "background", "position", "content"),
        *("red", "#fff", "#ffffff00", "none", "-9px", "99999px", "url(", "\\75rl(", "expression(", "'</style>'"),
        *("@media ", "@import ", "(prefers-color-scheme: dark)", "(max-width: 480px)", "print", "!important"),
        *("</style>", "<script>", "<!--", "-->", "\\3c", "\\", "/*", "*/", "\x00", "\ue000", "é", "{{", "}}"),
    ]
)
_RULES = st.tuples(
    st.sampled_from(["a", ".x p", ".footer", ".header h1", "*", ".page", "p:last-child", "td > a", ".own.footer"]),
    st.sampled_from(["color", "display", "font-size", "background-color", "height", "border", "font"]),
    st.sampled_from(["none", "0", "#ffffff", "1px solid #000000", "inherit", "bold 20px/1.2 Georgia, 'Times'"]),
).map(lambda each: f"{each[0]} {{ {each[1]}: {each[2]} }} ")
_TYPED = st.lists(_PIECES, max_size=25).map("".join) | st.lists(_RULES | _PIECES, max_size=8).map("".join)
_PAGE = LexborHTMLParser(digest("h1 { margin: 0 }"))


@settings(max_examples=400, deadline=None)
@given(_TYPED)
def test_whatever_is_typed_nothing_comes_out_that_loads_breaks_out_or_reaches_further(css: str) -> None:
    with suppress(TemplateRefused):
        found = of(css)
        text = f"{found.inlined}\n{found.kept}".lower()
        assert not any(each in text for each in ("url(", "@import", "expression", "<", "\\", "/*", "position"))
        for rule in _rules_of(text):
            _assert_reaches_no_further(rule)


def _rules_of(text: str) -> list[tinycss2.ast.QualifiedRule]:
    found = []
    for node in tinycss2.parse_stylesheet(text, skip_whitespace=True):
        assert node.type in {"qualified-rule", "at-rule"}
        if node.type == "at-rule":
            assert node.lower_at_keyword == "media"
            found += tinycss2.parse_rule_list(node.content, skip_whitespace=True)
        else:
            found.append(node)
    return found


def _assert_reaches_no_further(rule: tinycss2.ast.QualifiedRule) -> None:
    selector, said = tinycss2.serialize(rule.prelude).strip(), tinycss2.serialize(rule.content)
    if selector == ".page":
        assert {each.partition(":")[0].strip() for each in said.split(";")} == {"background-color"}
    else:
        assert all(is_own(node) for node in _PAGE.css(selector))


@settings(max_examples=200, deadline=None)
@given(_TYPED)
def test_a_style_attribute_says_what_a_sheet_may_and_nothing_else(css: str) -> None:
    left = safe_html(f'<p style="{css.replace(chr(34), "")}">x</p>').lower()

    assert not any(each in left for each in ("url(", "expression", "position", "@import", "content", "-9px"))


def test_a_style_stays_what_it_is_as_a_value() -> None:
    made = written({"style.css": "h1 { color: red }"}, {})["style.css"]

    assert isinstance(made, Style)
    assert made.inlined == ".own h1 { color: #ff0000 }"
