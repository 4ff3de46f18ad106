"""The counted way to an article: no cookie, no trace of anybody, and no way to anywhere but to that article."""

from flask import Blueprint, Response, current_app, redirect, request
from sqlalchemy.exc import SQLAlchemyError

from newsletter.core.db import db
from newsletter.core.logs import logger
from newsletter.editions.links import Clicked, read_click
from newsletter.editions.models import Edition
from newsletter.editions.policy import click_kind
from newsletter.editions.queries import click_target
from newsletter.editions.service.clicking import Clicks, write_clicks
from newsletter.mail.render import link
from newsletter.web.current import house

blueprint = Blueprint("clicks", __name__)

log = logger(__name__)
_KEY = "newsletter_clicks"


@blueprint.get("/c/<mark>")
def click(mark: str) -> Response:
    clicked = read_click(house().signer, mark)
    url, edition = click_target(clicked.edition_id, clicked.article_id)
    target = str(link(url))
    _count(edition, clicked)
    answer = redirect(target)
    assert isinstance(answer, Response)  # noqa: S101 - it is Flask's own.
    return answer


def _count(edition: Edition, clicked: Clicked) -> None:
    agent = request.headers.get("User-Agent", "")[:300]
    purpose = request.headers.get("Sec-Purpose") or request.headers.get("Purpose", "")
    kind = click_kind(request.method, agent, purpose, request.headers.get("Sec-Fetch-Mode", ""))
    clicks: Clicks = current_app.extensions.setdefault(_KEY, Clicks())
    due = clicks.add(clicked, kind, f"{request.remote_addr} {agent}")
    try:
        write_clicks(due, edition)
    except SQLAlchemyError as error:
        # A reader must get to the article even if nothing can be counted.
        db.session.rollback()
        log.warning("clicks not counted", clicks=sum(due.values()), error=str(error))
