"""The files of the open data: the same rows as CSV, workbook and SQLite, byte for byte the same.

A file is only ever written into a folder that nobody reads yet.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from portal.audit.entry import Json
from portal.disk import digest
from portal.exporting import guarded
from portal.money import Money
from portal.publishing.open_schema import OpenTable
from portal.publishing.open_schema import Type
from portal.sheet_writing import write_long_sheets

Cells = Sequence[object]
# Gives the rows of a table, as often as it is asked.
Reader = Callable[[OpenTable], Iterator[Cells]]
SUMS = "SHA256SUMS"
_IN_SQLITE = {
    Type.TEXT: "TEXT",
    Type.COUNT: "INTEGER",
    Type.NUMBER: "NUMERIC",
    Type.DAY: "TEXT",
    Type.FLAG: "TEXT",
}


def written(value: object) -> str:
    """Write a cell for programs: baht with two decimals, days as in ISO 8601."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Money():
            return f"{value.satang // 100}.{value.satang % 100:02}"
        case date():
            return value.isoformat()
        case str():
            return guarded(value)
        case _:
            return str(value)


def write_csv(path: Path, table: OpenTable, rows: Iterable[Cells]) -> int:
    """Write a table as CSV (RFC 4180, UTF-8) and return how many rows it has."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(column.name for column in table.columns)
        for count, row in enumerate(rows, 1):  # noqa: B007 - told at the end
            writer.writerow(map(written, row))
    return count


def write_workbook_of(path: Path, tables: Iterable[OpenTable], read: Reader) -> None:
    """Write every table as a sheet; its titles are in Thai, as the people of the province read."""
    with path.open("wb") as file:
        write_long_sheets(
            file,
            (
                (table.name, [column.title.th for column in table.columns], read(table))
                for table in tables
            ),
        )


def write_sqlite(path: Path, tables: Sequence[OpenTable], read: Reader) -> None:
    """Write every table into one SQLite file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("BEGIN")
        for table in tables:
            connection.execute(_created(table))
            holes = ", ".join("?" * len(table.columns))
            connection.executemany(
                f"INSERT INTO {table.name} VALUES ({holes})",  # noqa: S608 - our own names
                (tuple(map(_in_sqlite, row)) for row in read(table)),
            )
        connection.execute("COMMIT")


def _created(table: OpenTable) -> str:
    columns = [
        f"{column.name} {_IN_SQLITE[column.type]}" + ("" if column.may_be_empty else " NOT NULL")
        for column in table.columns
    ]
    references = [
        f"FOREIGN KEY ({column}) REFERENCES {other} ({column})"
        for column, other in table.refers.items()
    ]
    lines = [*columns, f"PRIMARY KEY ({', '.join(table.key)})", *references]
    return f"CREATE TABLE {table.name} ({', '.join(lines)})"


def _in_sqlite(value: object) -> object:
    return value if value is None or isinstance(value, float) else written(value)


def write_text(path: Path, pieces: Iterable[str]) -> None:
    """Write a text a piece at a time."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(pieces)


def write_json(path: Path, value: Json) -> None:
    """Write a JSON document that people can read, too."""
    write_text(path, [json.dumps(value, ensure_ascii=False, indent=1), "\n"])


def write_sums(folder: Path) -> str:
    """Write the checksums of every file of a folder, as `sha256sum` does; return their own."""
    lines = [f"{digest(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    write_text(folder / SUMS, lines)
    return digest(folder / SUMS)


def read_sums(folder: Path) -> dict[str, str]:
    """Return the checksums of a folder by the name of the file."""
    lines = (folder / SUMS).read_text("utf-8").splitlines()
    return {name: hexadecimal for hexadecimal, name in (line.split("  ", 1) for line in lines)}
