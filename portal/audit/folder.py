"""The folder of published files: read, written whole or not at all."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.audit.entry import EntryError
from portal.audit.merkle import HASH_BYTES
from portal.audit.tiles import WIDTH
from portal.audit.tiles import bundle
from portal.audit.tiles import levels
from portal.audit.tiles import split_hashes
from portal.audit.tiles import tile_path
from portal.audit.tiles import unbundle
from portal.audit.tiles import widths
from portal.disk import keep
from portal.errors import N_
from portal.errors import PortalError


class PublisherError(PortalError):
    """The log cannot be published as it is; the sentence says what the operator can do."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of published files of one log."""

    path: Path

    def read(self, name: str) -> bytes:
        """Return a file's bytes; raise `PublisherError` when it is not there."""
        try:
            # Not through a Path: with the two files of each bundle that takes half as long again.
            with open(f"{self.path}/{name}", "rb", buffering=0) as file:  # noqa: PTH123
                return file.read()
        except FileNotFoundError as error:
            raise PublisherError("The published file {name} is missing.", name=name) from error

    def hashes(self, name: str) -> list[bytes]:
        """Return the hashes of a tile; raise `PublisherError` naming one that is cut."""
        try:
            return split_hashes(self.read(name))
        except EntryError as error:
            raise PublisherError(
                N_("The published file {name} is damaged: {why}."), name=name, why=str(error)
            ) from error

    def read_tile(self, level: int | str, number: int, width: int) -> bytes:
        """Return the first `width` hashes of a tile, or entries of a bundle.

        A partial one may be gone once the full one is there, which begins with the same bytes.
        """
        try:
            return (self.path / tile_path(level, number, width)).read_bytes()
        except FileNotFoundError:
            full = self.read(tile_path(level, number))
        return first_of(level, full, width)

    def write(self, name: str, content: bytes) -> None:
        """Put a file in place whole: temporary file, fsync, rename, fsync of the folder."""
        target = self.path / name
        if target.exists() and target.read_bytes() == content:
            return
        _make_folder(target.parent)
        temporary = target.with_name(f".{target.name}.new")
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        keep(target.parent)

    def write_tile(self, name: str, content: bytes) -> None:
        """Write a tile or bundle; one that is there already must hold the same bytes."""
        target = self.path / name
        if target.exists() and target.read_bytes() != content:
            raise PublisherError(
                "The published file {name} holds other bytes than the database gives; "
                "nothing was signed. Compare with a copy before anything else.",
                name=name,
            )
        self.write(name, content)

    def rows(self, size: int) -> dict[int, list[bytes]]:
        """Return the unfinished tile of each level at this size."""
        found = {}
        for level in levels(size):
            number, width = widths(size, level)
            name = tile_path(level, number, width)
            found[level] = self.hashes(name) if width else []
        return found

    def last_body(self, size: int) -> bytes:
        """Return the bytes of the last entry of a log of this size."""
        number, place = divmod(size - 1, WIDTH)
        return unbundle(self.read_tile("entries", number, place + 1))[place]

    def last_bundle(self, size: int) -> list[bytes]:
        """Return the entries of the unfinished bundle at this size."""
        number, width = widths(size, 0)
        return unbundle(self.read(tile_path("entries", number, width))) if width else []

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other publishers of this machine out."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def first_of(level: int | str, full: bytes, width: int) -> bytes:
    """Return what the first `width` hashes of a tile, or entries of a bundle, are as a file."""
    if level == "entries":
        return bundle(unbundle(full)[:width])
    return full[: width * HASH_BYTES]


def _make_folder(path: Path) -> None:
    """Make a folder and those above it; each new name is safe before anything lies in it."""
    if not path.is_dir():
        _make_folder(path.parent)
        path.mkdir(exist_ok=True)
        keep(path.parent)
