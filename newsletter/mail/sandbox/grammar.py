"""What an operator's template may say: an allow-list over Jinja's syntax tree.

Jinja's own sandbox watches what a template does to objects; people have found ways around it again and again
(CVE-2016-10745, CVE-2019-10906, CVE-2024-56201, CVE-2024-56326, CVE-2025-27516), and each of them needs a call, a
filter such as `attr`, or a name with an underscore. Here these cannot be written at all.
"""

from collections.abc import Iterator

from jinja2 import Environment, TemplateSyntaxError, nodes

from newsletter.core.errors import TemplateRefused
from newsletter.core.words import Figure, said
from newsletter.mail.message import UNWANTED

LONGEST_SOURCE = 100_000
LONGEST_TEXT, LARGEST_NUMBER = 1_000, 1_000_000
"""Of what stands between quotes, and of numbers: nothing a mail says needs more."""

DEEPEST_LOOPS = 2

FILTERS = frozenset(
    {"capitalize", "default", "e", "escape", "first", "join", "last", "length", "lower", "title", "trim"}
    | {"truncate", "upper"}
)
TESTS = frozenset({"defined", "even", "none", "odd", "undefined"})

_ALLOWED: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem),
    *(nodes.If, nodes.For, nodes.Assign, nodes.CondExpr, nodes.And, nodes.Or, nodes.Not, nodes.Compare),
    *(nodes.Operand, nodes.Filter, nodes.Test, nodes.Concat, nodes.Slice, nodes.Keyword, nodes.Neg),
)

_WORDS: dict[type[nodes.Node], str] = {
    nodes.Call: said("it calls something; values are plain data here, such as {{ edition.subject }}"),
    nodes.CallBlock: said("it calls something; values are plain data here"),
    nodes.Include: said("it includes another template; write out what it should say"),
    nodes.Import: said("it imports another template; write out what it should say"),
    nodes.FromImport: said("it imports another template; write out what it should say"),
    nodes.Extends: said("it extends another template; the page around this part is added by itself"),
    nodes.Block: said(
        "it has a block; leave %(tag)s away, this part stands in its place by itself", tag="{% block %}"
    ),
    nodes.Macro: said("it defines a macro; write out what it should say"),
    nodes.FilterBlock: said("it filters a block; put the filter behind the value: {{ article.author | upper }}"),
    nodes.Mul: said("it multiplies; nothing is computed in a mail"),
    nodes.Pow: said("it computes a power; nothing is computed in a mail"),
    nodes.Mod: said("it uses '%(sign)s' as an operator; nothing is computed in a mail", sign="%"),
    nodes.Add: said("it uses '+'; join texts with '~', as in {{ article.author ~ ', ' ~ article.site }}"),
}

_SYNTAX = Environment(autoescape=True)
"""Only parses; nothing is ever rendered with it."""


def check(part: str, source: str) -> None:
    """Raises TemplateRefused, which says where and what to write instead."""
    if len(source) > LONGEST_SOURCE:
        facts = {"length": Figure(len(source)), "most": Figure(LONGEST_SOURCE)}
        raise TemplateRefused(part, 0, said("it has %(length)s characters; %(most)s are enough", **facts))
    if unseen := UNWANTED.search(source.replace("\r\n", "\n")):
        line = source.count("\n", 0, unseen.start()) + 1
        raise TemplateRefused(part, line, said("it has a character that nobody sees; type the line anew"))
    try:
        tree = _SYNTAX.parse(source)
        for node, loops in _walk(tree, 0):
            _look_at(node, loops, part)
    except TemplateSyntaxError as error:
        problem = said("it cannot be read: %(words)s", words=error.message)
        raise TemplateRefused(part, error.lineno, problem) from error
    except RecursionError as error:
        raise TemplateRefused(part, 0, said("it is nested too deeply")) from error


def _walk(node: nodes.Node, loops: int) -> Iterator[tuple[nodes.Node, int]]:
    inside = loops + isinstance(node, nodes.For)
    yield node, inside
    for child in node.iter_child_nodes():
        yield from _walk(child, inside)


def _look_at(node: nodes.Node, loops: int, part: str) -> None:
    if problem := _problem(node, loops):
        raise TemplateRefused(part, node.lineno, problem)


def _problem(node: nodes.Node, loops: int) -> str:
    """Why this may not stand here; "" if it may."""
    if not isinstance(node, _ALLOWED):
        unknown = said("it uses %(kind)s, which has no place in a mail", kind=type(node).__name__)
        return _WORDS.get(type(node), unknown)
    return _name_problem(node) or _size_problem(node, loops)


def _name_problem(node: nodes.Node) -> str:
    match node:
        case nodes.Name(name=name) | nodes.Getattr(attr=name) if name.startswith("_"):
            return said("it asks for '%(name)s'; names begin with a letter", name=name[:40])
        case nodes.Filter(name=name) if name not in FILTERS:
            known = ", ".join(sorted(FILTERS))
            return said("it uses the filter '%(name)s'; there are %(known)s", name=name[:40], known=known)
        case nodes.Test(name=name) if name not in TESTS:
            known = ", ".join(sorted(TESTS))
            return said("it uses the test '%(name)s'; there are %(known)s", name=name[:40], known=known)
        case nodes.Assign() if not isinstance(node.target, nodes.Name):
            return said("it sets more than a plain name")
    return ""


def _size_problem(node: nodes.Node, loops: int) -> str:
    match node:
        case nodes.For() if node.recursive:
            return said("it has a loop that calls itself; write out the inner one")
        case nodes.For() if loops > DEEPEST_LOOPS:
            return said("it has more than %(most)s loops within each other", most=DEEPEST_LOOPS)
        case nodes.Const(value=str(text)) if len(text) > LONGEST_TEXT:
            facts = {"length": Figure(len(text)), "most": Figure(LONGEST_TEXT)}
            return said("it has a quoted text of %(length)s characters; %(most)s are enough", **facts)
        case nodes.Const(value=int(number)) if abs(number) > LARGEST_NUMBER:
            return said("it has a number over %(most)s", most=Figure(LARGEST_NUMBER))
    return ""
