"""What of a person lies in files beside the database: the tables that our own commands have written there.

Rows of exports and of rejected imports are taken out. Whatever else holds the address is only named, because it is
somebody's own file.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sqlalchemy.engine import make_url

from newsletter.core.settings import Settings
from newsletter.subscriptions.service.exporting import COLUMNS

OURS = ("line,reason,", ",".join(COLUMNS), f'{{"{COLUMNS[0]}": ')
"""How the first line begins of what our commands write: rejected rows, and exports in both forms."""

UPLOADS = "uploads"
"""The folder in the spool for files that the console was sent; they are a day old at most."""

_CHUNK, _LONGEST = 1 << 20, 1000
_IN_ADDRESS = r"[\w.!#$%&*+/=?^`{|}~-]"


def take_out(addresses: Sequence[str], settings: Settings) -> Sequence[Path]:
    """Take the rows with one of these addresses out of our tables; which other files hold one of them."""
    trace, left = _trace(addresses), []
    for path in _files(settings):
        if _holds(path, trace):
            if path.parent.name == UPLOADS or _is_ours(path):
                _cut(path, trace)
            else:
                left.append(path)
    return left


def _trace(addresses: Sequence[str]) -> re.Pattern[str]:
    """One of these addresses in whatever case, and not as the end of a longer one, as ann@… is of joann@…."""
    any_of_them = "|".join(re.escape(each) for each in addresses if "@" in each)
    if not any_of_them:
        problem = "There is no address to look for, and nothing is found everywhere."
        raise ValueError(problem)
    return re.compile(rf"(?<!{_IN_ADDRESS})(?:{any_of_them})(?![\w-]|\.\w)", re.IGNORECASE)


def _files(settings: Settings) -> Iterator[Path]:
    """What lies beside the database and the spool, and what was sent in: never deeper, it may be a large disk.

    The journals in the spool are emptied as soon as what they say is recorded.
    """
    spool = settings.spool.absolute()
    folders, database = {spool.parent, spool / UPLOADS}, ""
    if settings.is_sqlite:
        path = Path(str(make_url(settings.database_url).database)).absolute()
        database = path.name
        folders.add(path.parent)
    for folder in sorted(each for each in folders if each.is_dir()):
        for path in sorted(folder.iterdir()):
            is_database = settings.is_sqlite and path.name.startswith(database)
            if path.is_file() and not path.is_symlink() and not is_database:
                yield path


def _holds(path: Path, trace: re.Pattern[str]) -> bool:
    before = ""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            while chunk := file.read(_CHUNK):
                if trace.search(before + chunk):
                    return True
                before = chunk[-_LONGEST:]
    except OSError:
        # It went away meanwhile, as journals do, or only its owner may read it.
        return False
    return False


def _is_ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline(_LONGEST).startswith(OURS)


def _cut(path: Path, trace: re.Pattern[str]) -> None:
    """Write the file anew without those rows, in the place of the old one."""
    new = path.with_name(f".{path.name}.new")
    with (
        path.open(encoding="utf-8", errors="surrogateescape", newline="") as old,
        new.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file,
    ):
        os.fchmod(file.fileno(), path.stat().st_mode)
        file.writelines(row for row in _rows(old) if not trace.search(row))
    new.replace(path)


def _rows(lines: Iterable[str]) -> Iterator[str]:
    """Rows as they stand; in CSV one with a line break within quotes is one row, in JSON a line is always one."""
    row = ""
    for line in lines:
        row += line
        if line.startswith("{") or row.count('"') % 2 == 0:
            yield row
            row = ""
    if row:
        yield row
