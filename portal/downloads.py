"""What is given out as a file: lists in the language of the page, and papers as they were kept."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from typing import IO

from flask import Response
from flask_babel import get_locale
from flask_babel import gettext

from portal.exporting import Column
from portal.exporting import Table
from portal.exporting import csv_bytes
from portal.exporting import json_bytes
from portal.journal import Event
from portal.journal import note
from portal.labels import CHANNELS
from portal.labels import TABLES
from portal.labels import Name
from portal.labels import label
from portal.security import PRIVATE
from portal.security import door
from portal.sheet_writing import write_long_workbook
from portal.thai import BANGKOK

CSV, XLSX, JSON = "csv", "xlsx", "json"
PIECE_BYTES = 64 * 1024
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# The end of the address of every list that can be downloaded.
ENDING = f"<any({CSV},{XLSX}):ending>"
# The same of a list that is open to everybody's programs.
OPEN_ENDING = f"<any({CSV},{XLSX},{JSON}):ending>"

# A paper that somebody opens by its address alone does nothing there, and belongs to no page.
APART = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def given_out(content: bytes, media_type: str, name: str) -> Response:
    """Answer with a paper that was filed: a picture to look at, anything else to keep."""
    shown = "inline" if media_type == "image/jpeg" else "attachment"
    headers = APART | {"Content-Disposition": f"{shown}; filename={name}"}
    return Response(content, mimetype=media_type, headers=headers)


def download(table: Table, ending: str, *, noted: Callable[[int], None] | None = None) -> Response:
    """Answer with a whole list; `noted` is told afterwards how many rows were given out.

    CSV and JSON are sent while they are read, after the page is done: then nothing knows of the
    request.
    """
    if door() in PRIVATE:
        note(Event.EXPORT_MADE, table=table.name.partition("-")[0], ending=ending)
    rows = table.rows if noted is None else _counted(table.rows, noted)
    rows = _in_language(rows, is_english=str(get_locale()) == "en")
    header = [column.key for column in table.columns]
    if ending == CSV:
        return csv_download(table.name, csv_bytes(header, rows))
    if ending == JSON:
        answer = Response(json_bytes(header, rows), mimetype="application/json")
    else:
        titles = [gettext(column.title) for column in table.columns]
        file = write_long_workbook(table.name, titles, _for_people(table, rows))
        answer = Response(_pieces(file), mimetype=XLSX_TYPE)
        answer.call_on_close(file.close)
    answer.headers["Content-Disposition"] = f"attachment; filename={table.name}.{ending}"
    return answer


def csv_download(name: str, pieces: Iterator[bytes]) -> Response:
    """Answer with a list that is CSV already, piece by piece."""
    answer = Response(pieces, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}.{CSV}"
    return answer


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _counted(
    rows: Iterable[Sequence[object]], noted: Callable[[int], None]
) -> Iterator[Sequence[object]]:
    """Count the rows, also where somebody breaks off the download."""
    count = 0
    try:
        for count, row in enumerate(rows, 1):  # noqa: B007 - told at the end
            yield row
    finally:
        noted(count)


def _in_language(
    rows: Iterable[Sequence[object]], *, is_english: bool
) -> Iterator[Sequence[object]]:
    def said(value: object) -> object:
        if isinstance(value, Name):
            return value.en if is_english else value.th
        return value

    return (tuple(map(said, row)) for row in rows)


def _for_people(table: Table, rows: Iterable[Sequence[object]]) -> Iterator[Sequence[object]]:
    """Name the codes, and tell moments as the clocks of the province do."""
    keys = [column.key for column in table.columns]
    names = [
        (_names(column), keys.index(column.channel) if column.channel else None)
        for column in table.columns
    ]
    return (
        [
            _told(value, said["" if channel is None else str(row[channel])])
            for value, (said, channel) in zip(row, names, strict=True)
        ]
        for row in rows
    )


def _names(column: Column) -> Mapping[str, Mapping[str, str]]:
    """Return the names of a column's codes: for every channel, or under none."""
    return {
        channel: {
            code: gettext(label(column.labels, code, channel))
            for code in TABLES.get(column.labels, ())
        }
        for channel in (CHANNELS if column.channel else ("",))
    }


def _told(value: object, names: Mapping[str, str]) -> object:
    if isinstance(value, datetime):
        return value.astimezone(BANGKOK).replace(tzinfo=None)
    if isinstance(value, str):
        return names.get(value, value)
    return value
