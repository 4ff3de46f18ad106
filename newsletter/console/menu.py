"""The entries of the menu: those whose pages there are, and that the operator's role reaches."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask, current_app, request

from newsletter.console import gate
from newsletter.operators.policy import Role


@dataclass(frozen=True)
class Entry:
    """`path` under the application's root; `role` in the house, or None for whoever may look at anything."""

    label: str
    path: str
    icon: str
    role: Role | None = None


@dataclass(frozen=True)
class Shown:
    """An entry as the template shows it."""

    label: str
    url: str
    icon: str
    is_here: bool


GROUPS: Sequence[Sequence[Entry]] = (
    (
        Entry("Home", "/console", "home"),
        Entry("Editions", "/console/editions", "edition"),
        Entry("Digests", "/console/digests", "digest"),
        Entry("Sources", "/console/sources", "source"),
    ),
    (
        Entry("Subscribers", "/console/subscribers", "people"),
        Entry("Imports", "/console/imports", "import"),
        Entry("Suppressions", "/console/suppressions", "stop", Role.VIEWER),
        Entry("Numbers", "/console/numbers", "chart"),
        Entry("Forms", "/console/snippets", "form"),
    ),
    (
        Entry("Newsletters", "/console/newsletters", "newsletter"),
        Entry("Templates", "/console/templates", "template"),
        Entry("Backends", "/console/backends", "backend", Role.PUBLISHER),
        Entry("Operators", "/console/operators", "key", Role.OWNER),
        Entry("Audit", "/console/audit", "trail", Role.OWNER),
        Entry("Settings", "/console/settings", "settings", Role.OWNER),
    ),
)
"""Groups of entries that belong together, in the order people need them."""


def register(app: Flask) -> None:
    app.jinja_env.globals["menu"] = shown


def shown() -> list[list[Shown]]:
    """The groups that are not empty."""
    paths = {rule.rule for rule in current_app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    groups = [[_shown(entry) for entry in group if entry.path in paths and _may(entry)] for group in GROUPS]
    return [group for group in groups if group]


def _shown(entry: Entry) -> Shown:
    path = request.path
    is_here = path == entry.path or (entry.path != "/console" and path.startswith(f"{entry.path}/"))
    return Shown(entry.label, f"{request.script_root}{entry.path}", entry.icon, is_here)


def _may(entry: Entry) -> bool:
    return entry.role is None or gate.may(entry.role)
