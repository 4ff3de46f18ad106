"""Readers who follow different topics, and how long everybody else waits while an edition is queued for them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, event, insert, literal, select

from newsletter.bench.newsstand import TOPICS
from newsletter.bench.stage import subscribe
from newsletter.core.db import db, is_to_write, transaction
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import Follow, Subscription
from newsletter.subscriptions.policy import FollowKind

MOST_TOPICS = 8
"""Of those that there are; each set of them is a choice, so there are 255."""


def gather(of: Newsletter, readers: int, choices: int) -> None:
    """So many confirmed readers, each of whom follows one of so many sets of topics."""
    which = Subscription.id % min(choices, 2**MOST_TOPICS - 1) + 1
    with transaction():
        subscribe(of, readers)
        for place, topic in enumerate(TOPICS[:MOST_TOPICS]):
            followers = select(Subscription.id, literal(FollowKind.TOPIC.value), literal(topic)).where(
                Subscription.newsletter_id == of.id, which.bitwise_and(1 << place) != 0
            )
            db.session.execute(
                insert(Follow).from_select([Follow.subscription_id, Follow.kind, Follow.value], followers)
            )


@dataclass
class Held:
    """For how many seconds the longest transaction held the write lock of SQLite, and the CPU seconds in it."""

    seconds: float = 0.0
    cpu: float = 0.0
    _began: list[tuple[float, float]] = field(default_factory=list)

    def began(self, link: Connection) -> None:
        if link.dialect.name == "sqlite" and is_to_write(link):
            self._began = [(time.monotonic(), time.process_time())]

    def ended(self, _link: object) -> None:
        for began, before in self._began:
            self.seconds = max(self.seconds, time.monotonic() - began)
            self.cpu = max(self.cpu, time.process_time() - before)
        self._began = []


@contextmanager
def holding() -> Iterator[Held]:
    """Look at what happens within the block."""
    held = Held()
    event.listen(db.engine, "begin", held.began)
    event.listen(db.engine, "commit", held.ended)
    try:
        yield held
    finally:
        event.remove(db.engine, "begin", held.began)
        event.remove(db.engine, "commit", held.ended)
