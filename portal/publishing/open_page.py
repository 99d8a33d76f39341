"""The page of the open data, read from the files themselves: what lies there is what it tells."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from portal.labels import Name
from portal.publishing.counting import TOTAL
from portal.publishing.counting import YearCounts
from portal.publishing.open_schema import TABLES
from portal.publishing.open_schema import OpenTable
from portal.publishing.open_versions import ABOUT
from portal.publishing.open_versions import Version
from portal.publishing.open_versions import Versions
from portal.publishing.open_versions import files
from portal.publishing.suppression import Cell


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that can be fetched."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """A field of an entry as the log declares it."""

    name: str
    title: Name
    about: str


@dataclass(frozen=True, slots=True)
class DeclaredType:
    """A kind of entry: what of it is public, and what is sealed."""

    name: str
    title: Name
    public: Sequence[DeclaredField]
    sealed: Sequence[DeclaredField]


@dataclass(frozen=True, slots=True)
class OpenData:
    """What the page shows, and up to which entry of the log the files tell."""

    newest_at: datetime
    log_size: int
    tables: Sequence[tuple[OpenTable, OpenFile]]
    others: Sequence[OpenFile]
    versions: Sequence[Version]
    types: Sequence[DeclaredType]


def open_data(path: Path) -> OpenData | None:
    """Return the page of the newest version, or None before the first."""
    versions = Versions(path)
    folder = versions.current
    if folder is None:
        return None
    about = json.loads((folder / ABOUT).read_text("utf-8"))
    found = {name: OpenFile(name, size, digest) for name, size, digest in files(folder)}
    tables = [(table, found[table.file]) for table in TABLES.values()]
    csv_files = {table.file for table in TABLES.values()}
    return OpenData(
        newest_at=datetime.fromisoformat(about["newest_at"]),
        log_size=about["log_size"],
        tables=tables,
        others=[file for file in found.values() if file.name not in csv_files],
        versions=versions.listed(),
        types=_declared(folder / "dictionary.json"),
    )


def told_counts(path: Path, *subjects: str) -> Sequence[YearCounts]:
    """Return what the newest version tells of subjects that are counted, the newest year first."""
    folder = Versions(path).current
    if folder is None:
        return []
    found: dict[tuple[int, str], dict[str, Cell]] = defaultdict(dict)
    with (folder / TABLES["counts"].file).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["subject"] in subjects:
                cells = found[int(row["fiscal_year"]), row["subject"]]
                cells[row["code"]] = int(row["count"]) if row["count"] else None
    told = [
        YearCounts(year, subject, cells.pop(TOTAL) or 0, cells)
        for (year, subject), cells in found.items()
    ]
    return sorted(told, key=lambda each: -each.year)


def _declared(file: Path) -> Sequence[DeclaredType]:
    return [
        DeclaredType(
            kind["type"],
            Name(kind["title_th"], kind["title_en"]),
            [_field(each) for each in kind["public"]],
            [_field(each) for each in kind["sealed"]],
        )
        for kind in json.loads(file.read_text("utf-8"))
    ]


def _field(told: dict[str, str]) -> DeclaredField:
    return DeclaredField(
        told["name"], Name(told["title_th"], told["title_en"]), told.get("about", "")
    )
