"""The reference says all there is, and no link within the documents leads nowhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

from newsletter.cli import root
from tests.house.test_house_rules import ROOT, tracked

REFERENCE = ROOT / "docs" / "reference"
DOCUMENTS = tracked("*.md", "**/*.md")

_CODE = re.compile(r"^(?: {4}|\t).*$|`[^`\n]*`", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Each command that does something, with what one types to run it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(commands(root, "newsletter"))


def section(text: str, heading: str) -> str:
    """What stands under the heading, up to the next one of any level; "" if there is no such heading."""
    found = re.search(rf"^### {re.escape(heading)}$(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def anchors(document: Path) -> set[str]:
    """What a link may name after `#`, as web pages of repositories make it from the headings."""
    headings = _HEADING.findall(document.read_text())
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(document: Path) -> list[str]:
    found = _LINK.findall(_CODE.sub("", document.read_text()))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def test_every_setting_stands_in_the_reference() -> None:
    names = re.findall(r"^(NEWSLETTER_\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    told = set(re.findall(r"^\| `(NEWSLETTER_\w+)` \|", (REFERENCE / "settings.md").read_text(), re.MULTILINE))

    assert len(names) > 10
    assert told == set(names)


@pytest.mark.parametrize("path", list(COMMANDS))
def test_every_command_and_each_of_its_options_stands_in_the_reference(path: str) -> None:
    told = section((REFERENCE / "commands.md").read_text(), f"`{path}`")
    options = [
        option.opts[0]
        for option in COMMANDS[path].params
        if isinstance(option, click.Option) and not option.hidden and option.opts[0] != "--json"
    ]

    assert told.strip()
    assert [option for option in options if not re.search(rf"^\| `{option}\b", told, re.MULTILINE)] == []


def test_the_reference_tells_of_no_command_that_is_not_there() -> None:
    told = re.findall(r"^### `(newsletter[^`]*)`$", (REFERENCE / "commands.md").read_text(), re.MULTILINE)

    assert sorted(told) == sorted(COMMANDS)


def test_every_route_stands_in_the_reference(app: Flask) -> None:
    told = (REFERENCE / "http.md").read_text()
    routes = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert [route for route in routes if f"| `{route[0]}` | {route[1]} |" not in told] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    broken = []
    for link in links(document):
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        is_picture = target.parent == ROOT / "docs" / "pictures" and target.suffix == ".png"
        if not (target.exists() or is_picture) or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


def test_every_decision_stands_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "adr"
    told = links(folder / "README.md")

    assert sorted(told) == sorted(path.name for path in folder.glob("[0-9]*.md"))
