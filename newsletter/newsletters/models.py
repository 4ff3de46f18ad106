"""What one subscribes to."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import UtcDateTime, db
from newsletter.newsletters.policy import Cadence, Fonts, Pictures, Theme


class Newsletter(db.Model):  # type: ignore[name-defined, misc]
    """`list_label` and `list_domain` make the List-Id, which never changes.

    `schedule` is when it comes, as cron text and a zone (`30 6 * * 1 Europe/Zurich`); "" when nobody set one.
    `cadence` is for readers who have not said how often they want it. `greets`: its editions begin with the
    reader's name. `logo` is the name of a picture among ours, "" for none, and `logo_width` how many pixels wide
    it is shown. `header` is one line, `footer` Markdown. `canary_share` (0 to 1) of an edition's readers,
    `canary_least` at least, go first and are watched for `canary_minutes`; 0: all go together. See
    `delivery.policy.CanaryRule`. `measures_clicks`: its editions' links to articles are counted.
    """

    __tablename__ = "newsletters"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(String(500), default="")
    sender_name: Mapped[str] = mapped_column(String(100))
    sender_address: Mapped[str] = mapped_column(String(254))
    reply_to: Mapped[str | None] = mapped_column(String(254))
    postal_address: Mapped[str] = mapped_column(Text)
    timezone: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(16), default="en")
    direction: Mapped[str] = mapped_column(String(3), default="ltr")
    accent: Mapped[str] = mapped_column(String(7), default="#8a1f1f")
    accent_dark: Mapped[str] = mapped_column(String(7), default="#f0a8a0")
    theme: Mapped[str] = mapped_column(String(20), default=Theme.MAGAZINE)
    fonts: Mapped[str] = mapped_column(String(20), default=Fonts.CLASSIC)
    pictures: Mapped[str] = mapped_column(String(10), default=Pictures.LINK)
    logo: Mapped[str] = mapped_column(String(80), default="")
    logo_width: Mapped[int] = mapped_column(default=0)
    header: Mapped[str] = mapped_column(String(200), default="")
    footer: Mapped[str] = mapped_column(Text, default="")
    schedule: Mapped[str] = mapped_column(String(200), default="", server_default="")
    cadence: Mapped[str] = mapped_column(String(8), default=Cadence.EACH, server_default="each")
    list_label: Mapped[str] = mapped_column(String(60))
    list_domain: Mapped[str] = mapped_column(String(254))
    says_welcome: Mapped[bool] = mapped_column(default=True)
    says_goodbye: Mapped[bool] = mapped_column(default=False)
    greets: Mapped[bool] = mapped_column(default=False)
    canary_share: Mapped[float] = mapped_column(default=0.0)
    canary_least: Mapped[int] = mapped_column(default=20)
    canary_minutes: Mapped[int] = mapped_column(default=30)
    canary_most: Mapped[float] = mapped_column(default=0.05)
    measures_clicks: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def comes(self) -> str:
        """When it comes to those who say nothing, as `schedule_in_words` takes it."""
        return self.schedule if self.cadence == Cadence.EACH else self.cadence
