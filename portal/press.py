"""The press: papers made many at a time, by a process for each core.

This is how the worker makes them: WeasyPrint is loaded in those processes alone, and when their
work is done, or whoever started them is gone, they end.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Generator
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import asdict
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from tempfile import TemporaryDirectory
from typing import IO
from typing import TypeAlias
from typing import cast

from portal.manuscript import Manuscript

LENGTH = Struct(">Q")
TOP = Path(__file__).resolve().parent.parent
_PROGRAM = """
import sys
from portal.paper_apart import serve
serve(sys.stdin.buffer, sys.stdout.buffer)
"""
_Process: TypeAlias = "subprocess.Popen[bytes]"


class PressStoppedError(RuntimeError):
    """A process that makes papers ended before its paper was made; what it said is in the log."""


@dataclass(frozen=True, slots=True)
class MadePaper:
    """A paper that was made; `digest` is the SHA-256 of its bytes, its name in the archive."""

    digest: str
    content: bytes


def press(manuscripts: Iterable[Manuscript], *, processes: int) -> Generator[MadePaper, None, None]:
    """Make papers, as many at once as there are processes, and return them in their order.

    Each process has one manuscript at a time, so that neither side ever waits for the other to
    read, and no more papers are in memory than there are processes.
    """
    waiting = iter(manuscripts)
    busy: deque[_Process] = deque()
    with ExitStack() as ends:
        for _, manuscript in zip(range(processes), waiting, strict=False):
            busy.append(ends.enter_context(_process()))
            _give(busy[-1], manuscript)
        for manuscript in waiting:
            made = _taken(busy[0])
            _give(busy[0], manuscript)
            busy.rotate(-1)
            yield made
        yield from map(_taken, busy)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


@contextmanager
def _process() -> Iterator[_Process]:
    program = [sys.executable, "-E", "-s", "-c", _PROGRAM]
    # It is killed, and leaves WeasyPrint's copies of the typeface behind.
    with TemporaryDirectory(prefix="portal-press-") as scratch:
        process = subprocess.Popen(  # noqa: S603 - our own program; manuscripts are only its input
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=TOP,
            env={"TMPDIR": scratch},
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            _output(process).close()
            # What one that ended early never read is still to be written.
            with suppress(BrokenPipeError):
                _input(process).close()


def _give(process: _Process, manuscript: Manuscript) -> None:
    told = asdict(manuscript) | {"at": manuscript.at.isoformat()}
    # One that ended early shows when its paper is taken.
    with suppress(BrokenPipeError):
        _input(process).write(json.dumps(told).encode() + b"\n")
        _input(process).flush()


def _taken(process: _Process) -> MadePaper:
    length = _output(process).read(LENGTH.size)
    if len(length) < LENGTH.size:
        raise PressStoppedError
    content = _output(process).read(LENGTH.unpack(length)[0])
    return MadePaper(hashlib.sha256(content).hexdigest(), content)


def _input(process: _Process) -> IO[bytes]:
    return cast("IO[bytes]", process.stdin)  # it was opened as a pipe


def _output(process: _Process) -> IO[bytes]:
    return cast("IO[bytes]", process.stdout)  # it was opened as a pipe
