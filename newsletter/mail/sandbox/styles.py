"""An operator's style sheet: read whole, allowed by name, and written anew for their own part of the page.

What must be seen (the reason, the postal address, the unsubscribe link) stands outside of that part, where no rule
reaches (`selectors`). There is one exception: the page behind everything may be given a colour, and then what must
be seen is held against it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from newsletter.core.errors import TemplateRefused
from newsletter.core.words import Figure, said
from newsletter.mail.colours import READABLE, contrast, readable
from newsletter.mail.message import UNWANTED
from newsletter.mail.sandbox.declarations import MOST_DECLARATIONS, Declared, Unfit, declared
from newsletter.mail.sandbox.selectors import PAGE, bound, chains, is_page

if TYPE_CHECKING:
    from tinycss2.ast import AtRule, QualifiedRule

LONGEST_SHEET, MOST_SELECTORS = 20_000, 200

FOOT_INKS, DARK_FOOT_INKS = ("#5d5a54", "#1d1c1a"), ("#aaa69d", "#ebe8e1")
"""What the foot of a mail is written in, as `_base/inlined.css` and `_base/kept.css` have it."""

_DARK = "(prefers-color-scheme: dark)"
_NARROWEST, _WIDEST = 100, 2000
_ELSEWHERE = said("there is @media (prefers-color-scheme: dark), and with max-width or min-width")
_AT = {
    "import": said("everything has to stand in this one sheet"),
    "font-face": said("mail programs show the fonts that a machine has"),
    "charset": said("leave it away"),
}
_NO_MEDIA = said(
    "asks about the screen in a way that few mail programs know; write "
    "`@media (prefers-color-scheme: dark)` or `@media (max-width: 480px)`"
)
_NO_DECLARATION = said("has a line that cannot be read; write `color: #1d1c1a;`, and rules one after the other")


@dataclass(frozen=True)
class Sheet:
    """CSS: what is `inlined` into each element, and what is `kept` in the head, as it asks about the screen."""

    inlined: str
    kept: str


@dataclass(frozen=True)
class _Rule:
    """`media` is "" where it holds always."""

    selectors: Sequence[str]
    declarations: Sequence[Declared]
    media: str = ""


def compiled(source: str, part: str) -> Sheet:
    """Raises TemplateRefused, which says where and what to write instead."""
    import tinycss2  # noqa: PLC0415 - senders need no parser.

    if len(source) > LONGEST_SHEET:
        facts = {"length": Figure(len(source)), "most": Figure(LONGEST_SHEET)}
        raise TemplateRefused(part, 0, said("it has %(length)s characters; %(most)s are enough", **facts))
    source = source.replace("\r\n", "\n")
    if unseen := UNWANTED.search(source):
        line = source.count("\n", 0, unseen.start()) + 1
        raise TemplateRefused(part, line, said("it has a character that nobody sees; type the line anew"))
    try:
        rules = list(_rules(tinycss2.parse_stylesheet(source, skip_comments=True, skip_whitespace=True)))
    except Unfit as problem:
        raise TemplateRefused(part, problem.line, said("it %(problem)s", problem=problem.problem)) from problem
    if sum(len(each.selectors) for each in rules) > MOST_SELECTORS:
        raise TemplateRefused(
            part, 0, said("it has more than %(most)s selectors; use fewer classes", most=MOST_SELECTORS)
        )
    return _sheet(rules)


def _sheet(rules: Sequence[_Rule]) -> Sheet:
    kept = groupby((each for each in rules if each.media), lambda each: each.media)
    # What is inlined counts for more than a rule in the head, unless that one is important.
    asking = [(media, [_spelt(each, " !important") for each in within]) for media, within in kept]
    return Sheet(
        inlined="\n".join(_spelt(each, "") for each in rules if not each.media),
        kept="\n".join("\n".join([f"@media {media} {{", *within, "}"]) for media, within in asking),
    )


def _spelt(rule: _Rule, weight: str) -> str:
    spelt = "; ".join(f"{each.name}: {each.value}{weight}" for each in rule.declarations)
    return f"{', '.join(rule.selectors)} {{ {spelt} }}"


def _rules(nodes: Sequence[Any], media: str = "") -> Iterator[_Rule]:
    import tinycss2  # noqa: PLC0415 - senders need no parser.

    for node in nodes:
        if node.type == "qualified-rule":
            yield _rule(node, media)
        elif node.type == "at-rule" and not media:
            condition = _media(node)
            inner = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
            yield from _rules(inner, condition)
        elif node.type == "at-rule":
            problem = said("has a rule with @ within another one; write them one after the other")
            raise Unfit(problem, node.source_line)
        else:
            problem = said("cannot be read here; a rule is `h1 { color: #1d1c1a; }`")
            raise Unfit(problem, node.source_line)


def _rule(node: "QualifiedRule", media: str) -> _Rule:
    found, declarations = chains(node.prelude, node.source_line), _declarations(node)
    if not any(map(is_page, found)):
        _look_at_contrast(declarations)
        return _Rule([one for chain in found for one in bound(chain)], declarations, media)
    if len(found) > 1:
        problem = said("names '.page' beside others; give it a rule of its own")
        raise Unfit(problem, node.source_line)
    if media and _DARK not in media:
        # It would outweigh the ground that the foot's ink for the dark was chosen for.
        problem = said(
            "gives '.page' a colour for some screens; give it one for all, and one for "
            "`@media (prefers-color-scheme: dark)`"
        )
        raise Unfit(problem, node.source_line)
    _look_at_ground(declarations, DARK_FOOT_INKS if media else FOOT_INKS)
    return _Rule([PAGE], declarations, media)


def _declarations(node: "QualifiedRule") -> list[Declared]:
    import tinycss2  # noqa: PLC0415 - senders need no parser.

    nodes = tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
    if len(nodes) > MOST_DECLARATIONS:
        problem = said("says more than %(most)s things in one rule", most=MOST_DECLARATIONS)
        raise Unfit(problem, node.source_line)
    for each in nodes:
        if each.type != "declaration":
            raise Unfit(_NO_DECLARATION, each.source_line)
    return [declared(each) for each in nodes]


def _look_at_contrast(declarations: Sequence[Declared]) -> None:
    """What is said in one rule is seen together; the rest is judged when there is a mail."""
    named = {each.name: each for each in declarations}
    ink, ground = named.get("color"), named.get("background-color")
    if not ink or not ground or not ink.colour or not ground.colour:
        return
    if contrast(ink.colour, ground.colour) < READABLE:
        problem = said(
            "writes %(ink)s on %(ground)s, which cannot be read; %(better)s can be",
            ink=ink.colour,
            ground=ground.colour,
            better=readable(ink.colour, ground.colour),
        )
        raise Unfit(problem, ink.line)


def _look_at_ground(declarations: Sequence[Declared], inks: Sequence[str]) -> None:
    for each in declarations:
        if each.name != "background-color" or not each.colour:
            problem = said("gives '.page' more than a colour; write `.page { background-color: #f2f0ea; }`")
            raise Unfit(problem, each.line)
        if any(contrast(each.colour, ink) < READABLE for ink in inks):
            problem = said(
                "gives '.page' a colour on which the foot of the mail cannot be read; %(better)s would do",
                better=readable(each.colour, inks[0]),
            )
            raise Unfit(problem, each.line)


def _media(node: "AtRule") -> str:
    """The condition as we spell it."""
    if node.lower_at_keyword != "media" or node.content is None:
        instead = _AT.get(node.lower_at_keyword, _ELSEWHERE)
        problem = said("has a rule with @ that no mail needs; %(instead)s", instead=instead)
        raise Unfit(problem, node.source_line)
    words = [each for each in node.prelude if each.type not in {"whitespace", "comment"}]
    while words and words[0].type == "ident" and words[0].lower_value in {"only", "screen", "and"}:
        words.pop(0)
    features, ands = words[::2], words[1::2]
    if len(features) != len(ands) + 1 or any(getattr(each, "lower_value", "") != "and" for each in ands):
        raise Unfit(_NO_MEDIA, node.source_line)
    return " and ".join(_feature(each) for each in features)


def _feature(block: Any) -> str:  # noqa: ANN401 - whatever the parser knows.
    plain = [each for each in getattr(block, "content", ()) if each.type not in {"whitespace", "comment"}]
    match [each.type for each in plain]:
        case ["ident", "literal", "ident"]:
            if [each.lower_value for each in plain[::2]] == ["prefers-color-scheme", "dark"]:
                return _DARK
        case ["ident", "literal", "dimension"]:
            name, size = plain[0].lower_value, plain[2]
            if name in {"max-width", "min-width"} and size.lower_unit == "px":
                return f"({name}: {round(min(max(size.value, _NARROWEST), _WIDEST))}px)"
    raise Unfit(_NO_MEDIA, block.source_line)
