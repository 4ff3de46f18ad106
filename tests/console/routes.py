"""Every route of the console, as the application has them, with something in the place of each argument."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import Rule

from newsletter.console.gate import needed_for

ARGUMENTS = {"newsletter": "courier", "digest": "morning", "part": "subject"}
"""What stands for an argument; for all others 1."""


@dataclass(frozen=True)
class Route:
    """`needs` is a role, "login", or None for what is open to all."""

    path: str
    method: str
    endpoint: str
    needs: str | None
    is_about_one: bool

    @property
    def changes(self) -> bool:
        return self.method != "GET"


def routes(app: Flask) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        if rule.rule == "/console" or rule.rule.startswith("/console/"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                # Raises for a view that says nothing of who may come in.
                needs = needed_for(app.view_functions[rule.endpoint])
                is_about_one = bool({"newsletter", "edition_id", "digest"} & set(rule.arguments))
                yield Route(_path(rule), method, rule.endpoint, needs, is_about_one)


def _path(rule: Rule) -> str:
    values = {name: ARGUMENTS.get(name, "1") for name in rule.arguments}
    built = rule.build(values)
    assert built
    return built[1]
