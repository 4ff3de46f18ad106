"""An exported file as rows of text: whatever its encoding, its delimiter, and whether it has a header."""

import codecs
import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from newsletter.core.errors import InvalidInput
from newsletter.core.words import said

LONGEST_CELL = 100_000
LOOKED_AT = 1_000_000
"""Bytes from the beginning by which encoding and delimiter are told."""

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DELIMITERS = ",;\t|"
ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "cp1252",
    "iso-8859-1",
    "iso-8859-15",
    "cp1250",
    "cp1251",
    "mac_roman",
)
"""Those that can be chosen where the file is taken for another one."""

_LETTER = re.compile(r"\s*(?:\"?(?P<name>[^\"<>]*?)\"?\s*<(?P<address>[^<>]+)>)\s*")


@dataclass(frozen=True)
class Table:
    """`header` is made up for a plain list of addresses; `rows` come with their line numbers and are read once."""

    encoding: str
    delimiter: str
    header: Sequence[str]
    rows: Iterator[tuple[int, Sequence[str]]]


@contextmanager
def opened(path: Path, encoding: str = "", delimiter: str = "") -> Iterator[Table]:
    """The file, read as its rows are asked for; "" leaves encoding and delimiter to be recognised.

    Raises InvalidInput when it is no such file.
    """
    if (encoding and encoding not in ENCODINGS) or (delimiter and delimiter not in DELIMITERS):
        problem = said(
            "A file can be in %(encodings)s, and its cells apart by a comma, semicolon, tab or bar.",
            encodings=", ".join(ENCODINGS),
        )
        raise InvalidInput(problem, field="encoding")
    try:
        with path.open("rb") as file:
            beginning = file.read(LOOKED_AT)
        told = _encoding(beginning)
        encoding = encoding or told
        with path.open(encoding=encoding, errors="replace", newline="") as text:
            yield _table(beginning.decode(encoding, errors="replace"), encoding, text, delimiter)
    except OSError as error:
        problem = said("The file cannot be read: %(why)s.", why=error.strerror)
        raise InvalidInput(problem, field="file") from error


def digest(path: Path) -> str:
    """The SHA-256 of the file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _table(beginning: str, encoding: str, text: TextIO, delimiter: str) -> Table:
    first = beginning.lstrip("\ufeff").splitlines()[:1]
    if not first or not first[0].strip():
        problem = said(
            "The file is empty, or begins with an empty line; expected a line with the names of the columns."
        )
        raise InvalidInput(problem, field="file")
    if "@" in first[0] and not delimiter:
        return Table(encoding, "", ("email", "name"), _letters(text))
    delimiter = delimiter or max(DELIMITERS, key=first[0].count)
    rows = _rows(text, delimiter)
    _, header = next(rows)
    repeated = {name for name in header if name and header.count(name) > 1}
    if repeated:
        problem = said(
            "Two columns are called %(names)s; rename one of each in the first line.",
            names=", ".join(sorted(repeated)),
        )
        raise InvalidInput(problem, field="file")
    return Table(encoding, delimiter, header, rows)


def _encoding(beginning: bytes) -> str:
    if beginning.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        problem = said("This is a workbook or an archive; save the sheet as CSV, or unpack the archive first.")
        raise InvalidInput(problem, field="file")
    for mark, name in _BOMS:
        if beginning.startswith(mark):
            return name
    if b"\0" in beginning:
        problem = said("This is no text: it holds NUL bytes. Export it as CSV in UTF-8.")
        raise InvalidInput(problem, field="file")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _rows(text: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LONGEST_CELL)
    # What is torn in the middle of the file must not make one cell of all that follows, so quotes are strict.
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = said(
                "Line %(number)s cannot be read (%(why)s); mend it, or take it out.",
                number=reader.line_num,
                why=error,
            )
            raise InvalidInput(problem, field="file") from error
        if any(cell.strip() for cell in row):
            yield reader.line_num, row


def _letters(text: TextIO) -> Iterator[tuple[int, list[str]]]:
    """A list of addresses, one on each line, perhaps with a name before it in the way of mail headers."""
    for number, line in enumerate(text, start=1):
        if not line.strip():
            continue
        found = _LETTER.fullmatch(line)
        yield number, [found["address"], found["name"]] if found else [line.strip().rstrip(",;"), ""]
