"""What is done round after round: until a signal says stop, or beside a server until it ends.

What a round tells is a line of the journal.
"""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event
from threading import Thread

from flask import Flask
from flask.cli import ScriptInfo
from prometheus_client import CollectorRegistry
from prometheus_client import Counter
from prometheus_client import Gauge
from sqlalchemy.exc import OperationalError

from portal.clock import now
from portal.db import db
from portal.errors import PortalError
from portal.install import Install
from portal.journal_lines import start_journal
from portal.metrics import FOLDER
from portal.metrics import OfAll
from portal.metrics import OfInstall
from portal.metrics import figures_shown
from portal.metrics import share_figures
from portal.worker import Worker

WORKER, PUBLISHER = "worker", "publisher"
LOGGER = logging.getLogger("portal.rounds")
# Whoever asked for a paper looks at its page meanwhile.
WORKER_SECONDS = 2.0
# A round that has begun is given so long to end by itself.
ENDS_SECONDS = 10


class Figures:
    """What is counted of the rounds of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.rounds = Counter(
            "portal_rounds", "Rounds, by how they ended.", ("of", "end"), registry=self.registry
        )
        self.ended_at = Gauge(
            "portal_round_well_at_seconds",
            "When a round ended well last.",
            ("of",),
            registry=self.registry,
            multiprocess_mode="max",
        )


@dataclass
class Rounds:
    """Something that is done again and again; of what it tells, only what is new is written."""

    once: Callable[[], list[str]]
    name: str = "rounds"
    figures: Figures = field(default_factory=Figures)
    told: list[str] = field(default_factory=list)

    def do(self) -> None:
        """Do it once more."""
        self._tell(*self._patiently())

    def begin(self, first: Callable[[], None]) -> bool:
        """Do what comes before the first round; where the database is not there yet, say so."""
        try:
            first()
        except OperationalError as error:
            self._tell(logging.WARNING, [_silent(error)])
            return False
        return True

    def _tell(self, level: int, lines: list[str]) -> None:
        for line in lines:
            if line not in self.told:
                LOGGER.log(level, "told", extra={"facts": {"told": line}})
        self.told = lines

    def _patiently(self) -> tuple[int, list[str]]:
        """Do it; what stands in the way is told, and may be gone the next time."""
        try:
            lines = self.once()
        except PortalError as error:
            told = str(error)
        except OperationalError as error:
            told = _silent(error)
        except (OSError, sqlite3.Error) as error:
            told = f"The disk does not take it: {error}"
        else:
            self.figures.rounds.labels(self.name, "well").inc()
            self.figures.ended_at.labels(self.name).set_to_current_time()
            return logging.INFO, lines
        self.figures.rounds.labels(self.name, "hindered").inc()
        return logging.WARNING, [told]


def _silent(error: OperationalError) -> str:
    return f"The database does not answer: {error.orig}"


def go_on(rounds: Rounds, every: float, *, first: Callable[[], None]) -> None:
    """Do something every so many seconds until a signal says stop; `first` comes before."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    has_begun = False
    while not stop.is_set():
        has_begun = has_begun or rounds.begin(first)
        if has_begun:
            rounds.do()
        stop.wait(every)


@contextmanager
def beside(work: Callable[[Connection], None], *, name: str) -> Iterator[None]:
    """Have something else done in a process of its own meanwhile.

    It holds one end of a pipe and ends when the other end is closed, also by a kill.
    """
    context = get_context("spawn")
    its_end, our_end = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(its_end,), name=name, daemon=True)
    process.start()
    its_end.close()
    try:
        with our_end:
            yield
    finally:
        process.join(ENDS_SECONDS)


def work_until(closes: Connection) -> None:
    """Work round after round until the other end of a pipe is closed."""
    app = _begun_beside()
    worker = Worker(app.extensions["install"])
    rounds = Rounds(lambda: worker.round(db.engine, at=now()), WORKER)
    while not closes.poll(WORKER_SECONDS):
        # A mistake of ours ends this round, in a thread of its own, and not the ones to come.
        thread = Thread(target=_within, args=(app, rounds.do))
        thread.start()
        thread.join()


def show_until(closes: Connection) -> None:
    """Show the figures of a server until the other end of a pipe is closed."""
    app = _begun_beside()
    install: Install = app.extensions["install"]
    registry = CollectorRegistry()
    registry.register(OfAll(Path(os.environ[FOLDER])))
    with app.app_context():
        engine = db.engine
    registry.register(OfInstall(install, engine, edition=app.config["EDITION"]))
    with figures_shown(install.settings.metrics_bind, registry):
        closes.poll(None)
    engine.dispose()


def _begun_beside() -> Flask:
    start_journal()
    share_figures()
    # Ctrl-C is meant for the server, which then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return ScriptInfo(app_import_path="portal.app").load_app()


def _within(app: Flask, act: Callable[[], None]) -> None:
    with app.app_context():
        act()
