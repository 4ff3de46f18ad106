"""An edition as a mail, in a frame of its own that can do nothing: no script, no form, no cookie, no way out."""

import re

from flask import Blueprint, Response

from newsletter.console.desks import shown
from newsletter.console.gate import requires
from newsletter.core.errors import UnsafeMessage
from newsletter.editions import service
from newsletter.operators.policy import Role
from newsletter.web.current import house, settings

blueprint = Blueprint("console_previews", __name__, url_prefix="/console/editions/<edition_id>")

_STYLE = re.compile(r"(<style\b[^>]*>)(.*?)(</style>)", re.DOTALL)
_BOTH = re.compile(r"color-scheme:\s*light dark")
_DARK = re.compile(r"\(\s*prefers-color-scheme:\s*dark\s*\)")


@blueprint.get("/preview")
@requires(Role.VIEWER)
def html(edition_id: str) -> Response:
    """`light=dark` and `pictures=off` say how it is looked at."""
    looked_at = shown()
    try:
        page = in_light(service.preview(int(edition_id), house()).html, looked_at["light"])
    except UnsafeMessage as problem:
        return framed(Response(str(problem), 422, mimetype="text/plain"), with_pictures=False)
    return framed(Response(page, mimetype="text/html"), with_pictures=looked_at["pictures"] == "on")


@blueprint.get("/preview.txt")
@requires(Role.VIEWER)
def text(edition_id: str) -> Response:
    """The text part, as it is."""
    try:
        words, status = service.preview(int(edition_id), house()).text, 200
    except UnsafeMessage as problem:
        words, status = str(problem), 422
    return framed(Response(words, status, mimetype="text/plain"), with_pictures=False)


def in_light(page: str, light: str) -> str:
    """The mail as in a program that is set to `light` or `dark`, whatever this browser is set to."""
    instead = "(min-width: 0)" if light == "dark" else "(max-width: 0)"
    page = _STYLE.sub(lambda found: found[1] + _in_style(found[2], instead, light) + found[3], page)
    return page.replace('name="color-scheme" content="light dark"', f'name="color-scheme" content="{light}"', 1)


def _in_style(style: str, instead: str, light: str) -> str:
    return _BOTH.sub(f"color-scheme: {light}", _DARK.sub(instead, style))


def framed(response: Response, *, with_pictures: bool) -> Response:
    """What people outside wrote is shown here, so it gets an origin of its own, in a tab of its own too."""
    places = "https:" if settings().base_url.startswith("https:") else "https: http:"
    response.headers["Content-Security-Policy"] = "; ".join(
        (
            "sandbox",
            "default-src 'none'",
            "style-src 'unsafe-inline'",
            f"img-src {f'{places} data:' if with_pictures else 'data:'}",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
        )
    )
    return response
