"""The parts that operators wrote, rendered for one edition."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from newsletter.mail.render import Ready
from newsletter.mail.sandbox import render
from newsletter.mail.sandbox.cleaning import safe_html


def written(sources: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
    """By part, the text to print as it is; only of the parts whose source is not empty.

    `values` have the shape of `policy.samples`. Raises TemplateRefused and, as `sandbox.render` says, TakenApart.
    """
    wanted = {part: source for part, source in sources.items() if source.strip()}
    if not wanted:
        return {}
    return {part: _finished(part, text) for part, text in render(wanted, values).items()}


def _finished(part: str, text: str) -> str:
    if part.endswith(".html"):
        return Markup(safe_html(text))  # noqa: S704 - it has just been made safe.
    return Ready(" ".join(text.split())) if part == "subject" else Ready(text)
