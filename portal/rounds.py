"""What is done round after round: until a signal says stop, or beside a server until it ends."""

from __future__ import annotations

import signal
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Event
from threading import Thread

import click
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy.exc import OperationalError

from portal.clock import now
from portal.db import db
from portal.errors import PortalError
from portal.worker import Worker

# Whoever asked for a paper looks at its page meanwhile.
WORKER_SECONDS = 2.0
# A round that has begun is given so long to end by itself.
ENDS_SECONDS = 10


@dataclass
class Rounds:
    """Something that is done again and again; of what it tells, only what is new is printed."""

    once: Callable[[], list[str]]
    told: list[str] = field(default_factory=list)

    def do(self) -> None:
        """Do it once more."""
        lines = self._patiently()
        for line in lines:
            if line not in self.told:
                click.echo(line)
        self.told = lines

    def _patiently(self) -> list[str]:
        """Do it; what stands in the way is told, and may be gone the next time."""
        try:
            return self.once()
        except PortalError as error:
            return [str(error)]
        except OperationalError as error:
            return [f"The database does not answer: {error.orig}"]


def go_on(once: Callable[[], list[str]], every: float) -> None:
    """Do something every so many seconds until a signal says stop."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    rounds = Rounds(once)
    while not stop.is_set():
        rounds.do()
        stop.wait(every)


@contextmanager
def worker_beside() -> Iterator[None]:
    """Have a worker in a process of its own meanwhile.

    It holds one end of a pipe and ends when the other end is closed, also by a kill.
    """
    context = get_context("spawn")
    its_end, our_end = context.Pipe(duplex=False)
    process = context.Process(target=work_until, args=(its_end,), name="worker", daemon=True)
    process.start()
    its_end.close()
    try:
        with our_end:
            yield
    finally:
        process.join(ENDS_SECONDS)


def work_until(closes: Connection) -> None:
    """Work round after round until the other end of a pipe is closed."""
    # Ctrl-C is meant for the server, which then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    app = ScriptInfo(app_import_path="portal.app").load_app()
    worker = Worker(app.extensions["install"])
    rounds = Rounds(lambda: worker.round(db.engine, at=now()))
    while not closes.poll(WORKER_SECONDS):
        # A mistake of ours ends this round, in a thread of its own, and not the ones to come.
        thread = Thread(target=_within, args=(app, rounds.do))
        thread.start()
        thread.join()


def _within(app: Flask, act: Callable[[], None]) -> None:
    with app.app_context():
        act()
