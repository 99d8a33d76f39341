"""Killing the publisher at any of its steps, in a process of its own."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from portal.audit import publisher

ROOMS = ("folder", "publisher", "service", "signer", "witness", "witnessing")
PLACES = {
    *(str(Path(publisher.__file__).with_name(f"{name}.py")) for name in ROOMS),
    str(Path(publisher.__file__).parents[1] / "publishing" / "service.py"),
}


def way(frame: FrameType | None) -> Iterator[int]:
    """Give the lines of the publisher that led to this one."""
    while frame is not None:
        if frame.f_code.co_filename in PLACES:
            yield hash((frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back


def killed_at(step: int, act: Callable[[], None]) -> Callable[[], None]:
    """Let the act be killed before a step of the publisher: a line, on one way to it."""
    seen: set[tuple[int, ...]] = set()

    def trace(frame: FrameType, event: str, _: object) -> Any:  # what sys.settrace asks for
        if frame.f_code.co_filename not in PLACES:
            return None
        if event == "line":
            seen.add(tuple(way(frame)))
        if len(seen) > step:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    def run() -> None:
        sys.settrace(trace)
        act()

    return run


def forked(act: Callable[[], object]) -> int:
    """Do this in a process of its own and return its id."""
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException:  # noqa: BLE001 - whatever it was, this process ends here
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child
