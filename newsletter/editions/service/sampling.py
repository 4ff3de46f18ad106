"""An invented edition, for who looks at a newsletter that has none yet. It is nowhere in the database."""

from collections.abc import Sequence
from datetime import timedelta

from newsletter.articles.models import Article
from newsletter.core.clock import now
from newsletter.editions.models import Edition
from newsletter.editions.policy import EVERYBODY, preheader, subject

_TITLES = (
    "The ferry returns on Monday",
    "A new roof for the fish market",
    "What the council wants to do about the wind",
    "Swimming lessons begin again",
)
_SUMMARY = "After four weeks in dock the boat is back, with a new engine and the old crew."


def sample(newsletter_id: int) -> tuple[Edition, Sequence[Article]]:
    """The edition and its articles, as they would come out of the database."""
    end = now()
    edition = Edition(
        id=0,
        newsletter_id=newsletter_id,
        slot="",
        cadence=EVERYBODY.cadence,
        riders=EVERYBODY.riders_text,
        once_in_house=False,
        number=1,
        subject=subject(_TITLES),
        preheader=preheader(_TITLES),
        notes={},
        window_start=end - timedelta(days=1),
        window_end=end,
    )
    return edition, [_article(number, title) for number, title in enumerate(_TITLES)]


def _article(number: int, title: str) -> Article:
    return Article(
        id=-1 - number,
        source_id=0,
        url="https://news.example.org/",
        title=title,
        summary_text=_SUMMARY,
        author="A. Writer" if number % 2 == 0 else "",
        credit="",
        image_url="",
        image_alt="",
        topics=["Harbour"],
        published_at=now(),
    )
