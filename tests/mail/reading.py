"""Reads a rendered mail as a mail program draws it: which colours meet where, in light and in dark."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.mail.message import MARKER, Content

URL = re.compile(r"https?://[^\s>]+")


@dataclass(frozen=True)
class Ink:
    """One run of text and the two colours that meet there."""

    text: str
    colour: str
    background: str


class Mail:
    """A rendered mail whose holes are filled with links."""

    def __init__(self, content: Content) -> None:
        self.text = _filled(content.text)
        self.html = _filled(content.html)
        self.tree = LexborHTMLParser(self.html)

    def all(self, selector: str) -> list[LexborNode]:
        return self.tree.css(selector)

    def first(self, selector: str) -> LexborNode:
        node = self.tree.css_first(selector)
        assert node is not None
        return node

    def hrefs(self) -> list[str]:
        return [attribute(node, "href") for node in self.all("a")]

    def urls_in_text(self) -> set[str]:
        return set(URL.findall(self.text))

    @cached_property
    def dark_rules(self) -> list[tuple[str, dict[str, str]]]:
        """Selector and declarations of each rule for dark screens, the weakest first."""
        sheet = self.first("style").text()
        block = re.search(r"prefers-color-scheme: dark\) \{\n(.*?)\n\}\n", sheet, re.DOTALL)
        assert block is not None
        rules = [
            (selector.strip(), declarations(body.replace("!important", "")))
            for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", block[1])
            for selector in selectors.split(",")
        ]
        return sorted(rules, key=lambda rule: (rule[0].count("."), bool(re.match(r"\w", rule[0]))))

    def inks(self, scheme: str) -> Iterator[Ink]:
        """Every visible run of text; `scheme` is light or dark."""
        for node in self.first("body").traverse(include_text=True):
            text = (node.text_content or "").strip() if node.tag == "-text" else ""
            if text and node.parent:
                colours = (self._nearest(node.parent, name, scheme) for name in ("color", "background-color"))
                yield Ink(text, *colours)

    def _nearest(self, node: LexborNode, name: str, scheme: str) -> str:
        above: LexborNode | None = node
        while above is not None:
            if value := self._style(above, scheme).get(name):
                return value
            above = above.parent
        problem = f"Nothing above <{node.tag}> says its {name}."
        raise AssertionError(problem)

    def _style(self, node: LexborNode, scheme: str) -> dict[str, str]:
        style = declarations(attribute(node, "style"))
        if scheme == "dark":
            for selector, changed in self.dark_rules:
                if _applies(node, selector):
                    style |= changed
        return style


def attribute(node: LexborNode, name: str) -> str:
    """Empty where there is none."""
    return node.attributes.get(name) or ""


def declarations(css: str) -> dict[str, str]:
    pairs = (part.split(":", 1) for part in css.split(";") if ":" in part)
    return {name.strip(): value.strip() for name, value in pairs}


def pixels(value: str) -> float:
    """The first length of a declaration, such as 14 for `14px/1.5 Arial`."""
    found = re.search(r"([\d.]+)px", value)
    assert found is not None
    return float(found[1])


def _applies(node: LexborNode, selector: str) -> bool:
    tag, _, name = selector.partition(".")
    return (not tag or tag == node.tag) and (not name or name in attribute(node, "class").split())


def _filled(text: str) -> str:
    return MARKER.sub(r"https://news.harbourpost.example/\1/eyJqIjoiNGY2YzA4In0.aSMt8A.0Kc3m1Xo", text)
