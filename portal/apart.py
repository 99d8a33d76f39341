"""The inside of a process apart, in which one file from outside is opened.

It reads the file from its input and writes what is left of it, or the flaw for which it is refused.
Whatever else ends the process (no memory, no time, a fault of a library) is for who started it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from portal.flaws import Flaw
from portal.flaws import FlawedFileError

REFUSED = 3


def serve(clean: Callable[[bytes], bytes], source: BinaryIO, target: BinaryIO) -> int:
    """Clean one file; return what the process ends with."""
    try:
        cleaned = clean(source.read())
    except FlawedFileError as refusal:
        target.write(refusal.flaw.encode())
        return REFUSED
    except MemoryError:
        target.write(Flaw.HEAVY.encode())
        return REFUSED
    target.write(cleaned)
    return 0
