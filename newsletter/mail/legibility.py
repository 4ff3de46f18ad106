"""Whether what a finished mail says can be read on what it stands on, by day and by night.

What is inlined says how each element looks; what the head keeps for the dark is laid over it. This is as much as
can be judged of colours that operators chose: what a mail program makes of them by itself, nobody knows.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsletter.mail.colours import READABLE, as_hex, contrast, readable

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_ONES = ("color", "background-color")
MOST_LOOKED_AT = 20_000
"""Elements that rules for the dark may match, counted by rule; beyond that only the light is judged."""

_DARK = re.compile(r"prefers-color-scheme\s*:\s*dark")


@dataclass(frozen=True)
class Pale:
    """Words that cannot be read well: `ink` on `ground`, both `#rrggbb`, `when` it is "light" or "dark"."""

    words: str
    ink: str
    ground: str
    when: str

    @property
    def better(self) -> str:
        return readable(self.ink, self.ground)


def pale(html: str) -> list[Pale]:
    """The first words of each pair of colours that does not go together."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - senders need no parser.

    page = LexborHTMLParser(html)
    if page.body is None:
        return []
    found: dict[tuple[str, str, str], Pale] = {}
    for when, over in (("light", {}), ("dark", _in_the_dark(page))):
        if over is None:
            continue
        for words, ink, ground in _written(page.body, over):
            if contrast(ink, ground) < READABLE:
                found.setdefault((ink, ground, when), Pale(words[:60], ink, ground, when))
    return list(found.values())


def _written(body: "LexborNode", over: Mapping[int, Mapping[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Each piece of text with its colour and what it stands on."""
    waiting = [(body, "#000000", "#ffffff")]
    while waiting:
        node, ink, ground = waiting.pop()
        if node.tag == "-text":
            if words := " ".join((node.text(deep=False) or "").split()).strip("·\xa0 "):
                yield words, ink, ground
        elif node.tag not in {"style", "img"}:
            said = {**_colours(node.attributes.get("style") or ""), **over.get(node.mem_id, {})}
            ink, ground = said.get("color", ink), said.get("background-color", ground)
            # The last one is taken next, so that words come in the order in which they are read.
            waiting += [(child, ink, ground) for child in reversed(list(node.iter(include_text=True)))]


def _in_the_dark(page: "LexborHTMLParser") -> Mapping[int, Mapping[str, str]] | None:
    """By node, what the head says of it for the dark; None where that would take too long to find."""
    found: dict[int, dict[str, tuple[tuple[int, int], str]]] = {}
    left = MOST_LOOKED_AT
    for selector, said in _dark_rules(page):
        matched = page.css(selector)
        left -= len(matched)
        if left < 0:
            return None
        weight = (len(re.findall(r"[.:]", selector)), len(re.findall(r"(?:^|[ >])[a-z*]", selector)))
        for node in matched:
            for name, colour in said.items():
                kept = found.setdefault(node.mem_id, {})
                if name not in kept or kept[name][0] <= weight:
                    kept[name] = (weight, colour)
    return {node: {name: colour for name, (_, colour) in each.items()} for node, each in found.items()}


def _dark_rules(page: "LexborHTMLParser") -> Iterator[tuple[str, Mapping[str, str]]]:
    import tinycss2  # noqa: PLC0415 - senders need no parser.

    for style in page.css("style"):
        for block in tinycss2.parse_stylesheet(style.text(), skip_comments=True, skip_whitespace=True):
            if block.type != "at-rule" or not _DARK.search(tinycss2.serialize(block.prelude)):
                continue
            for rule in tinycss2.parse_rule_list(block.content, skip_comments=True, skip_whitespace=True):
                said = _colours(tinycss2.serialize(rule.content))
                if said:
                    for selector in tinycss2.serialize(rule.prelude).split(","):
                        yield selector.strip(), said


def _colours(style: str) -> dict[str, str]:
    """Ink and ground that a list of declarations has, as `#rrggbb`."""
    import tinycss2  # noqa: PLC0415 - senders need no parser.

    if "color" not in style:
        return {}
    nodes = tinycss2.parse_blocks_contents(style, skip_comments=True, skip_whitespace=True)
    said = {each.lower_name: _hex(each.value) for each in nodes if each.type == "declaration"}
    return {name: said[name] for name in _ONES if said.get(name)}


def _hex(tokens: list[Any]) -> str:
    from tinycss2.color3 import parse_color  # noqa: PLC0415 - senders need no parser.

    plain = [each for each in tokens if each.type != "whitespace"]
    found = parse_color(plain[0]) if len(plain) == 1 else None
    if found is None or isinstance(found, str) or found.alpha < 1:
        return ""
    return as_hex(found[:3])
