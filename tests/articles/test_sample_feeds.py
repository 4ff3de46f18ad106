"""Feeds as sites published them: all entries come in, and none twice.

They belong to others and are no part of the project; NEWSLETTER_TEST_FEEDS names a folder that has some.
"""

import os
import re
from pathlib import Path

import pytest
from flask import Flask
from pytest_httpserver import HTTPServer
from sqlalchemy import func, select

from newsletter.articles import feeds, service
from newsletter.articles.models import Article
from newsletter.core.clock import now
from newsletter.core.db import db
from tests.articles.documents import fetcher_for

FOLDER = Path(os.environ.get("NEWSLETTER_TEST_FEEDS", "no folder is named"))
SAMPLES = sorted([*FOLDER.glob("*.xml"), *FOLDER.glob("*.json")]) if FOLDER.is_dir() else []

pytestmark = [
    pytest.mark.loopback,
    pytest.mark.skipif(not SAMPLES, reason=f"there are no sample feeds in {FOLDER}"),
]


def count_of(sample: Path) -> int:
    """How many entries there are, counted without any parser."""
    pattern = rb'"date_published"\s*:' if sample.suffix == ".json" else rb"<(?:item|entry)(?:\s[^>]*)?>"
    return len(re.findall(pattern, sample.read_bytes()))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_comes_in_whole_and_only_once(sample: Path, httpserver: HTTPServer, app: Flask) -> None:
    httpserver.expect_request("/feed").respond_with_data(sample.read_bytes(), content_type="text/plain")
    source = service.add_source(httpserver.url_for("/feed"))
    fetcher = fetcher_for(httpserver)

    first, second = feeds.poll(source.id, fetcher), feeds.poll(source.id, fetcher)

    assert (first.problem, second.problem) == ("", "")
    assert first.new == count_of(sample) > 0
    assert second.new == 0
    assert db.session.scalar(select(func.count()).select_from(Article)) == first.new


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_each_article_of_a_sample_can_be_shown(sample: Path, httpserver: HTTPServer, app: Flask) -> None:
    httpserver.expect_request("/feed").respond_with_data(sample.read_bytes(), content_type="text/plain")
    source = service.add_source(httpserver.url_for("/feed"))
    feeds.poll(source.id, fetcher_for(httpserver))

    # One of them was damaged before it was published.
    damage = "\ufffd" if b"\xef\xbf\xbd" in sample.read_bytes() else ""
    for article in db.session.scalars(select(Article)):
        shown = [article.title, article.author, article.summary_text, article.image_alt, *article.topics]
        assert article.url.startswith(("https://", "http://"))
        assert article.title
        assert article.published_at < now()
        assert not article.date_is_guess
        assert not re.search(r"&(?:amp|lt|gt|quot|#\d+);|[\n\t]|</", " ".join(shown))
        assert "\ufffd" not in "".join(shown).replace(damage, "")
        assert "@" not in article.author
        assert not re.search(r"<(?:script|style|iframe|svg|form)|\son\w+=|javascript:", article.body_html)
