"""`newsletter digest`: rule, times, marks and notes by command."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.articles.models import Article
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.digests.models import Digest
from newsletter.digests.policy import MarkKind
from newsletter.digests.queries import digest, marks
from newsletter.mail.house import House
from tests import make
from tests.subscriptions.commands import ends_of, ran

pytestmark = pytest.mark.loopback

RULE = """
exclude = ["sponsored"]
[[section]]
title = "Port"
topics = ["harbour"]
most = 2
"""


@pytest.fixture
def articles(house: House) -> list[Article]:
    """Newest first, what a digest `morning` has to choose from."""
    source = make.source()
    make.digest(make.newsletter(), [source])
    titles = ("Sponsored: buy a boat", "The ferry sails", "The market moves", "The lamp is dark")
    return [make.article(source, title, now() - timedelta(hours=n)) for n, title in enumerate(titles)]


def stored() -> Digest:
    db.session.rollback()
    return digest("morning")


def test_a_rule_is_printed_changed_and_explained(house: House, articles: list[Article], tmp_path: Path) -> None:
    settings, file = house.settings, tmp_path / "rule.toml"
    file.write_text(RULE)

    changed = ran(settings, "digest", "rule", "morning", "--from", str(file))
    file.write_text(changed)
    again = ran(settings, "digest", "rule", "morning", "--from", str(file))
    explained = ran(settings, "digest", "explain", "morning")
    told = json.loads(ran(settings, "digest", "explain", "morning", "--at", "2030-01-01T06:30", "--json"))

    assert again == changed
    assert stored().rule.sections[0].title == "Port"
    for words in ("2 of 4 candidates", "In, Port:", "Out:", "has the word “sponsored”", "Port has its 2", "06:30"):
        assert words in explained
    assert [(each["article"], each["in"]) for each in told["articles"]] == [
        (article.id, article.title in {"The ferry sails", "The market moves"}) for article in articles
    ]
    assert len(told["slots"]) == 10


def test_marks_and_notes_are_said_by_command(house: House, articles: list[Article]) -> None:
    pinned, dropped, kept, free = (str(article.id) for article in articles)
    until = f"{now() + timedelta(days=2):%Y-%m-%dT06:30}"

    ended = ends_of(
        house.settings,
        [
            ["digest", "pin", "morning", pinned],
            ["digest", "drop", "morning", dropped],
            ["digest", "keep-back", "morning", kept, until],
            ["digest", "pin", "morning", free],
            ["digest", "unmark", "morning", free],
            ["digest", "note", "morning", "Good *morning*."],
            ["digest", "when", "morning", "mondays at 8"],
            ["digest", "note", "morning", "Words", "--section", "Sport"],
            ["digest", "keep-back", "morning", kept, "tomorrow"],
            ["digest", "when", "morning", "someday"],
            ["digest", "rule", "nowhere"],
        ],
    )

    assert ended == [*[""] * 7, "InvalidInput", "InvalidInput", "InvalidSchedule", "NotFound"]
    assert {str(key): mark.kind for key, mark in marks(stored().id).items()} == {
        pinned: MarkKind.PIN,
        dropped: MarkKind.DROP,
        kept: MarkKind.KEEP_BACK,
    }
    assert stored().notes == {"": "Good *morning*."}
    assert stored().cron == "0 8 * * 1"
