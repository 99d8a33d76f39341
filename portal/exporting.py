"""Lists as tables that can be exported, and CSV that no spreadsheet runs.

A text that a spreadsheet would run as a formula gets an apostrophe before it in CSV, and
`sheets.py` takes that one away again: what is exported and imported is the same text.
A workbook needs none, because there a text is a text.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from io import StringIO

from portal.money import Money
from portal.thai import BANGKOK

BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for the code page of the computer
_CHUNK = 500
# Excel also runs what follows blanks, and the wide signs of East Asian keyboards.
_RUNS = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")
_GUARDED = re.compile("'" + _RUNS.pattern)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name for programs, its title for people, and the table of its codes' names.

    CSV is for programs and holds names and codes; a workbook is for people and holds titles and
    the public names of the codes. A title is marked by `N_`. Where a name depends on how the money
    travels, `channel` is the column that says so.
    """

    key: str
    title: str
    labels: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A whole list. `name` becomes the name of the file, and so tells nothing of anybody.

    A row is written while it is read: `rows` may be as long as the database, and knows neither
    the page nor its session. A cell is a text, code, number, `Money`, day, moment or `Name`.
    """

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[object]]


def guarded(text: str) -> str:
    """Return a text as CSV may hold it."""
    return f"'{text}" if _RUNS.match(text) else text


def unguarded(text: str) -> str:
    """Return the text that a cell of CSV stands for."""
    return text[1:] if _GUARDED.match(text) else text


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Write rows as CSV (RFC 4180, UTF-8), a piece at a time.

    Every cell is quoted: where Excel separates with semicolons, one in a text separates nothing.
    """
    kept = StringIO(newline="")
    writer = csv.writer(kept, quoting=csv.QUOTE_ALL)
    kept.write(BYTE_ORDER_MARK)
    writer.writerow(header)
    for number, row in enumerate(rows, 1):
        writer.writerow(map(_written, row))
        if number % _CHUNK == 0:
            yield kept.getvalue().encode()
            kept.seek(0)
            kept.truncate()
    yield kept.getvalue().encode()


def json_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Write rows as a JSON array of objects, a piece at a time; amounts are exact numbers."""
    names = [json.dumps(name) for name in header]
    opening, kept = "[", list[str]()
    for number, row in enumerate(rows, 1):
        values = zip(names, map(_as_json, row), strict=True)
        kept.append("{" + ", ".join(f"{name}: {value}" for name, value in values) + "}")
        if number % _CHUNK == 0:
            yield (opening + ",\n".join(kept)).encode()
            opening, kept = ",\n", []
    yield (opening * bool(kept or opening == "[") + ",\n".join(kept) + "]\n").encode()


def _as_json(value: object) -> str:
    """Write a value as JSON: an amount as a number, a moment as it is in Bangkok."""
    if isinstance(value, Money):
        return _written(value)
    if value is None or isinstance(value, str | int):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(_written(value))


def _written(value: object) -> str:
    """Write a cell; only a text can be taken for a formula, an amount below zero is a number."""
    match value:
        case str():
            return guarded(value)
        case None:
            return ""
        case Money():
            baht, satang = divmod(abs(value.satang), 100)
            return f"{'-' * (value.satang < 0)}{baht}.{satang:02}"
        case datetime():
            return value.astimezone(BANGKOK).isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case _:
            return str(value)
