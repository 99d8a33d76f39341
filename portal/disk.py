"""The disk: what must outlive a power cut, and what a file there holds."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def keep(path: Path) -> None:
    """Let the disk keep a file, or which files a folder holds: a new name is lost without it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep_all(folder: Path) -> None:
    """Let the disk have everything below a folder before anybody is told of it."""
    for path in [*folder.rglob("*"), folder]:
        keep(path)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
