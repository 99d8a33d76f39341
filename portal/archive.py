"""The archives: the bytes of papers by digest, written once, never changed, never public.

A paper goes only when whoever it is about is erased.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp

from portal.disk import keep
from portal.errors import N_
from portal.errors import NotFoundError


class PaperLostError(NotFoundError):
    """A paper's bytes are gone, or are no longer those that were issued."""

    def __init__(self, digest: str) -> None:
        super().__init__(
            N_("The archive no longer has this paper as it was issued. Tell the administrator."),
            digest=digest,
        )


@dataclass(frozen=True, slots=True)
class Archive:
    """One folder of papers of an install; the names of its files end in `suffix`."""

    path: Path
    suffix: str = ".pdf"

    def keep(self, content: bytes) -> str:
        """Put a paper away, on disk before this returns; return its SHA-256 in hex."""
        digest = hashlib.sha256(content).hexdigest()
        target = self._place(digest)
        for folder in (self.path, target.parent):
            folder.mkdir(exist_ok=True, mode=0o700)
        # The temporary file is its owner's alone from the first byte on, and so is the paper.
        descriptor, temporary = mkstemp(dir=target.parent, prefix=".", suffix=".new")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
        # The folder above names the archive itself, which may be new.
        for folder in (target.parent, self.path, self.path.parent):
            keep(folder)
        return digest

    def read(self, digest: str) -> bytes:
        """Return a paper's bytes, or raise `PaperLostError`: nothing else is ever given out."""
        try:
            content = self._place(digest).read_bytes()
        except FileNotFoundError as error:
            raise PaperLostError(digest) from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise PaperLostError(digest)
        return content

    def size(self, digest: str) -> int | None:
        """Return how many bytes a paper has, without reading it, or None where it is lost."""
        try:
            return self._place(digest).stat().st_size
        except FileNotFoundError:
            return None

    def forget(self, digest: str) -> None:
        """Let a paper go for good; one that is gone already is no mistake."""
        place = self._place(digest)
        place.unlink(missing_ok=True)
        if place.parent.is_dir():
            keep(place.parent)

    def _place(self, digest: str) -> Path:
        return self.path / digest[:2] / f"{digest}{self.suffix}"
