"""The machine fails under load: power, database, disk, clock."""

from __future__ import annotations

import time
from contextlib import closing
from sqlite3 import connect

from faults import bugs_under_load as bugs
from faults import postgres
from faults.rounds import Fault
from faults.rounds import Round
from faults.rounds import Work
from faults.served import ANSWERS_WITHIN
from faults.served import NotServedError

HOUR, DAY = 3600, 86400


def lose_power(trial: Round) -> list[str]:
    """Pull the plug: what was not synced is gone, or, every other time, gone in part."""
    chance = trial.chance if trial.number % 2 else None
    with trial.at_work(keeps=True) as work:
        with work.treasury.at_work():
            work.load(trial.chance)
            work.site.lose_power(chance)
        return work.start_and_judge()


def cut_database(trial: Round) -> list[str]:
    """Cut every connection again and again, then restart the server; the portal stays up.

    SQLite has no server: there another program holds the database for a while, and nobody may be
    refused for that.
    """
    with trial.at_work() as work:
        with work.treasury.at_work():
            work.load(trial.chance)
            cut = hold_sqlite if trial.engine == "sqlite" else cut_postgresql
            cut(work)
        return work.judge()


def cut_postgresql(work: Work) -> None:
    """Cut connections for two seconds, then end the server hard and start it again."""
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    end = time.monotonic() + 2.0
    while time.monotonic() < end:
        postgres.execute(
            postgres.url_of(work.site.cluster), f"{others} AND backend_type = 'client backend'"
        )
        time.sleep(0.02)
    work.site.kill("database")
    work.site.start_database()


def hold_sqlite(work: Work) -> None:
    """Hold the database for half a second, four times."""
    work.told.refused.clear()
    for _ in range(4):
        with closing(connect(work.site.data / "portal.sqlite", isolation_level=None)) as other:
            other.execute("PRAGMA busy_timeout = 10000")
            other.execute("BEGIN IMMEDIATE")
            time.sleep(0.5)
            other.execute("ROLLBACK")
        time.sleep(0.1)
    if work.told.refused:
        work.troubles.append(f"who had to wait was refused: {work.told.refused[:3]}")


def fill_disk(trial: Round) -> list[str]:
    """Let writes fail for moments, then for a second; afterwards there is room again.

    The database server ends at its first write that fails, before the portal's own are met: every
    other time it has a disk of its own.
    """
    has_room = frozenset({"database"}) if trial.number % 2 else frozenset()
    with trial.at_work(has_room=has_room) as work:
        with work.treasury.at_work():
            work.load(trial.chance)
            end = time.monotonic() + 3.0
            while time.monotonic() < end:
                time.sleep(trial.chance.uniform(0.0, 0.1))
                work.site.machine.fill_disk(trial.chance.randint(1, 4))
            work.site.machine.fill_disk()
            time.sleep(1.0)
            work.site.machine.free_disk()
        _supervise(work)
        return work.judge()


def _supervise(work: Work) -> None:
    """Start again what ended, as systemd would, until pages and database answer."""
    end = time.monotonic() + ANSWERS_WITHIN
    while time.monotonic() < end:
        for name in ("database", "web", "publisher"):
            process = work.site.running.get(name)
            if process is not None and process.poll() is not None:
                if name == "publisher":
                    work.troubles.append(f"the publisher ended: {work.site.said(name)}")
                work.site.start_one(name)
        if work.site.is_served() and work.site.has_database():
            return
        time.sleep(0.2)
    raise NotServedError(work.site.said("web"))


def shift_clock(trial: Round) -> list[str]:
    """Let the clock jump forwards and backwards while people act.

    Entries wait for their place, so that some wait together that were recorded around a jump.
    """
    with trial.at_work(inline=False, publishes_every=2.0) as work:
        with work.treasury.at_work():
            for shift in (DAY, -2 * DAY, 90, -HOUR, 0):
                time.sleep(0.7)
                work.site.machine.shift_clock(shift)
        return work.judge()


POWER = Fault("power", lose_power, plants=bugs.POWER, short=1)
RESTART = Fault("restart", cut_database, plants=bugs.RESTART)
FULL = Fault("full", fill_disk, plants=bugs.FULL)
CLOCK = Fault("clock", shift_clock, plants=bugs.CLOCK)
