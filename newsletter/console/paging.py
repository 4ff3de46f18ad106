"""Which page of a list is asked for, and the way to its neighbours."""

from collections.abc import Mapping
from typing import Any

from flask import request, url_for

from newsletter.core.keyset import Place, Turned
from newsletter.web.numbers import MOST_DIGITS, whole_number


def asked_place() -> Place:
    """Raises NotFound for what is no number."""
    asked = {name: request.args.get(name, "") for name in ("before", "after")}
    return Place(**{name: whole_number(text, MOST_DIGITS) for name, text in asked.items() if text})


def ways(page: Turned[Any], filters: Mapping[str, str]) -> dict[str, str | None]:
    """`older` and `newer` as addresses of this very list with these filters, None where there is nothing."""
    kept: dict[str, Any] = {name: value for name, value in filters.items() if value}
    endpoint = str(request.endpoint)
    older = url_for(endpoint, **kept, before=page.rows[-1].id) if page.has_older else None
    newer = url_for(endpoint, **kept, after=page.rows[0].id) if page.has_newer and page.rows else None
    return {"older": older, "newer": newer}
