"""The versions of the open data on disk: each a folder of its own, swapped in whole.

`current` points at the newest one. The last version of each day is kept; a name holds the day, the
size of the log and a digest of the content, so that nothing under a name ever changes.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from portal.audit.folder import Folder
from portal.disk import keep
from portal.disk import keep_all
from portal.publishing.open_schema import OpenTable
from portal.publishing.open_writing import read_sums

CHANGES = "changes.json"
ABOUT = "version.json"
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a table since the version of an earlier day, in rows."""

    table: str
    rows: int
    added: int
    changed: int
    removed: int


@dataclass(frozen=True, slots=True)
class Version:
    """One version, and how it differs from the one before it in the list."""

    name: str
    day: str
    size: int
    changes: Sequence[Change]

    @property
    def on(self) -> date:
        """Return the day of its newest entry."""
        return date.fromisoformat(self.day)


@dataclass(frozen=True, slots=True)
class Versions:
    """The folder of all versions of an install."""

    path: Path

    @property
    def current(self) -> Path | None:
        """Return the folder of the newest version, or None before the first."""
        pointer = self.path / "current"
        return pointer.resolve() if pointer.exists() else None

    def folder(self, name: str) -> Path | None:
        """Return the folder of a version that is kept."""
        return self.path / "versions" / name if name in self._names() else None

    def listed(self) -> Sequence[Version]:
        """Return the versions that are kept, the newest first."""
        file = self.path / CHANGES
        if not file.exists():
            return []
        return [
            Version(**{**told, "changes": [Change(**each) for each in told["changes"]]})
            for told in json.loads(file.read_text("utf-8"))
        ]

    def take_in(
        self, made: Path, tables: Iterable[OpenTable], *, version: str, sums: str
    ) -> Version:
        """Put a folder that was made in place as the newest version."""
        day, _, size = version.rpartition("-")
        shown = self.current
        name = f"{version}-{sums[:_DIGITS]}"
        target = self.path / "versions" / name
        if not target.exists():
            keep_all(made)
            made.rename(target)
        earlier = [each for each in self.listed() if each.day < day]
        before = self.folder(earlier[0].name) if earlier else None
        changes = [change(before, target, table) for table in tables]
        newest = Version(name, day, int(size), changes)
        listed = [asdict(each) for each in (newest, *earlier)]
        text = json.dumps(listed, ensure_ascii=False, indent=1) + "\n"
        Folder(self.path).write(CHANGES, text.encode())
        self._point_at(name)
        # What was the newest until now may still be read by somebody.
        self._forget_others({name, *(each.name for each in earlier), shown.name if shown else name})
        return newest

    def _point_at(self, name: str) -> None:
        waiting = self.path / ".current.new"
        waiting.unlink(missing_ok=True)
        waiting.symlink_to(Path("versions") / name)
        waiting.replace(self.path / "current")
        keep(self.path)

    def _names(self) -> set[str]:
        versions = self.path / "versions"
        return {path.name for path in versions.iterdir()} if versions.exists() else set()

    def _forget_others(self, kept: set[str]) -> None:
        """Delete earlier versions of the same day, and what a killed run left."""
        for name in self._names() - kept:
            shutil.rmtree(self.path / "versions" / name)
        for left in self.path.glob(".making-*"):
            shutil.rmtree(left)


def change(before: Path | None, after: Path, table: OpenTable) -> Change:
    """Return how the rows of a table differ between two versions."""
    old = _rows(before, table) if before and (before / table.file).exists() else {}
    new = _rows(after, table)
    return Change(
        table.name,
        rows=len(new),
        added=len(new.keys() - old.keys()),
        changed=sum(old[key] != new[key] for key in new.keys() & old.keys()),
        removed=len(old.keys() - new.keys()),
    )


def _rows(folder: Path, table: OpenTable) -> Mapping[tuple[str, ...], int]:
    """Return a short sign of every row by its key."""
    with (folder / table.file).open(encoding="utf-8", newline="") as file:
        return {
            tuple(row[name] for name in table.key): hash(tuple(row.items()))
            for row in csv.DictReader(file)
        }


def files(folder: Path) -> Iterator[tuple[str, int, str]]:
    """Give the name, size and digest of every file of a version."""
    for name, digest in read_sums(folder).items():
        yield name, (folder / name).stat().st_size, digest
