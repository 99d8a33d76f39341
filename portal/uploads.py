"""Files that people send: what they are is seen from their bytes, never from a name or a header.

A file from outside is opened only in a process apart, which has no secrets, writes no file, and is
stopped when it takes too much memory or time.
"""

from __future__ import annotations

import hashlib
import re
import resource
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock

from portal.apart import REFUSED
from portal.flaws import Flaw
from portal.flaws import FlawedFileError

BYTES_MAX = 10 * 1024 * 1024
# A picture of 50 million pixels takes 400 MB while it is drawn smaller.
MEMORY_BYTES_MAX = 1024 * 1024 * 1024
SECONDS_MAX = 20
LIMITS = (
    (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
    (resource.RLIMIT_CPU, SECONDS_MAX),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_CORE, 0),
)
TOP = Path(__file__).resolve().parent.parent
_PROGRAM = """
import sys
from portal.apart import serve
from portal.{room} import clean
sys.exit(serve(clean, sys.stdin.buffer, sys.stdout.buffer))
"""
_BRANDS = rb"heic|heix|heim|heis|hevc|hevx|mif1|msf1"
_alone = Lock()


class UploadKind(StrEnum):
    """What a file is once it is cleaned."""

    PICTURE = "picture"
    PDF = "pdf"


# What a file begins with -> the room that cleans it.
_ROOMS: tuple[tuple[re.Pattern[bytes], UploadKind], ...] = (
    (re.compile(rb"\xff\xd8\xff"), UploadKind.PICTURE),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), UploadKind.PICTURE),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), UploadKind.PICTURE),
    (re.compile(rb"%PDF-[0-9]"), UploadKind.PDF),
)
# And what it begins with when it is something that people often send instead.
_OTHERS: tuple[tuple[re.Pattern[bytes], Flaw], ...] = (
    (re.compile(rb"PK\x03\x04|\xd0\xcf\x11\xe0|\{\\rtf"), Flaw.OFFICE),
    (re.compile(rb".{4}ftyp(" + _BRANDS + rb")", re.DOTALL), Flaw.HEIC),
)
MEDIA_TYPES = {UploadKind.PICTURE: "image/jpeg", UploadKind.PDF: "application/pdf"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was cleaned; `digest` is the SHA-256 of its bytes as they are kept."""

    kind: UploadKind
    content: bytes

    @property
    def media_type(self) -> str:
        """Return how a browser is told what it is."""
        return MEDIA_TYPES[self.kind]

    @property
    def digest(self) -> str:
        """Return the SHA-256 in hex."""
        return hashlib.sha256(self.content).hexdigest()


def clean(content: bytes) -> Upload:
    """Return what may be kept of a file from outside, or raise `FlawedFileError`."""
    _check_size(content)
    kind = _kind(content)
    cleaned = _cleaned_apart(content, f"{kind}_cleaning")
    _check_size(cleaned)
    return Upload(kind, cleaned)


def _check_size(content: bytes) -> None:
    if not content:
        raise FlawedFileError(Flaw.EMPTY)
    if len(content) > BYTES_MAX:
        raise FlawedFileError(Flaw.TOO_LARGE)


def _kind(content: bytes) -> UploadKind:
    for beginning, kind in _ROOMS:
        if beginning.match(content):
            return kind
    for beginning, flaw in _OTHERS:
        if beginning.match(content):
            raise FlawedFileError(flaw)
    raise FlawedFileError(Flaw.UNKNOWN)


def _cleaned_apart(content: bytes, room: str) -> bytes:
    """Return what a process of its own makes of a file; one at a time, for the memory's sake."""
    program = [sys.executable, "-E", "-s", "-c", _PROGRAM.format(room=room)]
    with (
        _alone,
        subprocess.Popen(  # noqa: S603 - our own program; the file is only its input
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=TOP,
            env={},
        ) as process,
    ):
        # It waits for its input, and has it only when it is bound.
        for limit, most in LIMITS:
            resource.prlimit(process.pid, limit, (most, most))
        try:
            cleaned, _ = process.communicate(content, timeout=2 * SECONDS_MAX)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise FlawedFileError(Flaw.HEAVY) from error
    if process.returncode == 0:
        return cleaned
    if process.returncode == REFUSED:
        raise FlawedFileError(Flaw(cleaned.decode()))
    # A signal ends what takes too much; anything else is a library that lost its way.
    raise FlawedFileError(Flaw.HEAVY if process.returncode < 0 else Flaw.BROKEN)
