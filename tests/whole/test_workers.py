"""Workers: two at once, one killed, one that only seems dead, and one beside a server."""

from __future__ import annotations

import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from contextvars import Context
from dataclasses import replace
from datetime import datetime
from datetime import timedelta
from itertools import count
from multiprocessing import Pipe
from multiprocessing import active_children
from threading import Thread
from threading import Timer

import pytest
from granian import Granian
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import rounds
from portal.clock import now
from portal.db import db
from portal.db import writing
from portal.funds.issuing import PAPER_JOB
from portal.funds.sheet_models import IssuedSheet
from portal.funds.sheet_rules import SheetKind
from portal.jobs import bench
from portal.jobs import rules
from portal.jobs.models import Job
from portal.jobs.rules import JobState
from portal.jobs.service import claim_jobs
from portal.journal_lines import JsonLine
from portal.payments import printing
from portal.payments import service
from portal.payments.asking import ask_sheet
from portal.payments.models import Payment
from portal.payments.printing import Begun
from portal.payments.printing import begin
from portal.roles import Actor
from portal.rounds import Rounds
from portal.rounds import work_until
from tests.conftest import Maker
from tests.conftest import Portal
from tests.serving import own_journal
from tests.world import NOON
from tests.world import World

MADE_WITHIN = 240.0
PAPER = b"%PDF-1.7 the bytes of a paper"


def vouchers(world: World, number: int) -> list[int]:
    """Ask for a voucher of each of so many payments."""
    payments = [world.released().id for _ in range(number)]
    for payment_id in payments:
        ask(world, payment_id)
    return payments


def ask(world: World, payment_id: int, by: Actor | None = None) -> int:
    kind, about = SheetKind.VOUCHER, str(payment_id)
    return ask_sheet(world.session, kind, about, by=by or world.anong, at=NOON)


def states() -> Counter[JobState]:
    with Session(db.engine) as session:
        return Counter(session.scalars(select(Job.state)))


def numbers() -> list[str]:
    with Session(db.engine) as session:
        return [*session.scalars(select(IssuedSheet.reference).order_by(IssuedSheet.reference))]


def in_order(number: int) -> list[str]:
    return [f"RYG-2570-V{one:06}" for one in range(1, number + 1)]


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + MADE_WITHIN
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def begun(portal: Portal) -> Begun:
    """Take a job up and tell its paper, as a worker does before it has it printed."""
    with writing(db.engine, portal.install.session_info()) as session:
        (held,) = claim_jobs(session, PAPER_JOB, count=1, at=NOON)
        one = begin(session, held, ahead=Counter(), at=NOON)
    assert isinstance(one, Begun)
    return one


def test_two_workers_at_once_make_each_paper_once_and_lose_no_number(
    portal: Portal, made: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "AT_ONCE", 2)
    made(lambda world: vouchers(world, 6))
    made_by: list[int] = []

    def work() -> None:
        with portal.app.app_context():
            made_by.append(portal.print_papers())

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    # One may have ended while the other gave something back.
    made_by.append(portal.print_papers())
    assert sum(made_by) == 6
    assert states() == {JobState.DONE: 6}
    assert numbers() == in_order(6)
    with Session(db.engine) as session:
        assert len({*session.scalars(select(IssuedSheet.about))}) == 6


@pytest.fixture
def started(portal: Portal) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own, as a service starts it."""
    settings = portal.install.settings
    environment = os.environ | {
        "PORTAL_DATA_DIR": str(settings.data_dir),
        "PORTAL_DATABASE_URL": settings.database_url,
        "PORTAL_SECRET_KEY": settings.secret_key,
        "AUDIT_INLINE_PUBLISH": "0",
        "PORTAL_ALLOW_UNSAFE": "1",
    }
    command = [sys.executable, "-m", "flask", "--app", "portal.app", "worker"]
    process = subprocess.Popen(command, env=environment)  # noqa: S603 - our own
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_what_a_killed_worker_left_is_made_once_when_its_time_is_over(
    portal: Portal, made: Maker, started: subprocess.Popen[bytes]
) -> None:
    made(lambda world: vouchers(world, 4))
    # It has told the papers, and they are being printed.
    until(lambda: 1 in steps())
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    left, there = states()[JobState.WORKING], numbers()
    assert (left + len(there), left > 0) == (4, True)
    assert there == in_order(len(there))
    # Nobody else takes up what may still be at work.
    assert portal.print_papers() == 0
    # A moment has whole seconds, and a worker counts on from the one its round began at.
    later = now() + rules.LEASE + timedelta(seconds=1)
    assert portal.print_papers(lambda: later) == left
    assert states() == {JobState.DONE: 4}
    assert numbers() == in_order(4)


def steps() -> list[int]:
    with Session(db.engine) as session:
        return [*session.scalars(select(Job.steps_done).where(Job.state == JobState.WORKING))]


def test_a_worker_says_that_it_lives_as_long_as_it_works(
    portal: Portal, made: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "BEAT_SECONDS", 0.05)
    made(lambda world: vouchers(world, 1))
    seconds = count()
    began = now()

    def clock() -> datetime:
        return began + timedelta(seconds=next(seconds))

    assert portal.print_papers(clock) == 1
    with Session(db.engine) as session:
        beat_at = session.scalars(select(Job.beat_at)).one()
    # It asked for the time when it looked, took the job up, told it; and then again and again.
    assert beat_at is not None
    assert beat_at > began + timedelta(seconds=5)


def test_a_worker_that_was_thought_dead_issues_nothing(portal: Portal, made: Maker) -> None:
    made(lambda world: vouchers(world, 1))
    paper = begun(portal)
    assert portal.print_papers() == 1
    assert not portal.printer().issue(paper, PAPER)
    assert numbers() == in_order(1)
    assert states() == {JobState.DONE: 1}


def test_a_worker_that_was_thought_dead_goes_on_where_the_paper_is_there_already(
    portal: Portal, made: Maker
) -> None:
    (payment_id,) = made(lambda world: vouchers(world, 1))
    assert portal.print_papers() == 1
    made(lambda world: ask(world, payment_id, world.phailin))
    with writing(db.engine, portal.install.session_info()) as session:
        (held,) = claim_jobs(session, PAPER_JOB, count=1, at=NOON)
    assert portal.print_papers() == 0
    assert portal.printer().tell(held, Counter()) is None
    assert (states(), numbers()) == ({JobState.DONE: 2}, in_order(1))


def test_what_changed_while_it_was_printed_is_told_anew(portal: Portal, made: Maker) -> None:
    (payment_id,) = made(lambda world: vouchers(world, 1))
    paper = begun(portal)
    made(lambda world: send(world, payment_id))
    printer = portal.printer(lambda: NOON)
    assert not printer.issue(paper, PAPER)
    assert (states(), numbers()) == ({JobState.WAITING: 1}, [])
    assert portal.print_papers() == 1
    with Session(db.engine) as session:
        assert session.scalars(select(Job.attempts)).one() == 1


def send(world: World, payment_id: int) -> None:
    payment = world.session.get_one(Payment, payment_id)
    service.send_payment(
        world.session, payment_id, seen_version=payment.version, by=world.prasit, at=NOON
    )


def test_what_was_cancelled_while_it_was_printed_is_given_up(portal: Portal, made: Maker) -> None:
    (payment_id,) = made(lambda world: vouchers(world, 1))
    paper = begun(portal)
    made(lambda world: cancel(world, payment_id))
    assert not portal.printer(lambda: NOON).issue(paper, PAPER)
    assert (states(), numbers()) == ({JobState.DEAD: 1}, [])


def cancel(world: World, payment_id: int) -> None:
    payment = world.session.get_one(Payment, payment_id)
    service.void_payment(
        world.session, payment_id, note="-", seen_version=payment.version, by=world.anong, at=NOON
    )


def test_a_paper_that_is_there_already_is_not_printed_again(portal: Portal, made: Maker) -> None:
    (payment_id,) = made(lambda world: vouchers(world, 1))
    assert portal.print_papers() == 1
    made(lambda world: ask(world, payment_id, world.phailin))
    assert portal.print_papers() == 0
    assert (states(), numbers()) == ({JobState.DONE: 2}, in_order(1))
    with Session(db.engine) as session:
        assert len({*session.scalars(select(Job.result))}) == 1


def test_the_worker_tells_how_many_it_made_and_has_them_published(
    portal: Portal, made: Maker
) -> None:
    made(lambda world: vouchers(world, 1))
    answer = portal.app.test_cli_runner().invoke(args=["worker", "--once"])
    assert answer.output.splitlines()[0] == "1 papers were made."
    assert numbers() == in_order(1)


# In an install of one process.


@pytest.fixture
def at_home(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process that is started finds in its environment: this portal."""
    settings = portal.install.settings
    monkeypatch.setenv("PORTAL_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("PORTAL_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("PORTAL_SECRET_KEY", settings.secret_key)
    monkeypatch.setenv("AUDIT_INLINE_PUBLISH", "1")
    monkeypatch.setenv("PORTAL_ALLOW_UNSAFE", "1")


only_sqlite = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)


@only_sqlite
@pytest.mark.usefixtures("at_home")
def test_a_server_of_one_process_has_its_worker_with_it(
    portal: Portal, made: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(lambda world: vouchers(world, 2))
    children: list[str] = []

    def serve(_: object) -> None:
        until(lambda: states() == {JobState.DONE: 2})
        children.extend(workers())

    monkeypatch.setattr(Granian, "serve", serve)
    portal.install.settings = replace(portal.install.settings, publishes_inline=True)
    answer = portal.app.test_cli_runner().invoke(args=["serve"])
    assert answer.exit_code == 0, answer.output
    assert numbers() == in_order(2)
    assert (len(children), workers()) == (1, [])


def workers() -> list[str]:
    """Return the processes of ours that work beside this one."""
    return [child.name for child in active_children() if child.name == "worker"]


@only_sqlite
@pytest.mark.usefixtures("at_home")
def test_a_worker_beside_a_server_ends_when_the_other_end_is_closed(
    portal: Portal, made: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(lambda world: vouchers(world, 1))
    monkeypatch.setattr(rounds, "WORKER_SECONDS", 0.1)
    kept = signal.getsignal(signal.SIGINT)
    its_end, our_end = Pipe(duplex=False)
    later = Timer(5, our_end.close)
    later.start()
    try:
        # As in a process of its own: nothing of the test's app context is seen.
        with own_journal():
            Context().run(work_until, its_end)
    finally:
        signal.signal(signal.SIGINT, kept)
        later.join()
    assert states() == {JobState.DONE: 1}
    assert portal.install.has_log


def test_what_a_round_tells_is_written_when_it_is_new(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    told = iter((["a"], ["a", "b"], ["a"], ["b"]))
    rounds_of_four = Rounds(lambda: next(told))
    for _ in range(4):
        rounds_of_four.do()
    lines = [json.loads(JsonLine().format(each)) for each in caplog.records]
    assert [line["told"] for line in lines] == ["a", "b", "b"]


def test_a_round_that_the_disk_does_not_take_is_told_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ends = iter((OSError(28, "No space left"), sqlite3.OperationalError("disk is full")))

    def once() -> list[str]:
        raise next(ends)

    hindered = Rounds(once)
    with caplog.at_level(logging.WARNING, "portal.rounds"):
        hindered.do()
        hindered.do()
    told = [json.loads(JsonLine().format(each))["told"] for each in caplog.records]
    assert [line.startswith("The disk does not take it: ") for line in told] == [True, True]
