"""The entries of the menu: those whose pages there are, and that the operator's role reaches."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask, current_app, request

from newsletter.console import gate
from newsletter.core.words import said
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
        Entry(said("Home"), "/console", "home"),
        Entry(said("Editions"), "/console/editions", "edition"),
        Entry(said("Digests"), "/console/digests", "digest"),
        Entry(said("Sources"), "/console/sources", "source"),
    ),
    (
        Entry(said("Subscribers"), "/console/subscribers", "people"),
        Entry(said("Imports"), "/console/imports", "import"),
        Entry(said("Suppressions"), "/console/suppressions", "stop", Role.VIEWER),
        Entry(said("Numbers"), "/console/numbers", "chart"),
        Entry(said("Forms"), "/console/snippets", "form"),
    ),
    (
        Entry(said("Newsletters"), "/console/newsletters", "newsletter"),
        Entry(said("Templates"), "/console/templates", "template"),
        Entry(said("Backends"), "/console/backends", "backend", Role.PUBLISHER),
        Entry(said("Operators"), "/console/operators", "key", Role.OWNER),
        Entry(said("Audit"), "/console/audit", "trail", Role.OWNER),
        Entry(said("Settings"), "/console/settings", "settings", Role.OWNER),
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
