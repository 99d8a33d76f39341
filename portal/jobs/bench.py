"""The bench of a worker: jobs of one kind taken up, kept alive while they are worked on, ended."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event
from threading import Thread
from typing import Any
from typing import TypeAlias

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.db import writing
from portal.errors import PortalError
from portal.jobs import service as jobs
from portal.jobs.queries import is_asked
from portal.jobs.rules import BEAT_SECONDS
from portal.jobs.service import Held
from portal.people.models import Person
from portal.people.queries import NoSuchPersonError
from portal.people.queries import as_actor
from portal.roles import Actor
from portal.thai import bangkok_day

Clock: TypeAlias = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Bench:
    """Where jobs of a kind are done: the database, and what services find beside it."""

    engine: Engine
    info: dict[str, Any]  # as `writing` takes it
    kind: str
    clock: Clock

    def writing(self) -> AbstractContextManager[Session]:
        """Give a session that commits at the end."""
        return writing(self.engine, self.info)

    def rounds(self, count: int) -> Iterator[Sequence[Held]]:
        """Give the jobs that wait, so many at once, until there are none; they live meanwhile."""
        # Most rounds find nothing, and then nobody who writes waits for them.
        with Session(self.engine) as session:
            if not is_asked(session, self.kind, at=self.clock()):
                return
        with self.writing() as session:
            jobs.bury_jobs(session, at=self.clock())
        while held := self._claimed(count):
            with self._beating(held):
                yield held

    def _claimed(self, count: int) -> Sequence[Held]:
        with self.writing() as session:
            return jobs.claim_jobs(session, self.kind, count=count, at=self.clock())

    @contextmanager
    def _beating(self, held: Sequence[Held]) -> Iterator[None]:
        """Say every now and then that this worker lives, as long as it works."""
        is_over = Event()
        heart = Thread(target=self._beat, args=(held, is_over), daemon=True)
        heart.start()
        try:
            yield
        finally:
            is_over.set()
            heart.join()

    def _beat(self, held: Sequence[Held], is_over: Event) -> None:
        while not is_over.wait(BEAT_SECONDS):
            # One beat may be missed: a lease is several of them long.
            with suppress(OperationalError), self.writing() as session:
                jobs.beat(session, held, at=self.clock())

    @contextmanager
    def refusing(self, held: Held) -> Iterator[None]:
        """Bury a job that a rule refuses; one that another worker took up meanwhile is its own."""
        try:
            yield
        except PortalError as refusal:
            self.end(held, partial(jobs.bury_job, error=refusal))
        except jobs.JobLostError:
            pass

    def end(self, held: Held, act: Callable[..., None]) -> None:
        """Note how a job ended without a result, unless it is another worker's or done already."""
        with suppress(jobs.JobLostError), self.writing() as session:
            act(session, held, at=self.clock())


def asker(session: Session, held: Held, at: datetime) -> Actor:
    """Return who asked, with the roles held now."""
    person = session.get_one(Person, held.by_id)
    if not person.is_active:
        raise NoSuchPersonError
    return as_actor(person, on=bangkok_day(at))
