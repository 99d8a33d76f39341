"""Jobs: asked for once, taken up by one worker at a time, tried again, given up, begun anew."""

from __future__ import annotations

import json
from datetime import datetime
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.jobs import queries
from portal.jobs import rules
from portal.jobs import service
from portal.jobs.models import Job
from portal.jobs.rules import AdministratorNeededError
from portal.jobs.rules import Asking
from portal.jobs.rules import JobNotAllowedError
from portal.jobs.rules import JobNotFoundError
from portal.jobs.rules import JobState
from portal.jobs.rules import WorkerEndedError
from portal.jobs.service import Held
from portal.jobs.service import JobLostError
from portal.roles import Actor
from tests.world import NOON
from tests.world import World

LATER = NOON + rules.LEASE


def asked(world: World, about: str = "1", *, by: Actor | None = None, at: datetime = NOON) -> int:
    asking = Asking("paper", {"paper": "voucher", "about": about}, "a hash")
    return service.ask_job(world.session, asking, steps=2, by=by or world.anong, at=at)


def claimed(session: Session, *, count: int = 16, at: datetime = NOON) -> list[Held]:
    return service.claim_jobs(session, "paper", count=count, at=at)


def job(session: Session, job_id: int) -> Job:
    session.expire_all()
    return session.get_one(Job, job_id)


def buried(session: Session, world: World) -> int:
    job_id = asked(world)
    service.bury_job(session, claimed(session)[0], WorkerEndedError(), at=NOON)
    return job_id


def test_who_asks_twice_gets_one_job_and_another_gets_another(
    session: Session, world: World
) -> None:
    first = asked(world)
    assert asked(world, at=LATER) == first
    assert len({first, asked(world, "2"), asked(world, by=world.prasit)}) == 3
    (held,) = claimed(session, count=1)
    service.finish_job(session, held, "sheet:1")
    assert asked(world) == first


def test_a_job_holds_ids_and_nothing_else(session: Session, world: World) -> None:
    row = job(session, asked(world))
    assert json.loads(row.asked) == {"paper": "voucher", "about": "1"}
    assert (row.state, row.attempts, row.steps_done, row.steps) == (JobState.WAITING, 0, 0, 2)


def test_what_is_asked_for_and_then_undone_is_no_job(session: Session, world: World) -> None:
    with session.begin_nested() as undone:
        asked(world)
        undone.rollback()
    assert session.scalars(select(Job)).all() == []
    assert not queries.is_asked(session, "paper", at=NOON)


def test_the_first_asked_is_the_first_made_and_what_one_holds_no_other_takes(
    session: Session, world: World
) -> None:
    jobs = [asked(world, str(number)) for number in range(3)]
    assert queries.is_asked(session, "paper", at=NOON)
    assert not queries.is_asked(session, "other", at=NOON)
    assert [held.id for held in claimed(session, count=2)] == jobs[:2]
    assert [held.id for held in claimed(session)] == jobs[2:]
    assert claimed(session) == []
    assert not queries.is_asked(session, "paper", at=NOON)


def test_a_worker_that_says_it_lives_keeps_its_job_and_a_silent_one_loses_it(
    session: Session, world: World
) -> None:
    jobs = [asked(world, str(number)) for number in range(2)]
    silent, living = claimed(session)
    service.beat(session, [living], at=NOON + timedelta(seconds=90))
    (again,) = claimed(session, at=LATER)
    assert (again.id, again.attempt, silent.id) == (jobs[0], 2, jobs[0])
    # What the silent one still says and does is nobody's.
    service.beat(session, [silent], at=LATER)
    service.note_step(session, silent, done=1)
    assert (job(session, jobs[0]).steps_done, job(session, jobs[0]).beat_at) == (0, LATER)
    for end in (
        partial(service.finish_job, result="sheet:1"),
        partial(service.fail_job, error=WorkerEndedError(), at=LATER),
        partial(service.bury_job, error=WorkerEndedError(), at=LATER),
        partial(service.put_back, at=LATER),
    ):
        with pytest.raises(JobLostError):
            end(session, silent)
    service.note_step(session, again, done=1)
    assert job(session, jobs[0]).steps_done == 1
    service.finish_job(session, again, "sheet:1")
    done = job(session, jobs[0])
    assert (done.state, done.steps_done, done.result) == (JobState.DONE, 2, "sheet:1")


def test_what_was_tried_before_is_taken_up_alone(session: Session, world: World) -> None:
    jobs = [asked(world, str(number)) for number in range(4)]
    claimed(session, count=2)
    assert [held.id for held in claimed(session, at=LATER)] == jobs[:1]
    assert [held.id for held in claimed(session, at=LATER)] == jobs[1:2]
    assert [held.id for held in claimed(session, at=LATER)] == jobs[2:]


def test_what_fails_is_tried_again_after_a_pause_and_given_up_in_the_end(
    session: Session, world: World
) -> None:
    job_id, at = asked(world), NOON
    for attempt in range(1, rules.ATTEMPTS_MAX + 1):
        (held,) = claimed(session, at=at)
        assert held.attempt == attempt
        service.fail_job(session, held, WorkerEndedError(), at=at)
        assert claimed(session, at=at) == []
        at += rules.waits(attempt)
    row = job(session, job_id)
    assert (row.state, row.attempts) == (JobState.DEAD, rules.ATTEMPTS_MAX)
    assert claimed(session, at=at + timedelta(days=1)) == []
    # Who asks anew gets another job.
    assert asked(world, at=at) != job_id


def test_what_ends_every_worker_is_given_up(session: Session, world: World) -> None:
    job_id, at = asked(world), NOON
    for _ in range(rules.ATTEMPTS_MAX):
        service.bury_jobs(session, at=at)
        assert len(claimed(session, at=at)) == 1
        at += rules.LEASE
    assert claimed(session, at=at) == []
    assert queries.is_asked(session, "paper", at=at)
    service.bury_jobs(session, at=at)
    row = queries.job_row(session, job_id, world.anong)
    assert (row.state, row.is_open) == (JobState.DEAD, False)
    assert row.trouble is not None
    assert row.trouble.sentence == "The worker ended each time while it worked on this."


def test_what_was_put_back_is_begun_anew_at_once(session: Session, world: World) -> None:
    asked(world)
    for _ in range(rules.ATTEMPTS_MAX + 1):
        (held,) = claimed(session)
        assert held.attempt == 1
        service.put_back(session, held, at=NOON)


def test_an_administrator_has_what_was_given_up_tried_again(session: Session, world: World) -> None:
    job_id = buried(session, world)
    (row,) = queries.dead_jobs(session, world.admin)
    assert (row.id, row.asked_by, row.attempts) == (job_id, world.person(world.anong).name, 1)
    for other in (world.anong, world.malee, world.wipa):
        with pytest.raises(AdministratorNeededError):
            queries.dead_jobs(session, other)
        with pytest.raises(JobNotFoundError):
            service.retry_job(session, job_id, by=other, at=LATER)
    with pytest.raises(JobNotFoundError):
        service.retry_job(session, job_id + 1, by=world.admin, at=LATER)
    service.retry_job(session, job_id, by=world.admin, at=LATER)
    assert queries.dead_jobs(session, world.admin) == []
    with pytest.raises(JobNotAllowedError):
        service.retry_job(session, job_id, by=world.admin, at=LATER)
    (held,) = claimed(session, at=LATER)
    assert (held.id, held.attempt, held.by_id) == (job_id, 1, world.anong.person_id)


def test_what_somebody_asked_for_again_is_not_tried_twice(session: Session, world: World) -> None:
    job_id = buried(session, world)
    assert asked(world) != job_id
    with pytest.raises(rules.JobAskedAgainError):
        service.retry_job(session, job_id, by=world.admin, at=LATER)


def test_a_job_is_shown_to_whoever_asked_for_it_alone(session: Session, world: World) -> None:
    job_id = asked(world)
    row = queries.job_row(session, job_id, world.anong)
    assert (row.asked, row.state, row.is_open) == (
        {"paper": "voucher", "about": "1"},
        JobState.WAITING,
        True,
    )
    for other in (world.prasit, world.admin):
        with pytest.raises(JobNotFoundError):
            queries.job_row(session, job_id, other)


@pytest.mark.parametrize(
    "values",
    [
        {"state": "done"},
        {"result": "sheet:1"},
        {"state": "dead"},
        {"attempts": 6},
        {"steps_done": 3},
        {"state": "burnt"},
    ],
)
def test_the_database_refuses_a_job_that_makes_no_sense(
    session: Session, world: World, values: dict[str, object]
) -> None:
    job_id = asked(world)
    table = Job.__table__
    changed = update(table).where(table.c.id == job_id)  # type: ignore[arg-type]  # a table it is
    with pytest.raises((IntegrityError, LookupError)), session.begin_nested():
        session.execute(changed.values(**values))
