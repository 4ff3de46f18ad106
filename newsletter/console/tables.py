"""Tables to take along: CSV that is sent while it is made, and in which no spreadsheet finds a formula."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flask import Response, stream_with_context

from newsletter.subscriptions.service.exporting import guarded

ROWS_AT_A_TIME = 500


class _Line:
    """Where a writer of CSV leaves what it has made."""

    def __init__(self) -> None:
        self._made: list[str] = []

    def write(self, text: str) -> None:
        self._made.append(text)

    def taken(self) -> str:
        text = "".join(self._made)
        self._made.clear()
        return text


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A file to be kept under this name; rows are asked for as they are sent."""
    answer = Response(stream_with_context(_lines(header, rows)), mimetype="text/csv")
    return as_file(answer, f"{name}.csv")


def as_file(answer: Response, name: str) -> Response:
    """To be kept, never shown."""
    plain = re.sub(r"[^a-zA-Z0-9.-]+", "-", name)
    answer.headers["Content-Disposition"] = f'attachment; filename="{plain}"'
    return answer


def _lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    line = _Line()
    writer = csv.writer(line)
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        writer.writerow([_cell(each) for each in row])
        if number % ROWS_AT_A_TIME == 0:
            yield line.taken()
    yield line.taken()


def _cell(value: Any) -> str:  # noqa: ANN401 - whatever stands in a table.
    return guarded("" if value is None else str(value))
