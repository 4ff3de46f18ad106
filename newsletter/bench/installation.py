"""An installation of the service for one run: a folder, settings that nothing outside can change, an open door."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.base import create_base
from newsletter.core.db import db
from newsletter.core.settings import PREFIX, from_mapping
from newsletter.mail.house import House
from newsletter.web import current

SECRETS = {PREFIX + "SECRET_KEYS": secrets.token_urlsafe(32), PREFIX + "PEPPER": secrets.token_urlsafe(32)}
"""Of this process; what was queued with them is sent with them."""

BASE_URL = "https://letters.tidewater.example"
"""As long as a real address, because it stands in each message."""


@dataclass(frozen=True)
class Installation:
    """`settings` are those beyond what each one has; names without `NEWSLETTER_`."""

    folder: Path
    database_url: str
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    @property
    def environment(self) -> dict[str, str]:
        usual = {
            "DATABASE_URL": self.database_url,
            "SPOOL": str(self.spool),
            "BASE_URL": BASE_URL,
            "BACKENDS": "memory:",
            "LOG_LEVEL": "ERROR",
        }
        return SECRETS | {PREFIX + name: value for name, value in (usual | dict(self.settings)).items()}

    @contextmanager
    def entered(self) -> Iterator[House]:
        """Its app context, in this process; the database is let go of at the end."""
        with create_base(from_mapping(self.environment)).app_context():
            try:
                yield current.house()
            finally:
                db.session.remove()
                db.engine.dispose()
