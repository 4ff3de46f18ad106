"""What is read and what is sent: sources, articles, a digest, its editions and a draft, made without a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select

from newsletter.articles.models import Article, Source
from newsletter.bench.posting import new_mailing, send_to_all, send_to_some, sum_up
from newsletter.bench.writing import articles_for
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.models import Mailing
from newsletter.digests.models import Digest, DigestRun
from newsletter.digests.policy import Outcome
from newsletter.digests.service import Rule, add_digest
from newsletter.editions import service as editions
from newsletter.editions.models import Edition, EditionArticle
from newsletter.editions.policy import EditionStatus
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter

DIGEST = "morning"
EDITION_BYTES, ARTICLES_OF_EDITION = 40_000, 20
SPREAD = timedelta(days=60)
"""Over this time the articles came."""

_BODY = f"<p>{'Work began before dawn and was over when the first boats came in. ' * 30}</p>"


@dataclass(frozen=True)
class Papers:
    """A source, and editions: one on the desk, one that is being sent to a million, one that was."""

    source_id: int
    draft: int
    sending: int
    sent: int


def read_sources(how_many: int) -> Sequence[int]:
    """Every twentieth has been down for an hour."""
    moment = now()
    with transaction():
        added = [
            Source(
                url=f"https://desk{number}.example/feed.xml",
                title=f"Desk {number}",
                created_at=moment - timedelta(days=300),
                polled_at=moment - timedelta(minutes=4),
                failing_since=moment - timedelta(hours=1) if number % 20 == 0 else None,
                problem="503 Service Unavailable" if number % 20 == 0 else "",
            )
            for number in range(1, how_many + 1)
        ]
        db.session.add_all(added)
        db.session.flush()
        return [each.id for each in added]


def store_articles(how_many: int, source_ids: Sequence[int], of: Newsletter, house: House) -> None:
    """Evenly over two months."""
    patterns = articles_for(EDITION_BYTES, of, house, source_ids[0])
    names = [each.name for each in Article.__table__.columns if each.name != "id"]
    moment, step = now(), SPREAD / how_many
    rows = []
    for number in range(how_many):
        at = moment - step * (how_many - number)
        pattern = patterns[number % len(patterns)]
        row = {name: getattr(pattern, name) for name in names}
        own = {
            "url": f"https://tidewater.example/news/{number}",
            "source_id": source_ids[number % len(source_ids)],
        }
        rows.append({**row, **own, "available_at": at, "published_at": at, "body_html": _BODY})
    with transaction():
        db.session.execute(insert(Article), rows)


def print_editions(of: Newsletter, how_many: int, source_ids: Sequence[int], audience: int) -> Papers:
    """One a day, all sent but the last, which is on its way, and a draft for the next slot."""
    digest = add_digest(DIGEST, of.slug, Rule("30 6 * * *"), source_ids)
    article_ids = db.session.scalars(select(Article.id).order_by(Article.id)).all()
    with transaction():
        made = [_edition(of.id, number, now() - timedelta(days=how_many - number)) for number in range(how_many)]
        db.session.add_all(made)
        db.session.flush()
        _carry(made, article_ids)
        _run(digest, made)
        for each in made[:-2]:
            sum_up(_mailing_of(each), audience, each.window_end)
        send_to_all(_mailing_of(made[-2]), now() - timedelta(hours=1))
        send_to_some(_mailing_of(made[-1]))
        made[-1].status, made[-1].sent_at = EditionStatus.SENDING, None
    draft = _draft(of, made[-1].window_end)
    with transaction():
        _run(digest, [draft])
    return Papers(source_ids[0], draft.id, made[-1].id, made[-2].id)


def _draft(of: Newsletter, start: datetime) -> Edition:
    newest = select(Article).order_by(Article.id.desc()).limit(ARTICLES_OF_EDITION)
    return editions.draft(of.id, editions.Window(start, now()), db.session.scalars(newest).all())


def _edition(newsletter_id: int, number: int, at: datetime) -> Edition:
    return Edition(
        newsletter_id=newsletter_id,
        slot=editions.slot_of(at),
        number=number + 1,
        status=EditionStatus.SENT,
        subject=f"What the tide brought in, morning {number + 1}",
        window_start=at - timedelta(days=1),
        window_end=at,
        created_at=at,
        sent_at=at,
    )


def _carry(made: Sequence[Edition], article_ids: Sequence[int]) -> None:
    most = min(ARTICLES_OF_EDITION, len(article_ids))
    rows = [
        {
            "edition_id": each.id,
            "article_id": article_ids[(index * most + place) % len(article_ids)],
            "position": place + 1,
            "section": "",
        }
        for index, each in enumerate(made)
        for place in range(most)
    ]
    db.session.execute(insert(EditionArticle), rows)


def _run(digest: Digest, made: Sequence[Edition]) -> None:
    """The slots that have made them."""
    moments = {"reason": "articles enough", "outcome": Outcome.EDITION, "digest_id": digest.id}
    db.session.add_all(
        DigestRun(edition_id=each.id, due_at=each.window_end, ran_at=each.window_end, **moments) for each in made
    )


def _mailing_of(edition: Edition) -> Mailing:
    """One that has nobody in it yet."""
    mailing = new_mailing(edition.newsletter_id, edition.window_end)
    edition.mailing_id = mailing.id
    return mailing
