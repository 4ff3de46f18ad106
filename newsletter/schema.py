"""All tables, and how a database comes to have them: importing this module imports each feature's models.

Alembic is loaded when it is asked for: it is nine megabytes, and no process that serves or sends needs it.
"""

from flask import current_app

from newsletter.articles import models as articles
from newsletter.core.db import Base, db
from newsletter.delivery import models as delivery
from newsletter.digests import models as digests
from newsletter.editions import models as editions
from newsletter.mail.house import TEMPLATES
from newsletter.newsletters import models as newsletters
from newsletter.operators import models as operators
from newsletter.subscriptions import models as subscriptions
from newsletter.suppressions import models as suppressions

FEATURES = (articles, delivery, digests, editions, newsletters, operators, subscriptions, suppressions)

MIGRATIONS = TEMPLATES.parent / "migrations"

metadata = Base.metadata


def upgrade() -> None:
    """Bring the running app's database to the newest schema."""
    from flask_migrate import upgrade as upgrade_to  # noqa: PLC0415 - see above.

    _attach()
    upgrade_to()


def downgrade(revision: str) -> None:
    """Bring it back to an older one; `base` is an empty database."""
    from flask_migrate import downgrade as downgrade_to  # noqa: PLC0415 - see above.

    _attach()
    downgrade_to(revision=revision)


def draft(what: str) -> None:
    """Write a migration from the running app's database to the models; somebody must read and finish it."""
    from flask_migrate import migrate  # noqa: PLC0415 - see above.

    _attach()
    migrate(message=what)


def is_newest() -> bool:
    """Whether the running app's database has the newest schema."""
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - see above.
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above.

    with db.engine.connect() as connection:
        has = MigrationContext.configure(connection).get_current_heads()
    return set(has) == set(ScriptDirectory(str(MIGRATIONS)).get_heads())


def _attach() -> None:
    from flask_migrate import Migrate  # noqa: PLC0415 - see above.

    Migrate(current_app, db, directory=str(MIGRATIONS), render_as_batch=True)
