"""How the pages are served: by so many processes, threads and connections, within limits."""

from __future__ import annotations

from typing import Any

from granian import Granian
from granian.constants import HTTPModes
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server.common import AbstractServer

from config import Settings
from portal.db import THREADS
from portal.errors import N_
from portal.errors import InputError
from portal.journal_lines import SERVERS_OWN

# Who has not said what they want by then is not waited for.
HEADER_MS_MAX = 10_000
HEADER_BYTES_MAX = 64 * 1024
# How many may wait for a thread of one process before the next is not let in.
WAITING_MAX = 512
# What has begun when the server is told to end may take so long.
ENDS_SECONDS = 30


class OneProcessError(InputError):
    """Several processes where each act is published by the process that recorded it."""

    def __init__(self, processes: int) -> None:
        super().__init__(
            N_(
                "This install publishes inline (AUDIT_INLINE_PUBLISH) and has one process,"
                " not {processes}."
            ),
            processes=processes,
        )


def server(
    settings: Settings, *, processes: int
) -> AbstractServer[Any]:  # of processes here, of threads without a GIL
    """Return the server of the pages; a process that dies is replaced."""
    if settings.publishes_inline and processes > 1:
        raise OneProcessError(processes)
    host, _, port = settings.bind.rpartition(":")
    return Granian(
        "portal.wsgi:app",
        address=host,
        port=int(port),
        interface=Interfaces.WSGI,
        # One way of saying where a request ends, the same as the proxy's.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEADER_MS_MAX, max_buffer_size=HEADER_BYTES_MAX
        ),
        workers=processes,
        blocking_threads=THREADS,
        backlog=WAITING_MAX * processes,
        backpressure=WAITING_MAX,
        respawn_failed_workers=True,
        workers_kill_timeout=ENDS_SECONDS,
        log_dictconfig=SERVERS_OWN,
        log_access=False,
    )
