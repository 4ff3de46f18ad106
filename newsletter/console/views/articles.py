"""Articles: what has been read from the sources, with a search."""

from flask import Blueprint, render_template, request

from newsletter.articles.parsers.urls import web_url
from newsletter.articles.policy import LONGEST_SEARCH, search_words
from newsletter.articles.queries import listed, removed_sources, source_titles, sources
from newsletter.console.gate import Answer, requires
from newsletter.console.paging import asked_place, ways
from newsletter.mail.message import plain
from newsletter.operators.policy import Role

blueprint = Blueprint("console_articles", __name__, url_prefix="/console/articles")


@blueprint.get("")
@requires(Role.VIEWER)
def index() -> Answer:
    """`q` looks for each word in headline or author; `source` is the number of one source."""
    known = {str(each.id): each for each in (*sources(), *removed_sources())}
    typed, wished = plain(request.args.get("q", "")[:LONGEST_SEARCH]), request.args.get("source", "")
    filters = {"q": typed, "source": wished if wished in known else ""}
    chosen = known[filters["source"]].id if filters["source"] else None
    page = listed(chosen, search_words(typed), asked_place())
    return render_template(
        "console/articles/list.html",
        rows=page.rows,
        sites=source_titles({each.source_id for each in page.rows}),
        sources=list(known.values()),
        filters=filters,
        **ways(page, filters),
    )


@blueprint.app_template_filter("web")
def web(url: str) -> str:
    """Where a link of ours may lead: http or https, and nowhere else."""
    return web_url(url, "") or "#"
