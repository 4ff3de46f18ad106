"""A newsroom at work for the browser: a feed, readers at servers of all tempers, and an operator at the door."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, Response
from playwright.sync_api import Page

from newsletter.core.db import db
from newsletter.core.settings import Settings
from newsletter.operators.policy import Role
from tests import make
from tests.articles.documents import item, rss
from tests.fakes import SmtpServer
from tests.trips.stage import Stage, running

NASTY = "<script>document.title='pwned'</script><img src=x onerror=document.title='pwned'>\"'\u202e"
READERS, TAKEN = 100, 96
"""Seven seconds of mail, so that an operator gets to the button in time; and how many servers take it."""

WORDS = f"451 4.7.1 later {NASTY}\r\n".encode()


def feeds() -> Flask:
    """One feed with headlines that try to run, and pictures that are none."""
    app = Flask("feeds")
    nasty = NASTY.replace("&", "&amp;").replace("<", "&lt;")

    @app.get("/news.xml")
    def news() -> Response:
        titles = ("Ferry runs again", "Council meets at noon", "Race is won by a metre", f"Quay {nasty}")
        items = [
            item(title, f"n{number}", f"https://harbour.example/{number}", f"What happened {number}. {nasty}")
            for number, title in enumerate(titles)
        ]
        channel = f"<title>Harbour News {nasty}</title><link>https://harbour.example/</link>"
        return Response(rss(*items, channel=channel), mimetype="application/rss+xml")

    return app


@contextmanager
def newsroom(settings: Settings, folder: Path) -> Iterator[tuple[Stage, SmtpServer]]:
    """The Courier with its readers, at fifteen mails a second; two of them get a refusal, two are put off."""
    with SmtpServer() as server:
        backend = f"smtp://127.0.0.1:{server.port}?tls=none&connections=1&rate=15/s"
        with running(settings, folder, feeds(), backend) as stage:
            of = make.newsletter()
            make.operator(stage.house, Role.OWNER, address="ines@desk.example")
            for number in range(TAKEN):
                make.subscription(of, stage.house, f"reader{number}@inbox.example")
            for address in (
                *("permfail-550-5-1-1@gone.example", "permfail-550-5-1-1+b@gone.example"),
                *("tempfail-451@slow.example", "tempfail-451+b@slow.example"),
            ):
                make.subscription(of, stage.house, address)
            db.session.commit()
            yield stage, server


def log_in(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.url}/console/login")
    page.get_by_label("E-mail address").fill("ines@desk.example")
    page.get_by_label("Password").fill(make.PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
