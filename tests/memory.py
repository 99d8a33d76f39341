"""Where tests write: in memory if there is room, so that nobody waits for a disk they do not need.

What a test proves of durability it proves by killing processes, not by pulling plugs.
"""

from __future__ import annotations

import shutil
from pathlib import Path

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - each test's folder below it is its own
_ROOM_BYTES = 4 * 1024**3


def quick_folder() -> str | None:
    """Return a folder in memory with room for a whole run, or None: then the usual one is used."""
    if not _IN_MEMORY.is_dir() or shutil.disk_usage(_IN_MEMORY).free < _ROOM_BYTES:
        return None
    return str(_IN_MEMORY)
