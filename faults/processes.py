"""Processes: who started whom, and how they end."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def family(pid: int) -> Iterator[int]:
    """Give a process and all that it started."""
    yield pid
    for told in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(told.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            yield from family(int(told.parent.name))


def send(pid: int, sign: signal.Signals) -> None:
    """Send a process a signal, if it is there still."""
    with suppress(ProcessLookupError):
        os.kill(pid, sign)


def kill(members: list[int]) -> None:
    """Kill these processes and wait for their end."""
    for pid in members:
        send(pid, signal.SIGKILL)
    await_end(members)


def await_end(members: list[int]) -> None:
    """Wait until none of them runs; one that nobody buried yet runs no more."""
    end = time.monotonic() + 10
    while any(_runs(pid) for pid in members) and time.monotonic() < end:
        time.sleep(0.01)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
