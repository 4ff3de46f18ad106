"""The application without its pages: what commands and workers run in, and what the pages are added to."""

from flask import Flask

from newsletter import schema
from newsletter.core import logs
from newsletter.core.db import db
from newsletter.core.settings import Settings, from_environment
from newsletter.mail.house import TEMPLATES, make_house
from newsletter.web import current


def create_base(settings: Settings | None = None) -> Flask:
    """The database and the house for these settings, None for those of the environment.

    Raises SettingsError, which names what to mend.
    """
    settings = settings or from_environment()
    logs.configure(level=settings.log_level, as_json=settings.log_json)
    app = Flask("newsletter", template_folder=str(TEMPLATES), static_folder=None)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"pool_pre_ping": not settings.is_sqlite},
    )
    db.init_app(app)
    current.hold(app, make_house(settings))
    return app


assert schema.metadata.tables  # noqa: S101 - imported so that every table is known before the first query.
