"""A list of domains in a file that an operator keeps: read once, and again when the file was replaced.

One domain in each line; what follows a `#` is a comment. Looking one up costs the same however many there are.
"""

import os
import re
import threading
from pathlib import Path

import idna

from newsletter.core.errors import SettingsError
from newsletter.core.logs import logger

LARGEST = 64_000_000
"""Bytes; two million domains."""

_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.ASCII)

log = logger(__name__)


class DomainFile:
    """The domains of the file at `path`; None stands for a list without any.

    `setting` is what an error calls it. Raises SettingsError when the file cannot be used at the start; one that
    cannot be used later is logged, and what was read before counts on.
    """

    def __init__(self, setting: str, path: Path | None) -> None:
        self._setting = setting
        self._path = path
        self._reading = threading.Lock()
        self._seen = _stamp(path) if path else None
        self._domains = _read(setting, path) if path else frozenset[str]()

    def __len__(self) -> int:
        return len(self._domains)

    def __contains__(self, domain: str) -> bool:
        """Whether this domain (A-labels, lower case), or one above it, is in the file as it is now."""
        self._renew()
        if not self._domains:
            return False
        labels = domain.split(".")
        return any(".".join(labels[first:]) in self._domains for first in range(len(labels) - 1))

    def _renew(self) -> None:
        # Whoever comes while another one reads does not wait: for a moment longer the old list counts.
        if self._path is None or _stamp(self._path) == self._seen or not self._reading.acquire(blocking=False):
            return
        try:
            self._seen = _stamp(self._path)
            self._domains = _read(self._setting, self._path)
        except SettingsError as error:
            log.error("list of domains not read; the old one counts on", error=str(error))  # noqa: TRY400 - all said.
        finally:
            self._reading.release()


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Another one after each change; None when there is nothing to read."""
    try:
        found = os.stat(path)  # noqa: PTH116 - the Path method says the same in three times the time.
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(setting: str, path: Path) -> frozenset[str]:
    try:
        if not path.is_file():
            raise SettingsError(
                setting, f"'{path}' is no file; expected off, or a text file with a domain in each line"
            )
        if path.stat().st_size > LARGEST:
            raise SettingsError(
                setting, f"'{path}' has more than {LARGEST // 1_000_000} MB; expected a list of domains"
            )
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(setting, f"'{path}' cannot be read: {error}") from error
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return frozenset(_domain(setting, path, number, line) for number, line in enumerate(lines, 1) if line)


def _domain(setting: str, path: Path, number: int, line: str) -> str:
    domain = line.lower().rstrip(".")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True, std3_rules=True).decode()
        except idna.IDNAError:
            domain = ""
    if not _DOMAIN.fullmatch(domain):
        shown = line[:40] if line.isprintable() else "something that cannot be printed"
        raise SettingsError(setting, f"'{path}', line {number}: '{shown}' is no domain, such as mailbox.example")
    return domain
