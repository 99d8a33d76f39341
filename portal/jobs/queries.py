"""Reads about jobs, for pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy import Select
from sqlalchemy import and_
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.jobs import rules
from portal.jobs.models import Job
from portal.jobs.rules import JobState
from portal.jobs.rules import Trouble
from portal.people.models import Person
from portal.roles import Actor

DEAD_SHOWN = 100


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as its page shows it; `result` names what came of it."""

    id: int
    asked: Mapping[str, str]
    asked_by: str
    asked_at: datetime
    state: JobState
    attempts: int
    tried_at: datetime | None
    steps_done: int
    steps: int
    result: str | None
    trouble: Trouble | None

    @property
    def is_open(self) -> bool:
        """Say whether anything is still to come."""
        return self.state in {JobState.WAITING, JobState.WORKING}


def job_row(session: Session, job_id: int, by: Actor) -> JobRow:
    """Return a job to whoever asked for it; to others there is no such job."""
    row = session.execute(
        _jobs().where(Job.id == job_id, Job.asked_by_id == by.person_id)
    ).one_or_none()
    if row is None:
        raise rules.JobNotFoundError
    return _row(*row)


def is_asked(session: Session, kind: str, *, at: datetime) -> bool:
    """Say whether a worker has anything to do."""
    return session.scalar(select(select(Job.id).where(is_free(kind, at)).exists())) is True


def is_free(kind: str, at: datetime) -> ColumnElement[bool]:
    """Return the condition for the jobs that no worker holds, and that wait for none."""
    is_open = Job.state.in_((JobState.WAITING, JobState.WORKING))
    return and_(Job.kind == kind, is_open, Job.lease_until <= at)


def dead_jobs(session: Session, by: Actor) -> Sequence[JobRow]:
    """Return the jobs that nobody tries any more, the newest first, to an administrator."""
    rules.check_administrator(by)
    dead = _jobs().where(Job.state == JobState.DEAD).order_by(Job.id.desc()).limit(DEAD_SHOWN)
    return [_row(*row) for row in session.execute(dead)]


def open_jobs(session: Session, kind: str, by: Actor) -> Sequence[JobRow]:
    """Return the jobs of a kind that this person asked for and that are not done, newest first."""
    mine = _jobs().where(
        Job.kind == kind, Job.asked_by_id == by.person_id, Job.state != JobState.DONE
    )
    rows = session.execute(mine.order_by(Job.id.desc()).limit(DEAD_SHOWN))
    return [_row(*row) for row in rows]


def _jobs() -> Select[Job, str]:
    return select(Job, Person.name).join(Person, Person.id == Job.asked_by_id)


def _row(job: Job, asked_by: str) -> JobRow:
    return JobRow(
        id=job.id,
        asked=json.loads(job.asked),
        asked_by=asked_by,
        asked_at=job.asked_at,
        state=job.state,
        attempts=job.attempts,
        tried_at=job.beat_at,
        steps_done=job.steps_done,
        steps=job.steps,
        result=job.result,
        trouble=rules.read_trouble(job.trouble),
    )
