"""Files that are sent in by the console: kept in the spool, looked through and taken in by the worker.

A web server hands over and shows; whatever reads a whole file is a job. The file is named by the number of its
row, never by what the sender called it, and only a worker of the machine where it lies takes it up
(docs/adr/0031).
"""

import csv
import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from sqlalchemy import delete, select, update

from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.errors import Conflict, InvalidInput, NewsletterError, NotFound
from newsletter.core.logs import logger
from newsletter.core.settings import Settings
from newsletter.core.words import said
from newsletter.mail.house import House
from newsletter.mail.message import plain
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions.importer.previewing import Order, Reject, Tell, check, preview
from newsletter.subscriptions.importer.recognising import Choices
from newsletter.subscriptions.importer.rows import Rejected
from newsletter.subscriptions.importer.taking import take_in
from newsletter.subscriptions.models import Import, Upload, UploadState
from newsletter.subscriptions.service.exporting import guarded
from newsletter.subscriptions.service.leftovers import UPLOADS

LARGEST_FILE = 200_000_000
"""Bytes: three million rows as services export them."""

KEPT = timedelta(days=1)
"""How long a file waits for somebody to approve it."""

_CHUNK = 1 << 20

log = logger(__name__)


def receive(stream: IO[bytes], name: str, order: Order, settings: Settings) -> Upload:
    """Keep what is sent in, to be looked through.

    Raises InvalidInput where it is too large or empty, or where it is not said how these people agreed; NotFound.
    """
    check(order)
    of = newsletter(order.newsletter)
    folder = uploads_folder(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, prefix=".", delete=False) as kept, _gone_unless_done(Path(kept.name)):
        size = _copy(stream, kept)
        with transaction():
            sent = Upload(
                newsletter_id=of.id,
                file_name=plain(name)[:200] or "people.csv",
                size=size,
                provenance=order.provenance.strip()[:500],
                consent_note=order.consent_note.strip()[:500],
                asks=order.asks,
                choices=_as_json(order.choices),
                created_at=now(),
                changed_at=now(),
            )
            db.session.add(sent)
            db.session.flush()
            Path(kept.name).rename(_path(sent.id, settings))
        return sent


def choose(upload_id: int, order: Order) -> Upload:
    """Other words and other choices: it is looked through again. Raises NotFound, InvalidInput, Conflict."""
    check(order)
    return _turn(
        upload_id,
        (UploadState.SHOWN, UploadState.FAILED),
        state=UploadState.LOOKING,
        problem="",
        rows_done=0,
        preview=None,
        provenance=order.provenance.strip()[:500],
        consent_note=order.consent_note.strip()[:500],
        asks=order.asks,
        choices=_as_json(order.choices),
    )


def approve(upload_id: int, plan: str) -> Upload:
    """Let the worker do what was shown with this plan. Raises NotFound, or Conflict where another one is shown."""
    sent = upload(upload_id)
    if sent.state != UploadState.SHOWN or not sent.preview or sent.preview["plan"] != plan:
        problem = said("This is not what is shown any more; look at it again.")
        raise Conflict(problem)
    return _turn(upload_id, (UploadState.SHOWN,), state=UploadState.TAKING, rows_done=0)


def discard(upload_id: int, settings: Settings) -> None:
    """Forget the file, which nobody has taken in. Raises NotFound, Conflict."""
    with transaction():
        sent = upload(upload_id)
        if sent.state == UploadState.TAKING:
            problem = said("It is being taken in; wait, and undo the import then.")
            raise Conflict(problem)
        db.session.execute(delete(Upload).where(Upload.id == sent.id))
    for path in (_path(upload_id, settings), rejected_path(upload_id, settings)):
        path.unlink(missing_ok=True)


def upload(upload_id: int) -> Upload:
    """In its newest state. Raises NotFound."""
    found = db.session.get(Upload, upload_id, populate_existing=True)
    if found is None:
        raise NotFound(kind="upload", name=upload_id)
    return found


def order_of(sent: Upload) -> Order:
    """What was said of it, as the command would say it."""
    of = db.session.get_one(Newsletter, sent.newsletter_id)
    return Order(of.slug, sent.provenance, sent.consent_note, sent.asks, Choices(**sent.choices))


def work_through(house: House) -> None:
    """Look through and take in what waits on this machine; forget what nobody wanted."""
    waiting = select(Upload.id).where(Upload.state.in_((UploadState.LOOKING, UploadState.TAKING)))
    for upload_id in db.session.scalars(waiting.order_by(Upload.id)).all():
        path = _path(upload_id, house.settings)
        with _alone_at(path) as is_ours:
            if is_ours:
                _work_on(upload(upload_id), path, house)
    _purge(house.settings)


def rejected_path(upload_id: int, settings: Settings) -> Path:
    """Where the rejected rows lie, as CSV; there is no such file where none were."""
    return uploads_folder(settings) / f"{upload_id}.rejected.csv"


def uploads_folder(settings: Settings) -> Path:
    """Beside the journals, on the disk of the machine that took the file."""
    return settings.spool / UPLOADS


def _path(upload_id: int, settings: Settings) -> Path:
    return uploads_folder(settings) / f"{upload_id}.csv"


def _work_on(sent: Upload, path: Path, house: House) -> None:
    is_look = sent.state == UploadState.LOOKING
    try:
        values = _look(sent, path, house) if is_look else _take(sent, path, house)
    except NewsletterError as problem:
        values = {"state": UploadState.FAILED, "problem": str(problem), "preview": None}
    with transaction():
        # Whoever has changed what was chosen meanwhile wants another look, and has asked for it.
        db.session.execute(
            update(Upload)
            .where(Upload.id == sent.id, Upload.state == sent.state, Upload.changed_at == sent.changed_at)
            .values(values)
            .execution_options(synchronize_session=False)
        )
        db.session.expire_all()
    if values["state"] == UploadState.TAKEN:
        path.unlink(missing_ok=True)


def _look(sent: Upload, path: Path, house: House) -> dict[str, Any]:
    with _rejecting(rejected_path(sent.id, house.settings)) as reject:
        seen = preview(path, order_of(sent), house, reject, _telling(sent.id))
    return {"state": UploadState.SHOWN, "preview": seen.as_dict(), "rows_done": seen.rows, "problem": ""}


def _take(sent: Upload, path: Path, house: House) -> dict[str, Any]:
    plan = str((sent.preview or {}).get("plan", ""))
    done = take_in(path, plan, order_of(sent), house, lambda _header, _rows: None, _telling(sent.id))
    with transaction():
        db.session.execute(update(Import).where(Import.id == done.id).values(file_name=sent.file_name))
    return {"state": UploadState.TAKEN, "import_id": done.id, "rows_done": done.rows_done}


def _telling(upload_id: int) -> Tell:
    def tell(rows: int) -> None:
        with transaction():
            db.session.execute(
                update(Upload)
                .where(Upload.id == upload_id)
                .values(rows_done=rows)
                .execution_options(synchronize_session=False)
            )

    return tell


_STATES: dict[str, str] = {
    UploadState.LOOKING: said("looking"),
    UploadState.SHOWN: said("shown"),
    UploadState.TAKING: said("taking"),
    UploadState.TAKEN: said("taken"),
    UploadState.FAILED: said("failed"),
}


def _turn(upload_id: int, states: Sequence[UploadState], **values: Any) -> Upload:  # noqa: ANN401 - columns of the row.
    with transaction():
        turned = rows_written(
            update(Upload)
            .where(Upload.id == upload_id, Upload.state.in_(states))
            .values(changed_at=now(), **values)
            .execution_options(synchronize_session=False)
        )
        found = upload(upload_id)
        if not turned:
            problem = said(
                "The file is %(state)s at this moment; look at its page first.", state=_STATES[found.state]
            )
            raise Conflict(problem)
        return found


def _purge(settings: Settings) -> None:
    """Forget files that wait for nobody, and what a killed web server has left."""
    old = Upload.created_at < now() - KEPT, Upload.state != UploadState.TAKING
    ids = db.session.scalars(select(Upload.id).where(*old)).all()
    if ids:
        with transaction():
            db.session.execute(delete(Upload).where(Upload.id.in_(ids)))
    folder = uploads_folder(settings)
    before = (now() - KEPT).timestamp()
    for path in folder.iterdir() if folder.is_dir() else ():
        with suppress(OSError):
            if path.stat().st_mtime < before:
                path.unlink()


def _copy(stream: IO[bytes], kept: IO[bytes]) -> int:
    size = 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > LARGEST_FILE:
            problem = said(
                "The file is larger than %(most)s MB; import it with the command, or in parts.",
                most=LARGEST_FILE // 1000000,
            )
            raise InvalidInput(problem, field="file")
        kept.write(chunk)
    kept.flush()
    if not size:
        problem = said("Choose a file with at least one row.")
        raise InvalidInput(problem, field="file")
    os.fsync(kept.fileno())
    return size


@contextmanager
def _gone_unless_done(path: Path) -> Iterator[None]:
    with ExitStack() as undoing:
        undoing.callback(path.unlink, missing_ok=True)
        yield
        undoing.pop_all()


@contextmanager
def _alone_at(path: Path) -> Iterator[bool]:
    """Whether the file lies on this machine and no other worker has it; it is ours within the block."""
    try:
        file = path.open("rb")
    except OSError:
        yield False
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


@contextmanager
def _rejecting(path: Path) -> Iterator[Reject]:
    """A CSV of the rejected rows that no spreadsheet takes for formulas; no file where there are none."""
    path.unlink(missing_ok=True)
    with ExitStack() as open_files:
        writers: list[Any] = []

        def reject(header: Sequence[str], rows: Iterable[Rejected]) -> None:
            for row in rows:
                if not writers:
                    file = open_files.enter_context(path.open("w", encoding="utf-8", newline=""))
                    writers.append(csv.writer(file))
                    writers[0].writerow(["line", "reason", *map(guarded, header)])
                writers[0].writerow([row.line, guarded(row.reason), *map(guarded, row.cells)])

        yield reject


def _as_json(choices: Choices) -> Mapping[str, Any]:
    return {
        "columns": dict(choices.columns),
        "statuses": dict(choices.statuses),
        "encoding": choices.encoding,
        "delimiter": choices.delimiter,
    }
