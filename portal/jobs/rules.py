"""The rules of a job: its steps, how long it is one worker's, and when nobody tries it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from portal.errors import N_
from portal.errors import ForbiddenError
from portal.errors import NotFoundError
from portal.errors import PortalError
from portal.errors import RuleError
from portal.roles import Actor
from portal.roles import Role

ATTEMPTS_MAX = 5
# Who sees the jobs that failed, and has them tried again.
WATCHERS = frozenset({Role.ADMINISTRATOR})
# A worker says so often that it lives; a job is another's when nobody said so for a whole lease.
BEAT_SECONDS = 20
LEASE = timedelta(minutes=2)
FIRST_WAIT = timedelta(seconds=30)


class JobState(StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    DEAD = "dead"


class JobAction(StrEnum):
    """What becomes of a job."""

    CLAIM = "claim"
    FINISH = "finish"
    FAIL = "fail"
    PUT_BACK = "put_back"
    BURY = "bury"
    RETRY = "retry"


STEPS: Mapping[tuple[JobState, JobAction], JobState] = {
    (JobState.WAITING, JobAction.CLAIM): JobState.WORKING,
    # Its worker was killed: the lease has ended, and another takes it up.
    (JobState.WORKING, JobAction.CLAIM): JobState.WORKING,
    (JobState.WORKING, JobAction.FINISH): JobState.DONE,
    (JobState.WORKING, JobAction.FAIL): JobState.WAITING,
    (JobState.WORKING, JobAction.PUT_BACK): JobState.WAITING,
    (JobState.WORKING, JobAction.BURY): JobState.DEAD,
    (JobState.DEAD, JobAction.RETRY): JobState.WAITING,
}


class JobNotAllowedError(RuleError):
    """The job does not stand where this could become of it."""

    def __init__(self, state: JobState, action: JobAction) -> None:
        super().__init__(
            N_("“{action}” is not possible: the job is {state} now."), action=action, state=state
        )


class JobNotFoundError(NotFoundError):
    """There is no such job, or somebody else asked for it."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such job."))


class AdministratorNeededError(ForbiddenError):
    """Jobs that failed are the administrator's."""

    def __init__(self) -> None:
        super().__init__(N_("Only an administrator sees the jobs that failed."))


class JobAskedAgainError(RuleError):
    """Another job does the same meanwhile."""

    def __init__(self) -> None:
        super().__init__(N_("The same was asked for again meanwhile; that job does it."))


class WorkerEndedError(RuleError):
    """Every worker that took the job up ended before it was done."""

    def __init__(self) -> None:
        super().__init__(N_("The worker ended each time while it worked on this."))


def next_state(state: JobState, action: JobAction) -> JobState:
    """Return the state that something leads to, or raise why it cannot happen."""
    if (state, action) not in STEPS:
        raise JobNotAllowedError(state, action)
    return STEPS[state, action]


def after_failure(attempts: int) -> JobAction:
    """Return what becomes of a job that failed so many times."""
    return JobAction.FAIL if attempts < ATTEMPTS_MAX else JobAction.BURY


def waits(attempts: int) -> timedelta:
    """Return how long a job that failed waits: longer each time."""
    return FIRST_WAIT * (1 << attempts - 1)


def check_administrator(by: Actor) -> None:
    """Refuse everybody but administrators."""
    if not WATCHERS & by.roles:
        raise AdministratorNeededError


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked of the worker: ids alone, and a keyed hash of all that the answer depends on.

    Asked twice by one person with nothing changed in between, it is one job.
    """

    kind: str
    asked: Mapping[str, str]
    facts: str

    def digest(self, by: Actor) -> str:
        """Return what is the same where the same is asked by the same person."""
        told = json.dumps([self.kind, dict(self.asked), self.facts, by.person_id], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a job failed the last time: a sentence, shown in the reader's language."""

    sentence: str
    facts: Mapping[str, str]


def write_trouble(error: PortalError) -> str:
    """Write down why a job failed."""
    facts = {name: str(fact) for name, fact in error.facts.items()}
    return json.dumps({"sentence": error.sentence, "facts": facts}, ensure_ascii=False)


def read_trouble(written: str) -> Trouble | None:
    """Read why a job failed, if it did."""
    return Trouble(**json.loads(written)) if written else None
