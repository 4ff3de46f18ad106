"""Reading imports, and the files that wait to become one."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from newsletter.core.db import db
from newsletter.core.errors import NotFound
from newsletter.subscriptions.models import Import, Upload, UploadState

MOST_SHOWN = 50


def imports(newsletter_ids: Collection[int]) -> Sequence[Import]:
    """The newest of these newsletters, newest first."""
    theirs = select(Import).where(Import.newsletter_id.in_(newsletter_ids))
    return db.session.scalars(theirs.order_by(Import.id.desc()).limit(MOST_SHOWN)).all()


def one_import(import_id: int) -> Import:
    """Raises NotFound."""
    found = db.session.get(Import, import_id, populate_existing=True)
    if found is None:
        raise NotFound(kind="import", name=import_id)
    return found


def uploads(newsletter_ids: Collection[int]) -> Sequence[Upload]:
    """Files for these newsletters that are not taken in yet, newest first."""
    theirs = select(Upload).where(Upload.newsletter_id.in_(newsletter_ids), Upload.state != UploadState.TAKEN)
    return db.session.scalars(theirs.order_by(Upload.id.desc()).limit(MOST_SHOWN)).all()
