from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from secrets import token_hex
from threading import Barrier
from types import FrameType

import pytest
from sqlalchemy import Engine
from sqlalchemy import create_engine
from sqlalchemy import func
from sqlalchemy import make_url
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.audit import publisher
from portal.audit.check import bodies
from portal.audit.check import entries
from portal.audit.check import signed_head
from portal.audit.entry import Secret
from portal.audit.entry import leaf_hash
from portal.audit.folder import Folder
from portal.audit.folder import PublisherError
from portal.audit.merkle import Frontier
from portal.audit.models import LogEntry
from portal.audit.models import LogPending
from portal.audit.models import LogSeq
from portal.audit.note import Checkpoint
from portal.audit.service import record
from portal.audit.service import sequence
from portal.audit.signer import Signer
from portal.audit.signer import SignerError
from portal.audit.signer import load_key
from portal.db import Base
from portal.db import db
from portal.db import prepare
from portal.db import writing
from portal.people.acts import role_granted
from portal.people.queries import SYSTEM
from portal.publishing.models import PublishedPosition
from portal.publishing.service import publish
from portal.roles import Role
from tests.conftest import Portal
from tests.world import NOON
from tests.world import World

FOUNDED = 111
PERSON = Secret("person:1", {"id": 1})
only_postgresql = pytest.mark.parametrize("portal", ["postgresql"], indirect=True)


def say(session: Session) -> str:
    """Record the smallest act there is."""
    return record(session, role_granted(Role.AUDITOR, None, person=PERSON, by=SYSTEM, at=NOON))


def tell(portal: Portal, times: int = 1, *, engine: Engine | None = None) -> list[str]:
    """Record this many acts in one transaction."""
    with writing(engine or db.engine, portal.install.session_info()) as session:
        return [say(session) for _ in range(times)]


def tell_up_to(portal: Portal, size: int) -> None:
    with Session(db.engine) as session:
        held = session.scalar(select(func.count(LogEntry.seqno))) or 0
    tell(portal, size - held)


def order() -> list[str]:
    """Return the ids of all entries in the order of the log, which has no gaps."""
    with Session(db.engine) as session:
        rows = session.execute(
            select(LogSeq.idx, LogEntry.eid)
            .join(LogEntry, LogEntry.seqno == LogSeq.seqno)
            .order_by(LogSeq.idx)
        ).all()
        assert session.scalar(select(func.count(LogPending.pno))) == 0
    assert [row.idx for row in rows] == list(range(len(rows)))
    return [row.eid for row in rows]


@dataclass
class Log:
    """A published log and its signer: those of a portal, or a copy of both to go on with."""

    data: Path

    @property
    def folder(self) -> Folder:
        return Folder(self.data / "log")

    @cached_property
    def signer(self) -> Signer:
        folder = self.data / "signer"
        origin = (folder / "origin").read_text().strip()
        return Signer(
            folder / "signer.sqlite", load_key(self.data / "keys" / "log.pem"), origin=origin
        )

    def copy(self, to: Path) -> Log:
        for name in ("log", "signer", "keys"):
            shutil.copytree(self.data / name, to / name)
        return Log(to)

    def publish(self, engine: Engine | None = None) -> None:
        """Publish what has its index, without touching the database."""
        with Session(engine or db.engine) as session:
            while publisher.publish(session, self.folder, self.signer):
                pass

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.folder.path).as_posix(): path.read_bytes()
            for path in sorted(self.folder.path.rglob("*"))
            if path.is_file() and path.name != ".lock"
        }

    def heads(self) -> list[tuple[int, bytes]]:
        """Return every head that was ever signed."""
        with closing(sqlite3.connect(self.data / "signer" / "signer.sqlite")) as state:
            return state.execute("SELECT size, root FROM signed ORDER BY size").fetchall()

    def check(self) -> Checkpoint:
        """Check every byte, and that every head ever signed is a beginning of this log."""
        checkpoint = signed_head(self.folder, self.signer.vkey)
        assert len(list(entries(self.folder, checkpoint))) == checkpoint.size
        leaves = [leaf_hash(body) for _, body in bodies(self.folder, checkpoint.size)]
        for size, root in self.heads():
            assert Frontier().extend(leaves[:size]).root() == root
        assert self.heads()[-1] == (checkpoint.size, checkpoint.root)
        return checkpoint


@pytest.fixture
def log(portal: Portal) -> Log:
    return Log(portal.install.settings.data_dir)


def test_what_is_recorded_is_published_in_the_order_of_the_commits(
    portal: Portal, log: Log
) -> None:
    told = [eid for times in (1, 3, 2) for eid in tell(portal, times)]
    checkpoint = portal.install.publish(db.engine)
    assert checkpoint is not None
    assert checkpoint.size == FOUNDED + 6
    published = [entry.eid for _, entry in entries(log.folder, checkpoint)]
    assert published == order()
    assert published[FOUNDED:] == told


def test_publishing_again_changes_nothing(portal: Portal, log: Log) -> None:
    tell(portal, 2)
    first = portal.install.publish(db.engine)
    written, heads = log.files(), log.heads()
    touched = {path: path.stat().st_mtime_ns for path in log.folder.path.rglob("*/*")}
    for _ in range(3):
        assert portal.install.publish(db.engine) == first
    assert (log.files(), log.heads()) == (written, heads)
    assert {path: path.stat().st_mtime_ns for path in log.folder.path.rglob("*/*")} == touched


def test_there_is_no_log_before_the_first_act(tmp_path: Path, portal: Portal) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    prepare(engine)
    Base.metadata.create_all(engine)
    (tmp_path / "signer").mkdir()
    (tmp_path / "signer" / "origin").write_text(portal.install.signer.vkey.name)
    empty = Log(tmp_path)
    assert publish(engine, empty.folder, empty.signer) is None
    assert (empty.files(), empty.heads()) == ({}, [])
    engine.dispose()


def test_partial_tiles_stay_until_the_tile_is_full(portal: Portal, log: Log) -> None:
    for size in (200, 255):
        tell_up_to(portal, size)
        portal.install.publish(db.engine)
    sizes = (FOUNDED, 200, 255)
    assert log.files().keys() == {
        "checkpoint",
        *(f"tile/0/000.p/{size}" for size in sizes),
        *(f"tile/entries/000.p/{size}" for size in sizes),
    }
    tell_up_to(portal, 256)
    portal.install.publish(db.engine)
    full = {"checkpoint", "tile/0/000", "tile/1/000.p/1", "tile/entries/000"}
    assert log.files().keys() == full
    tell_up_to(portal, 300)
    portal.install.publish(db.engine)
    assert log.files().keys() == full | {"tile/0/001.p/44", "tile/entries/001.p/44"}
    log.check()


def test_a_partial_tile_goes_when_one_cycle_fills_more_than_it(portal: Portal, log: Log) -> None:
    tell_up_to(portal, 530)
    portal.install.publish(db.engine)
    assert log.files().keys() == {
        "checkpoint",
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/18",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/18",
    }
    log.check()


def forked(act: Callable[[], object]) -> int:
    """Do this in a process of its own and return its id."""
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException:  # noqa: BLE001 - whatever it was, this process ends here
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


def elsewhere(portal: Portal, log: Log) -> Callable[[], None]:
    """Give the publisher as another process runs it: with connections of its own."""

    def run() -> None:
        engine = create_engine(portal.install.settings.database_url)
        prepare(engine)
        publish(engine, log.folder, log.signer)

    return run


PLACES = {
    *(str(Path(publisher.__file__).with_name(f"{name}.py")) for name in ("folder", "signer")),
    publisher.__file__,
    str(Path(publisher.__file__).with_name("service.py")),
    str(Path(publisher.__file__).parents[1] / "publishing" / "service.py"),
}


def killed_at(step: int, act: Callable[[], None]) -> Callable[[], None]:
    """Let the act be killed before a step of the publisher: a line, on one way to it."""
    seen: set[tuple[int, ...]] = set()

    def way(frame: FrameType | None) -> Iterator[int]:
        while frame is not None:
            if frame.f_code.co_filename in PLACES:
                yield hash((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back

    def trace_line(frame: FrameType, event: str, _: object) -> Callable[..., object]:
        if event == "line":
            seen.add(tuple(way(frame)))
            if len(seen) > step:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace_line

    def trace(frame: FrameType, _event: str, _argument: object) -> Callable[..., object] | None:
        return trace_line if frame.f_code.co_filename in PLACES else None

    def run() -> None:
        sys.settrace(trace)
        act()

    return run


def test_a_killed_publisher_is_finished_by_the_next(
    portal: Portal, log: Log, tmp_path: Path
) -> None:
    pristine = log.copy(tmp_path / "undisturbed")
    run = elsewhere(portal, log)
    # Enough to fill the tile on the way, so that it is killed while cleaning up as well.
    tell_up_to(portal, 235)
    kills = 0
    for step in count(0, 4):
        tell(portal)
        _, status = os.waitpid(forked(killed_at(step, run)), 0)
        if not os.WIFSIGNALED(status):
            assert status == 0
            break
        kills += 1
        if kills % 2:
            # Half of the times more has happened before somebody starts it again.
            portal.install.publish(db.engine)
    assert kills > 30
    portal.install.publish(db.engine)
    checkpoint = log.check()
    assert checkpoint.size == len(order()) > 256
    pristine.publish()
    assert pristine.check() == checkpoint
    expected = pristine.files()
    assert {name: log.files().get(name) for name in expected} == expected
