"""What the judges written in Python share: what they are given, and how they accept or refuse.

Only the standard library: each judge runs in a virtual environment of its own. A judge is called as
`judge URL VKEY KEPT`: the address of the log, the key its checkpoints must be signed with, and the
folder of checkpoints kept while it grew. It prints one line and exits with 0, or with `REFUSED`.
"""

from __future__ import annotations

import random
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

REFUSED = 3
SECONDS_TO_START = 30
WIDTH = 256
RANDOM_PLACES = 200


class RefusedError(Exception):
    """The judge does not accept the log; the sentence says what is wrong."""


@dataclass(frozen=True, slots=True)
class Case:
    """What lies before a judge."""

    url: str
    vkey: str
    kept: tuple[bytes, ...]

    def fetch(self, name: str) -> bytes:
        """Return what the log answers at this address below it."""
        # The address is the one the court was told, on this machine.
        with urllib.request.urlopen(f"{self.url}/{name}", timeout=30) as answer:  # noqa: S310
            content: bytes = answer.read()
        return content

    def bundle(self, number: int, size: int) -> list[bytes]:
        """Return the entries of a bundle in a log of this size."""
        width = min(WIDTH, size - number * WIDTH)
        # The logs judged here have fewer than 1000 bundles, so the number is one group of digits.
        name = f"tile/entries/{number:03}" + ("" if width == WIDTH else f".p/{width}")
        packed, at, found = self.fetch(name), 0, []
        while at < len(packed):
            end = at + 2 + int.from_bytes(packed[at : at + 2], "big")
            found.append(packed[at + 2 : end])
            at = end
        require(len(found) == width, f"{name} holds {len(found)} entries")
        return found


def wait_for(url: str) -> None:
    """Wait until somebody answers at the address."""
    until = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - on this machine
        except URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


def require(accepted: object, otherwise: str) -> None:
    """Refuse the log unless this holds."""
    if not accepted:
        raise RefusedError(otherwise)


def places(size: int) -> list[int]:
    """Return the places to look at: around the edges of tiles, the last, and some by chance."""
    edges = {0, 1, 255, 256, 257, 65_534, 65_535, 65_536, 65_537, size - 1}
    return sorted(edges | set(random.sample(range(size), RANDOM_PLACES)))


def hear(judge: Callable[[Case], str], refusal: type[Exception] = RefusedError) -> None:
    """Let a judge speak; `refusal` is how its library refuses, any other error is a breakdown."""
    url, vkey, kept = sys.argv[1:4]
    notes = sorted(Path(kept).iterdir(), key=lambda note: int(note.name))
    case = Case(url, vkey, tuple(note.read_bytes() for note in notes))
    try:
        print(judge(case))
    except (RefusedError, refusal) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(REFUSED)
