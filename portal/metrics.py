"""The figures of the portal for a Prometheus, on an address of their own, where none is by default.

A server's processes each keep their figures in a file of theirs, in a folder that the server makes;
one process beside them adds them up, and looks into the database and the log as it is asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client import CollectorRegistry
from prometheus_client import Metric
from prometheus_client import start_http_server
from prometheus_client import values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.multiprocess import mark_process_dead
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal.clock import now
from portal.errors import PortalError
from portal.install import Install
from portal.standing import dead_jobs
from portal.standing import free_bytes
from portal.standing import letters
from portal.standing import open_jobs
from portal.standing import published
from portal.standing import waiting_entries

# What the library itself looks for.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
Figures = Iterator[GaugeMetricFamily]


def share_figures() -> None:
    """Let this process keep its figures in the server's folder, if the server made one.

    The library decides once, when it is loaded; a server's processes are forked after that.
    """
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]  # as it is


@contextmanager
def figures_folder() -> Iterator[None]:
    """Make the folder in which the processes of a server keep their figures."""
    with TemporaryDirectory(prefix="portal-figures-") as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]


@contextmanager
def figures_shown(bind: str, registry: CollectorRegistry) -> Iterator[None]:
    """Show figures on an address meanwhile, from a thread of this process."""
    host, _, port = bind.rpartition(":")
    server, thread = start_http_server(int(port), host, registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class OfAll(Collector):
    """The figures of every process of a server; of one that is gone, what it has counted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """Add them up."""
        for file in self._folder.glob("gauge_live*.db"):
            number = int(file.stem.rpartition("_")[2])
            if not Path(f"/proc/{number}").exists():
                mark_process_dead(number, str(self._folder))  # type: ignore[no-untyped-call]  # same
        of_all = MultiProcessCollector(None, str(self._folder))  # type: ignore[no-untyped-call]  # same
        yield from of_all.collect()  # type: ignore[no-untyped-call]  # same


class OfInstall(Collector):
    """What waits in an install, how far its log is, and which code it runs."""

    def __init__(self, install: Install, engine: Engine, *, edition: str) -> None:
        self._install = install
        self._engine = engine
        self._edition = edition

    def collect(self) -> Figures:
        """Look; what cannot be looked at now is left out, and `portal_can_look` says so."""
        built = _gauge("portal_build_info", "Which code runs.", labels=["edition"])
        built.add_metric([self._edition], 1)
        yield built
        yield _gauge("portal_disk_free_bytes", "Room for data.", free_bytes(self._install))
        could = _gauge("portal_can_look", "Whether it could be looked at.", labels=["at"])
        for name, look in (("log", self._log), ("queue", self._queue), ("work", self._work)):
            found = _looked(look)
            could.add_metric([name], found is not None)
            yield from found or ()
        yield could

    def _log(self) -> Figures:
        found = published(self._install)
        if found is None:
            return
        yield _gauge("portal_log_entries", "Entries in the published log.", found.size)
        moment = found.at.timestamp()
        yield _gauge("portal_log_published_at_seconds", "When it was published last.", moment)
        cosigned = _gauge(
            "portal_log_cosigned_at_seconds",
            "When each witness cosigned the newest checkpoint that enough of them have seen.",
            labels=["witness"],
        )
        for witness, at in found.witnessed.items():
            cosigned.add_metric([witness], at)
        yield cosigned

    def _queue(self) -> Figures:
        with Session(self._engine) as session:
            waiting = waiting_entries(session, at=now())
        yield _gauge("portal_log_waiting", "Entries that are not in the log yet.", waiting.count)
        oldest = waiting.oldest.total_seconds()
        yield _gauge("portal_log_waiting_seconds", "For how long the first of them has.", oldest)

    def _work(self) -> Figures:
        at = now()
        with Session(self._engine) as session:
            jobs, dead = open_jobs(session, at=at), dead_jobs(session)
            outbox, failed = letters(session, at=at)
        yield _gauge("portal_jobs_open", "Jobs that are not done.", jobs.count)
        oldest = jobs.oldest.total_seconds()
        yield _gauge("portal_jobs_open_seconds", "For how long the first of them is.", oldest)
        yield _gauge("portal_jobs_dead", "Jobs that were given up.", dead)
        yield _gauge("portal_letters_waiting", "Letters that wait.", outbox.count)
        oldest = outbox.oldest.total_seconds()
        yield _gauge("portal_letters_waiting_seconds", "For how long the first has.", oldest)
        yield _gauge("portal_letters_failed", "Letters that were given up.", failed)


def _looked(look: Callable[[], Figures]) -> list[GaugeMetricFamily] | None:
    try:
        return [*look()]
    except (SQLAlchemyError, PortalError, OSError):
        return None


def _gauge(
    name: str, told: str, value: float | None = None, labels: list[str] | None = None
) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, told, value=value, labels=labels)
