"""The paper's web site on loopback: front page, desks, articles with a sign-up form, staff, feeds, pictures."""

from datetime import datetime
from urllib.parse import urlsplit

from flask import Flask, Response, abort, render_template, request, send_file

from newsletter.demo import feeds
from newsletter.demo.content import Article, Desk
from newsletter.demo.newsroom import Newsroom
from newsletter.demo.serving import LoopbackServer

FRONT_PAGE_ARTICLES = 13


class PaperSite(LoopbackServer):
    """The paper as it would be on the web; `started_at` (UTC) is the moment its articles' ages count from.

    The form under each article is that of the newsletter at `newsletter_url`.
    """

    def __init__(self, port: int, started_at: datetime, newsletter_url: str) -> None:
        self.newsroom = Newsroom(started_at)
        super().__init__(make_app(self.newsroom, newsletter_url), port)

    def feeds(self) -> list[tuple[str, str]]:
        """Name and URL of each desk's feed, the live desk's last; only a started site knows its URLs."""
        paper = self.newsroom.paper
        return [(f"{paper.name}: {desk.name}", self.url + feeds.path(desk)) for desk in paper.desks.values()]


def make_app(newsroom: Newsroom, newsletter_url: str) -> Flask:
    """The site as a Flask app."""
    app = Flask(__name__)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    paper = newsroom.paper
    service_url, _, slug = newsletter_url.rpartition("/")
    target = urlsplit(newsletter_url)
    service = f"{target.scheme}://{target.netloc}"
    policy = (
        "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"script-src {service}; connect-src {service}; form-action {service}"
    )

    app.jinja_env.globals.update(
        paper=paper,
        subscribe_url=f"{newsletter_url}/subscribe",
        script_url=f"{service_url}/embed/{slug}.js",
        feed_path=feeds.path,
        feed_type=feeds.media_type,
        dateline=lambda moment: dateline(moment.astimezone(paper.zone)),
    )

    @app.after_request
    def _guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    _add_pages(app, newsroom)
    _add_feeds(app, newsroom)
    return app


def dateline(moment: datetime) -> str:
    """The moment as the paper prints it, in the zone that it has."""
    return f"{moment:%A}, {moment.day} {moment:%B %Y}, {moment:%H.%M}"


def _add_pages(app: Flask, newsroom: Newsroom) -> None:
    paper = newsroom.paper

    @app.get("/")
    def front_page() -> str:
        lead, *others = newsroom.articles()[:FRONT_PAGE_ARTICLES]
        notes = newsroom.articles_of(newsroom.live.desk)[:8]
        return render_template("paper/front.html", lead=lead, others=others, notes=notes)

    @app.get("/desks/<key>")
    def desk(key: str) -> str:
        chosen: Desk = paper.desks.get(key) or abort(404)
        return render_template("paper/desk.html", desk=chosen, articles=newsroom.articles_of(chosen))

    @app.get("/staff/<key>")
    def staff(key: str) -> str:
        author = paper.staff.get(key) or abort(404)
        written = [article for article in newsroom.articles() if article.author == author]
        return render_template("paper/staff.html", author=author, articles=written)

    @app.get("/articles/<slug>")
    def article(slug: str) -> str:
        found: Article = newsroom.find(slug) or abort(404)
        return render_template("paper/article.html", article=found)

    @app.get("/pictures/<key>.png")
    def picture(key: str) -> Response:
        drawn = paper.pictures.get(key) or abort(404)
        return send_file(drawn.file, mimetype="image/png", max_age=3600)

    @app.errorhandler(404)
    def not_found(_error: Exception) -> tuple[str, int]:
        return render_template("paper/not_found.html"), 404


def _add_feeds(app: Flask, newsroom: Newsroom) -> None:
    paper = newsroom.paper

    def serve(key: str) -> Response:
        desk = paper.desks[key]
        base = request.host_url.rstrip("/")
        return feeds.respond(feeds.Feed(paper, desk, newsroom.articles_of(desk), base))

    for desk in paper.desks.values():
        app.add_url_rule(feeds.path(desk), f"feed_{desk.key}", serve, defaults={"key": desk.key})
