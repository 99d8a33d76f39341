"""Clients who approve requests, each a process of its own, all of one arm in one database."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy import create_engine
from sqlalchemy import insert
from sqlalchemy import make_url
from sqlalchemy import text

from bench.approvals import FEW
from bench.approvals import install
from bench.approvals import settle
from bench.audits import KEEPERS
from bench.audits import Audit
from bench.files import numbered_eid
from bench.writers import LEAD
from bench.writers import Turn
from config import Settings
from portal.audit.models import LogEntry
from portal.db import owners_engine
from portal.db import prepare
from portal.db import writing
from portal.funds.service import approve_request
from portal.install import Install
from portal.roles import Actor
from tests.world import NOON

# Far from every id of an entry that was recorded.
SPARE = 10**9


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits to be approved, and the id of an empty entry, should none be made."""

    request_id: int
    version: int
    spare: str


@dataclass(frozen=True, slots=True)
class Place:
    """What a client's process must know."""

    settings: Settings
    audit: Audit
    packages: str
    chair: Actor


class Approvers:
    """So many clients of one arm."""

    def __init__(self, place: Place, waiting: list[Waiting], count: int, ends: ExitStack) -> None:
        spawn = get_context("spawn")
        self._waiting = waiting
        self._told = []
        for _ in range(count):
            mine, its = spawn.Pipe()
            process = spawn.Process(target=_approve, args=(place, its))
            process.start()
            ends.callback(process.join)
            ends.callback(mine.send, None)
            self._told.append(mine)
        for each in self._told:
            each.recv()  # it is ready

    def take(self, each_approves: int) -> Turn:
        """Let all of them approve so many."""
        start = time.perf_counter() + LEAD
        for client in self._told:
            client.send((start, [self._waiting.pop() for _ in range(each_approves)]))
        took = [client.recv() for client in self._told]
        per_second = sum(len(durations) / sum(durations) for durations in took)
        return Turn(per_second, [duration for durations in took for duration in durations])


def _approve(place: Place, told: Connection) -> None:
    sys.path.append(place.packages)
    spares: list[str] = []
    KEEPERS[place.audit].begin(iter(spares.pop, None))
    engine = create_engine(place.settings.database_url, hide_parameters=True)
    prepare(engine)
    info = Install(place.settings).session_info()
    told.send(None)
    while (turn := told.recv()) is not None:
        start, requests = turn
        time.sleep(max(0.0, start - time.perf_counter()))
        durations = []
        for one in requests:
            spares.append(one.spare)
            before = time.perf_counter()
            with writing(engine, info) as session:
                approve_request(
                    session,
                    one.request_id,
                    note="",
                    seen_version=one.version,
                    by=place.chair,
                    at=NOON,
                )
            durations.append(time.perf_counter() - before)
        told.send(durations)
    engine.dispose()


@contextmanager
def approvers(
    folder: Path, url: str, audit: Audit, *, packages: str, clients: int, requests: int
) -> Iterator[Approvers]:
    """Found a province for an arm, and let its clients come."""
    with install(folder, url, FEW, requests=requests) as ready, ExitStack() as ends:
        settings = ready.app.extensions["install"].settings
        spares = [numbered_eid(SPARE + number) for number in range(requests)]
        with writing(ready.engine, {}) as session:
            session.execute(insert(LogEntry), [{"eid": eid, "body": b"{}"} for eid in spares])
        settle(ready.engine)
        _prepare(settings, audit, packages)
        waiting = [
            Waiting(*request, eid) for request, eid in zip(ready.waiting, spares, strict=True)
        ]
        place = Place(settings, audit, packages, ready.chair)
        before = _kept(ready.engine, audit)
        yield Approvers(place, waiting, clients, ends)
        done = requests - len(waiting)
        if _kept(ready.engine, audit) < before + done:
            message = f"{audit} did not keep {done} approvals"
            raise RuntimeError(message)


def _kept(engine: Engine, audit: Audit) -> int:
    with engine.connect() as connection:
        rows = f"SELECT count(*) FROM {KEEPERS[audit].kept_in}"  # noqa: S608 - our own names
        return int(connection.execute(text(rows)).scalar_one())


def _prepare(settings: Settings, audit: Audit, packages: str) -> None:
    """Prepare an arm's database in a process of its own: a peer changes the one it is loaded in."""
    process = get_context("spawn").Process(target=_prepared, args=(settings, audit, packages))
    process.start()
    process.join()
    if process.exitcode:
        message = f"{audit} cannot be prepared"
        raise RuntimeError(message)


def _prepared(settings: Settings, audit: Audit, packages: str) -> None:
    sys.path.append(packages)
    with owners_engine(make_url(settings.database_url)).begin() as owner:
        KEEPERS[audit].prepare(owner)
