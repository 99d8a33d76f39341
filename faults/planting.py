"""Bugs to plant in a copy of the code: a fault that does not find its bug proves nothing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from faults.served import TOP

COPIED = ("portal", "templates", "migrations", "provinces", "tests", "faults", "config.py")


class PlantError(RuntimeError):
    """The code has changed, and the bug fits no more: write it anew."""


@dataclass(frozen=True, slots=True)
class Plant:
    """A bug: each edit is (file, old text, new text), and the old text stands there once.

    `statements` are run on a fresh database, as its owner; `engines` are those it harms.
    """

    name: str
    edits: tuple[tuple[str, str, str], ...]
    statements: tuple[str, ...] = ()
    engines: tuple[str, ...] = ("sqlite", "postgresql")

    def into(self, code: Path) -> Path:
        """Make a copy of the code that has this bug."""
        code.mkdir(parents=True)
        for name in COPIED:
            if (TOP / name).is_dir():
                shutil.copytree(
                    TOP / name, code / name, ignore=shutil.ignore_patterns("__pycache__")
                )
            else:
                shutil.copy(TOP / name, code / name)
        for file, written in self.edited().items():
            (code / file).write_text(written, "utf-8")
        return code

    def edited(self) -> dict[str, str]:
        """Return what each changed file holds; raise `PlantError` where the bug fits no more."""
        files: dict[str, str] = {}
        for file, old, new in self.edits:
            written = files.get(file) or (TOP / file).read_text("utf-8")
            if written.count(old) != 1:
                message = f"{file} has {written.count(old)} times, not once: {old}"
                raise PlantError(message)
            files[file] = written.replace(old, new)
        return files
