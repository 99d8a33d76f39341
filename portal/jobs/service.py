"""Asking for a job, taking jobs up, and noting what became of them.

A job is asked for in the transaction of what it follows from; its end is noted in that of its
result. Jobs are no acts: the log tells of what they make, not of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy import Select
from sqlalchemy import and_
from sqlalchemy import bindparam
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.db import Moment
from portal.errors import PortalError
from portal.jobs import rules
from portal.jobs.models import Job
from portal.jobs.queries import is_free
from portal.jobs.rules import Asking
from portal.jobs.rules import JobAction
from portal.jobs.rules import JobState
from portal.roles import Actor

# Two who ask for the same at the same moment get the same job.
_ASK = text(
    "INSERT INTO job (kind, digest, asked, asked_by_id, asked_at, state, attempts, lease_until,"
    " steps_done, steps, trouble)"
    " VALUES (:kind, :digest, :asked, :by, :at, 'waiting', 0, :at, 0, :steps, '')"
    " ON CONFLICT DO NOTHING"
).bindparams(bindparam("at", type_=Moment()))


class JobLostError(RuntimeError):
    """The lease ended while the work went on: the job is another worker's now."""


@dataclass(frozen=True, slots=True)
class Held:
    """A job that a worker has taken up; `attempt` tells it from whoever takes it up next."""

    id: int
    attempt: int
    asked: Mapping[str, str]
    by_id: int


def ask_job(session: Session, asking: Asking, *, steps: int, by: Actor, at: datetime) -> int:
    """Ask for a job and return its id; the same that waits or is done is not begun again."""
    digest = asking.digest(by)
    asked = json.dumps(dict(asking.asked), sort_keys=True)
    given = {"kind": asking.kind, "digest": digest, "asked": asked, "by": by.person_id, "at": at}
    session.execute(_ASK, given | {"steps": steps})
    return session.scalars(_living(asking.kind, digest)).one()


def _living(kind: str, digest: str) -> Select[int]:
    """Find the job that waits for this, does it or has done it."""
    return select(Job.id).where(Job.kind == kind, Job.digest == digest, Job.state != JobState.DEAD)


def claim_jobs(session: Session, kind: str, *, count: int, at: datetime) -> list[Held]:
    """Take up the jobs that wait longest; the caller commits this before the work begins.

    PostgreSQL passes over what another worker is taking up, and SQLite has one writer. One that
    was tried before is taken up alone: if it kills its worker, it takes no other job with it.
    """
    first = _waiting(session, kind, at, limit=1)
    if first and not first[0].attempts:
        first = [job for job in _waiting(session, kind, at, limit=count) if not job.attempts]
    for job in first:
        job.state = rules.next_state(job.state, JobAction.CLAIM)
        job.attempts += 1
        job.steps_done = 0
        job.lease_until = at + rules.LEASE
        job.beat_at = at
    session.flush()
    return [Held(job.id, job.attempts, json.loads(job.asked), job.asked_by_id) for job in first]


def _waiting(session: Session, kind: str, at: datetime, *, limit: int) -> Sequence[Job]:
    return session.scalars(
        select(Job)
        .where(is_free(kind, at), Job.attempts < rules.ATTEMPTS_MAX)
        .order_by(Job.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def bury_jobs(session: Session, *, at: datetime) -> None:
    """Give up the jobs whose last worker ended before they were done."""
    jobs = session.scalars(
        select(Job)
        .where(
            Job.state == JobState.WORKING,
            Job.attempts >= rules.ATTEMPTS_MAX,
            Job.lease_until <= at,
        )
        .with_for_update(skip_locked=True)
    )
    for job in jobs:
        _end(job, JobAction.BURY, rules.WorkerEndedError(), at=at)
    session.flush()


def beat(session: Session, held: Iterable[Held], *, at: datetime) -> None:
    """Say that the worker lives: what it holds stays its own for another lease."""
    for one in held:
        session.execute(
            update(Job).where(_is_held(one)).values(lease_until=at + rules.LEASE, beat_at=at)
        )


def note_step(session: Session, held: Held, *, done: int) -> None:
    """Note how far a job is."""
    session.execute(update(Job).where(_is_held(held)).values(steps_done=done))


def _is_held(held: Held) -> ColumnElement[bool]:
    return and_(Job.id == held.id, Job.state == JobState.WORKING, Job.attempts == held.attempt)


def finish_job(session: Session, held: Held, result: str) -> None:
    """Note what came of a job; raise `JobLostError` where it is another's now."""
    job = _load(session, held)
    job.state = rules.next_state(job.state, JobAction.FINISH)
    job.steps_done = job.steps
    job.result = result
    job.trouble = ""
    session.flush()


def fail_job(session: Session, held: Held, error: PortalError, *, at: datetime) -> None:
    """Note why a job failed: it is tried again later, or nobody tries it again."""
    job = _load(session, held)
    _end(job, rules.after_failure(job.attempts), error, at=at)
    session.flush()


def bury_job(session: Session, held: Held, error: PortalError, *, at: datetime) -> None:
    """Note why a job cannot be done, however often it is tried."""
    _end(_load(session, held), JobAction.BURY, error, at=at)
    session.flush()


def _end(job: Job, action: JobAction, error: PortalError, *, at: datetime) -> None:
    job.state = rules.next_state(job.state, action)
    job.trouble = rules.write_trouble(error)
    job.lease_until = at + rules.waits(job.attempts)


def put_back(session: Session, held: Held, *, at: datetime) -> None:
    """Give a job back that somebody else's work came before: it is begun anew at once."""
    job = _load(session, held)
    job.state = rules.next_state(job.state, JobAction.PUT_BACK)
    job.attempts -= 1
    job.lease_until = at
    session.flush()


def retry_job(session: Session, job_id: int, *, by: Actor, at: datetime) -> None:
    """Have a job that nobody tries any more tried again, from the first attempt on.

    To all but administrators there is no such job.
    """
    job = session.get(Job, job_id, with_for_update=True)
    if job is None or not rules.WATCHERS & by.roles:
        raise rules.JobNotFoundError
    state = rules.next_state(job.state, JobAction.RETRY)
    if session.scalar(_living(job.kind, job.digest)) is not None:
        raise rules.JobAskedAgainError
    job.state = state
    job.attempts = 0
    job.lease_until = at
    session.flush()


def _load(session: Session, held: Held) -> Job:
    job = session.scalars(select(Job).where(_is_held(held)).with_for_update()).one_or_none()
    if job is None:
        raise JobLostError(held.id)
    return job
