"""Work that is cut off at any step: papers that a worker makes, and migrations."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing
from sqlite3 import connect

from sqlalchemy import Engine
from sqlalchemy import select
from sqlalchemy.orm import Session

from faults import bugs
from faults import postgres
from faults.checker import check
from faults.clients import Acknowledged
from faults.damage import make_empty
from faults.rounds import Fault
from faults.rounds import Round
from faults.served import Site
from portal.db import writing
from portal.funds.sheet_models import IssuedSheet
from portal.funds.sheet_rules import SheetKind
from portal.install import Install
from portal.jobs.models import Job
from portal.jobs.rules import LEASE
from portal.payments.asking import ask_sheet
from tests.world import NOON
from tests.world import World

PAPERS = 2
# More steps than a worker takes for them, and a database from nothing to the newest migration.
WORKER_STEPS, MIGRATION_STEPS = 400, 4000


def kill_worker(trial: Round) -> list[str]:
    """Kill a worker before any of its steps; every other time two work at once, and none dies."""
    with trial.site(inline=False, counts=frozenset({"worker"})) as site:
        site.start_one("database")
        with site.engine_here() as engine:
            _ask(engine, site)
            if trial.number % 2:
                _work_twice(site)
            else:
                _work_and_die(site, any_step(trial, WORKER_STEPS))
            troubles = [*_judged(engine, is_alone=bool(trial.number % 2))]
        site.portal("publish")
        trial.acts += PAPERS
        return [*troubles, *check(site, Acknowledged(site.folder / "acknowledged"))]


def any_step(trial: Round, most: int) -> int:
    """Choose a step: the first ten as often as the ten times as many that follow them."""
    return int(most ** trial.chance.random())


def _ask(engine: Engine, site: Site) -> None:
    install = Install(site.settings)
    with writing(engine, install.session_info()) as session:
        world = World(session)
        for payment_id, _ in site.cast["released"][:PAPERS]:
            ask_sheet(session, SheetKind.VOUCHER, str(payment_id), by=world.anong, at=NOON)
    install.vault.close()


def _work_twice(site: Site) -> None:
    """Two workers, who look for work at the same moment."""
    for name in ("first", "second"):
        site.begin(name, "worker", "--once")
    for name in ("first", "second"):
        site.running[name].wait(120)


def _work_and_die(site: Site, step: int) -> None:
    site.machine.kill_at(step)
    site.portal("worker", "--once", name="worker", check=False)
    site.machine.kill_at(0)
    # Nobody else takes up what may still be at work, before its time is over.
    site.machine.shift_clock(int(LEASE.total_seconds()) + 2)
    site.portal("worker", "--once", name="worker")


def _judged(engine: Engine, *, is_alone: bool) -> Iterator[str]:
    with Session(engine) as session:
        jobs = session.execute(select(Job.state, Job.attempts, Job.trouble)).all()
        about = session.scalars(select(IssuedSheet.about)).all()
    for state, attempts, trouble in jobs:
        if state != "done":
            yield f"a job is {state}: {trouble}"
        if is_alone and attempts != 1:
            yield f"a job was taken up {attempts} times, and nobody died"
    if len(about) != PAPERS or len({*about}) != PAPERS:
        yield f"{len(about)} papers were issued about {len({*about})} payments, not {PAPERS}"


def kill_migration(trial: Round) -> list[str]:
    """Kill a migration midway, again and again, until it is through: the tables are as always."""
    with trial.site(counts=frozenset({"migration"})) as site:
        site.start_one("database")
        expected = _schema(site)
        _begin_anew(site)
        for _ in range(3):
            site.machine.kill_at(any_step(trial, MIGRATION_STEPS))
            site.portal("db", "upgrade", name="migration", check=False)
        site.machine.kill_at(0)
        done = site.portal("db", "upgrade", check=False)
        if done.returncode:
            return [f"the upgrade does not go on: {done.stderr[-300:]}"]
        trial.acts += site.machine.killed
        return [] if _schema(site) == expected else ["the tables are not as they should be"]


def _begin_anew(site: Site) -> None:
    if site.engine == "postgresql":
        make_empty(site.cluster)
        return
    for path in site.data.glob("portal.sqlite*"):
        path.unlink()


def _schema(site: Site) -> list[str]:
    if site.engine == "sqlite":
        with closing(connect(site.data / "portal.sqlite")) as database:
            told = database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
            return sorted(row[0] for row in told)
    url = postgres.url_of(site.cluster)
    dump = subprocess.run(  # noqa: S603 - PostgreSQL's own program, with our own words
        [
            site.kit.programs / "pg_dump",
            "--schema-only",
            "--username=portal",
            f"--host={url.query['host']}",
            "portal",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    # Newer ones write a word of chance at the beginning and the end.
    return [line for line in dump.stdout.splitlines() if "restrict" not in line]


JOBS = Fault("jobs", kill_worker, plants=bugs.JOBS, rounds=6)
MIGRATE = Fault("migrate", kill_migration, plants=bugs.MIGRATE, rounds=5)
