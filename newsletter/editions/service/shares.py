"""Which articles of an edition a reader gets who follows some of it, or had some of it: a table of their shares.

An article is a bit of two numbers. A sum of different bits is their union, and that is one each database can make.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    MetaData,
    Select,
    SmallInteger,
    String,
    Table,
    and_,
    func,
    insert,
    literal,
    select,
    update,
)

from newsletter.articles.models import Article
from newsletter.articles.policy import people_in
from newsletter.articles.queries import source_titles
from newsletter.core.db import BigId, db, insert_into
from newsletter.core.logs import logger
from newsletter.delivery.models import Delivery
from newsletter.delivery.policy import Status
from newsletter.editions.models import Edition
from newsletter.editions.policy import MOST_BITS, Bits, bits
from newsletter.editions.queries.readers import Carried, carried_before, is_first_of_its_kind
from newsletter.subscriptions.models import Follow, Stint, Subscriber, Subscription
from newsletter.subscriptions.policy import FollowKind, SubscriptionStatus
from newsletter.subscriptions.policy.following import Offered, places

SHARES = Table(
    "shares_of_readers",
    MetaData(),
    Column("subscriber_id", BigId, primary_key=True, autoincrement=False),
    *(Column(name, BigInteger, nullable=False) for name in ("wanted_lo", "wanted_hi", "had_lo", "had_hi")),
    prefixes=["TEMPORARY"],
)
"""Only those who may get less than the whole: what they want of it, and what they had already."""

_FOLLOWED = Table(
    "followed_articles",
    MetaData(),
    Column("kind", String(8)),
    Column("value", String(100)),
    Column("lo", BigInteger),
    Column("hi", BigInteger),
    prefixes=["TEMPORARY"],
)
_HAD = Table(
    "carried_articles",
    MetaData(),
    Column("mailing_id", BigInteger, primary_key=True, autoincrement=False),
    Column("variant", SmallInteger, primary_key=True, autoincrement=False),
    Column("lo", BigInteger, nullable=False),
    Column("hi", BigInteger, nullable=False),
    prefixes=["TEMPORARY"],
)
_KEPT = Table(
    "shares_that_stay",
    MetaData(),
    Column("lo", BigInteger, primary_key=True, autoincrement=False),
    Column("hi", BigInteger, primary_key=True, autoincrement=False),
    prefixes=["TEMPORARY"],
)
HAS_IT = (Status.QUEUED, Status.LEASED, Status.DEFERRED, Status.ACCEPTED, Status.UNKNOWN)
"""Whoever has it, or may yet get it."""

log = logger(__name__)


def fill_shares(of: Edition, articles: Sequence[Article]) -> bool:
    """Make the table, unless everybody gets the whole edition; whether there is one."""
    if len(articles) > MOST_BITS:
        return False
    before, has_followers = carried_before(of), is_followed(of)
    if not before and not has_followers:
        return False
    SHARES.create(db.session.connection())
    if has_followers:
        _fill_followers(of, articles)
    if before:
        _fill_had(of, before, articles)
    return True


def is_followed(of: Edition) -> bool:
    """Whether any of its readers follows anything, so that they may get a part of it."""
    return bool(db.session.scalar(select(select(_follows(of).subquery()).exists())))


def left_of(whole: Bits) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """What a reader gets of it, where the table may have a row of theirs: what they want and had not."""
    return _left(SHARES.c.wanted_lo, SHARES.c.had_lo, whole.lo), _left(
        SHARES.c.wanted_hi, SHARES.c.had_hi, whole.hi
    )


def wants_nothing() -> ColumnElement[bool]:
    """As a condition on a row of the table: it was theirs to have and they do not follow any of it."""
    return and_(SHARES.c.wanted_lo == 0, SHARES.c.wanted_hi == 0)


def is_of_subscriber() -> ColumnElement[bool]:
    """As a condition: the row of the table that is this subscriber's."""
    return SHARES.c.subscriber_id == Subscriber.id


def unwish_all_but(kept: Collection[Bits], whole: Bits) -> None:
    """Let what is followed count for those shares alone; what somebody had before counts for all."""
    link = db.session.connection()
    _KEPT.create(link)
    link.execute(insert(_KEPT), [_columns(each) for each in kept])
    lo, hi = left_of(whole)
    is_kept = select(_KEPT.c.lo).where(_KEPT.c.lo == lo, _KEPT.c.hi == hi).correlate(SHARES).exists()
    link.execute(update(SHARES).where(~is_kept).values(wanted_lo=whole.lo, wanted_hi=whole.hi))
    _KEPT.drop(link)
    log.warning("too many different choices of articles; the rarest get the whole edition", most=len(kept))


def _left(wanted: Column[int], had: Column[int], whole: int) -> ColumnElement[int]:
    return func.coalesce(wanted - wanted.bitwise_and(had), literal(whole, BigInteger))


def _follows(of: Edition) -> Select[int, str, str]:
    """Who follows what of this newsletter."""
    return (
        select(Subscription.subscriber_id, Follow.kind, Follow.value)
        .join(Subscription, Subscription.id == Follow.subscription_id)
        .where(
            Subscription.newsletter_id == of.newsletter_id,
            Subscription.status == SubscriptionStatus.CONFIRMED,
        )
    )


def _fill_followers(of: Edition, articles: Sequence[Article]) -> None:
    follows, link = _follows(of).subquery(), db.session.connection()
    _FOLLOWED.create(link)
    if rows := _wanted(articles, db.session.execute(select(follows.c.kind, follows.c.value).distinct()).all()):
        link.execute(insert(_FOLLOWED), rows)
    sums = [func.coalesce(func.sum(each.distinct()), 0) for each in (_FOLLOWED.c.lo, _FOLLOWED.c.hi)]
    fits = and_(_FOLLOWED.c.kind == follows.c.kind, _FOLLOWED.c.value == follows.c.value)
    shares = (
        select(follows.c.subscriber_id, *sums, literal(0), literal(0))
        .select_from(follows.outerjoin(_FOLLOWED, fits))
        .group_by(follows.c.subscriber_id)
    )
    db.session.execute(insert(SHARES).from_select(list(SHARES.c), shares))
    _FOLLOWED.drop(link)


def _wanted(articles: Sequence[Article], followed: Sequence[tuple[str, str]]) -> list[dict[str, object]]:
    """A row for each article that somebody gets who follows this, so that different ones can be summed up."""
    titles = source_titles({each.source_id for each in articles})
    offered = [Offered(each.topics, people_in(each.author), titles.get(each.source_id, "")) for each in articles]
    names = [each.names() for each in offered]
    return [
        {"kind": kind, "value": value, **_columns(bits([place]))}
        for kind, value in followed
        for place in places(FollowKind(kind), value, names)
    ]


def _fill_had(of: Edition, before: Sequence[Carried], articles: Sequence[Article]) -> None:
    place_of = {each.id: place for place, each in enumerate(articles)}
    rows = [
        {
            "mailing_id": each.mailing_id,
            "variant": each.variant,
            **_columns(bits([place_of[article_id] for article_id in each.article_ids])),
        }
        for each in before
    ]
    link, whole = db.session.connection(), bits(range(len(articles)))
    _HAD.create(link)
    link.execute(insert(_HAD), rows)
    # One after the other: of each mailing a reader has one delivery, so what they had is joined row by row.
    for mailing_id, is_own in {each.mailing_id: each.is_own for each in before}.items():
        _note_had(whole, mailing_id, _readers_who_changed(of) if is_own else _readers(of))
    _HAD.drop(link)


def _note_had(whole: Bits, mailing_id: int, readers: Select[int]) -> None:
    # An outer join, though none is needed: SQLite, which has no figures of these tables, would otherwise go
    # through all deliveries once for each variant, and an edition may have thousands of them.
    carried = and_(_HAD.c.mailing_id == Delivery.mailing_id, _HAD.c.variant == Delivery.variant)
    had = (
        select(
            Delivery.subscriber_id,
            literal(whole.lo, BigInteger),
            literal(whole.hi, BigInteger),
            func.coalesce(_HAD.c.lo, 0),
            func.coalesce(_HAD.c.hi, 0),
        )
        .outerjoin(_HAD, carried)
        .where(
            Delivery.mailing_id == mailing_id,
            Delivery.subscriber_id.in_(readers),
            Delivery.status.in_(HAS_IT),
        )
    )
    into = insert_into(SHARES).from_select(list(SHARES.c), had)
    new = {name: SHARES.c[name].bitwise_or(into.excluded[name]) for name in ("had_lo", "had_hi")}
    db.session.execute(into.on_conflict_do_update(index_elements=[SHARES.c.subscriber_id], set_=new))


def _readers(of: Edition) -> Select[int]:
    return select(Subscription.subscriber_id).where(Subscription.newsletter_id == of.newsletter_id)


def _readers_who_changed(of: Edition) -> Select[int]:
    """Those who may have had something of this edition by an earlier one of its own newsletter.

    If it goes on as before, only who had another cadence: all others had exactly the editions of their cadence,
    and those have no article twice.
    """
    readers = _readers(of)
    if is_first_of_its_kind(of):
        return readers
    return readers.join(Stint, Stint.subscription_id == Subscription.id)


def _columns(told: Bits) -> dict[str, int]:
    return {"lo": told.lo, "hi": told.hi}
