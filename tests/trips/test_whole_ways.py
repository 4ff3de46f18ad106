"""The whole ways through, over real HTTP and real SMTP, on the database the tests run on."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask, Response
from sqlalchemy import select

from newsletter.articles.models import Article
from newsletter.articles.service import add_source
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.settings import Settings
from newsletter.delivery.policy import Status
from newsletter.demo.mailstore import Caught
from newsletter.digests.models import Digest
from newsletter.digests.service import Rule, add_digest
from newsletter.editions import service as editions
from newsletter.editions.models import Edition
from newsletter.editions.queries import articles_of, progress
from newsletter.subscriptions.models import Subscription
from tests import make
from tests.trips.stage import Stage, awaited, get, post, running

pytestmark = pytest.mark.loopback

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour</title><link>https://harbour.example/</link>
<item><title>Ferry &amp; storm</title><link>https://harbour.example/ferry</link><guid>1</guid>
<description>&lt;p&gt;The ferry stays in port.&lt;/p&gt;</description></item></channel></rss>"""


def feeds() -> Flask:
    app = Flask("feeds")

    @app.get("/feed.xml")
    def feed() -> Response:
        return Response(FEED, content_type="application/rss+xml")

    return app


@pytest.fixture
def stage(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Stage]:
    with running(settings, tmp_path, feeds()) as stage:
        yield stage


def link_in(mail: Caught, purpose: str) -> str:
    text = mail.raw.replace(b"=\r\n", b"").decode()
    found = re.search(rf"http://[\w.:]+/{purpose}/[\w.-]+", text)
    assert found
    return found.group()


def test_sign_up_to_inbox(stage: Stage) -> None:
    make.newsletter()
    status, page = get(f"{stage.url}/courier")
    assert (status, "Sign up" in page) == (200, True)

    status, page = post(f"{stage.url}/courier/subscribe", email="ann@example.org")
    assert (status, "Check your inbox" in page) == (200, True)
    link = link_in(stage.mail_for("ann@example.org", "Auto-Submitted"), "confirm")
    assert get(link)[0] == 200
    assert "You are subscribed" in post(link)[1]

    welcome = stage.mail_for("ann@example.org", "Subject: Welcome")
    assert link_in(welcome, "unsubscribe")


def test_article_to_inbox(stage: Stage) -> None:
    of = make.newsletter()
    make.subscription(of, stage.house, "ann@example.org")
    source = add_source(f"{stage.app.config['FEEDS_URL']}/feed.xml")
    digest = add_digest("morning", of.slug, Rule("30 6 * * *"), [source.id])
    # The worker's own clock must come to the slot, once the article is there.
    awaited(lambda: db.session.scalar(select(Article.id)))
    with transaction():
        db.session.get_one(Digest, digest.id).aim(now() + timedelta(seconds=1))

    mail = stage.mail_for("ann@example.org", "List-Unsubscribe-Post: List-Unsubscribe=One-Click")

    assert b"Subject: Ferry & storm\r\n" in mail.raw
    edition = awaited(lambda: db.session.scalar(select(Edition).where(Edition.status == "sent")))
    assert [article.url for article in articles_of(edition.id)] == ["https://harbour.example/ferry"]
    assert progress(edition).count(Status.ACCEPTED) == progress(edition).audience == 1


def test_unsubscribe_with_one_click(stage: Stage) -> None:
    of = make.newsletter()
    make.subscription(of, stage.house, "ann@example.org")
    piece = make.article(make.source())
    editions.send(make.edition(of, [piece]).id, stage.house)
    mail = stage.mail_for("ann@example.org", "List-Unsubscribe: <")
    header = re.search(rb"\r\nList-Unsubscribe: <(\S+)>\r\n", mail.raw)
    assert header

    status, _ = post(header.group(1).decode(), **{"List-Unsubscribe": "One-Click"})

    assert status == 200
    left = db.session.scalars(select(Subscription).execution_options(populate_existing=True)).one()
    assert left.status == "unsubscribed"
    db.session.commit()
    later = editions.draft(of.id, editions.Window(now(), now() + timedelta(minutes=1)), [piece])
    assert progress(editions.send(later.id, stage.house)).audience == 0
