"""Links between pages that may not all be there: a page is linked if the application has it."""

from urllib.parse import urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from newsletter.web.current import settings


def find_place(path: str) -> str | None:
    """The address of the page with this path under the application's root; None where there is none."""
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return None
    return urlsplit(settings().base_url).path + path
