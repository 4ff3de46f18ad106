"""What can be followed of a newsletter: noted by whoever knows its articles, read by pages and forms."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import BigId, UtcDateTime, db
from newsletter.subscriptions.policy import FollowKind


class Followable(db.Model):  # type: ignore[name-defined, misc]
    """A topic, author or source that this newsletter has had `articles` of, until `seen_at`.

    `value` is what a `Follow` has: a topic as feeds write it, one name of a byline, the title of a source. Links
    name it by `id`, so that no page and no mail repeats what somebody typed into an address.
    """

    __tablename__ = "followables"
    __table_args__ = (
        UniqueConstraint("newsletter_id", "kind", "value"),
        # The number stands in links, and must never mean something else.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    kind: Mapped[FollowKind] = mapped_column(String(8))
    value: Mapped[str] = mapped_column(String(100))
    articles: Mapped[int]
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
