from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from secrets import token_hex
from threading import Barrier

import pytest
from sqlalchemy import Engine
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import func
from sqlalchemy import make_url
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.audit import publisher
from portal.audit import service
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
from portal.audit.queries import private_fields
from portal.audit.service import record
from portal.audit.service import sequence
from portal.audit.signer import Signer
from portal.audit.signer import SignerError
from portal.audit.signer import load_key
from portal.audit.signer import make_key
from portal.db import Base
from portal.db import db
from portal.db import owners_engine
from portal.db import prepare
from portal.db import writing
from portal.errors import PortalError
from portal.people.acts import role_granted
from portal.people.queries import SYSTEM
from portal.publishing.models import PublishedPosition
from portal.publishing.service import publish
from portal.roles import Role
from tests.conftest import Portal
from tests.conftest import owners
from tests.killing import forked
from tests.killing import killed_at
from tests.world import NOON
from tests.world import World

FOUNDED = 148
PERSON = Secret("person:1", {"id": 1})
# What is published does not depend on the engine.
files_only = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
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
            publisher.check_continues(session, self.folder, self.signer)
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
    published = [entry.eid for _, _, entry in entries(log.folder, checkpoint)]
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


@files_only
def test_there_is_no_log_before_the_first_act(tmp_path: Path, portal: Portal) -> None:
    engine = owners_engine(make_url(f"sqlite:///{tmp_path / 'empty.sqlite'}"))
    Base.metadata.create_all(engine)
    (tmp_path / "signer").mkdir()
    (tmp_path / "signer" / "origin").write_text(portal.install.signer.vkey.name)
    make_key(tmp_path / "keys" / "log.pem")
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
        "policy",
        *(f"tile/0/000.p/{size}" for size in sizes),
        *(f"tile/entries/000.p/{size}" for size in sizes),
    }
    tell_up_to(portal, 256)
    portal.install.publish(db.engine)
    full = {"checkpoint", "policy", "tile/0/000", "tile/1/000.p/1", "tile/entries/000"}
    assert log.files().keys() == full
    tell_up_to(portal, 300)
    portal.install.publish(db.engine)
    assert log.files().keys() == full | {"tile/0/001.p/44", "tile/entries/001.p/44"}
    log.check()


@files_only
def test_a_partial_tile_goes_when_one_cycle_fills_more_than_it(portal: Portal, log: Log) -> None:
    tell_up_to(portal, 530)
    portal.install.publish(db.engine)
    assert log.files().keys() == {
        "checkpoint",
        "policy",
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/18",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/18",
    }
    log.check()


@files_only
def test_the_partial_tiles_that_a_stopped_publisher_left_go_next(portal: Portal, log: Log) -> None:
    before = log.files()
    tell_up_to(portal, 300)
    portal.install.publish(db.engine)
    for name in before.keys() - {"checkpoint"}:
        log.folder.write(name, before[name])
    log.check()
    tell(portal)
    portal.install.publish(db.engine)
    assert not log.files().keys() & (before.keys() - {"checkpoint", "policy"})
    log.check()


def elsewhere(portal: Portal, log: Log) -> Callable[[], None]:
    """Give the publisher as another process runs it: with connections of its own."""

    def run() -> None:
        engine = create_engine(portal.install.settings.database_url)
        prepare(engine)
        publish(engine, log.folder, log.signer)

    return run


def test_a_killed_publisher_is_finished_by_the_next(
    portal: Portal, log: Log, tmp_path: Path
) -> None:
    undisturbed = log.copy(tmp_path / "undisturbed")
    run = elsewhere(portal, log)
    # Enough to fill the tile on the way, so that it is killed while cleaning up as well.
    tell_up_to(portal, 235)
    kills = 0
    # Every eighth of about 320 steps, others on each engine; with `count()` it is every one.
    for step in count(0 if db.engine.dialect.name == "sqlite" else 4, 8):
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
    undisturbed.publish()
    assert undisturbed.check() == checkpoint
    expected = undisturbed.files()
    assert {name: log.files().get(name) for name in expected} == expected


class PowerCutError(BaseException):
    """The machine stops between two writes."""


@files_only
def test_a_cut_at_any_write_leaves_a_log_that_goes_on(
    portal: Portal, log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_up_to(portal, 300)
    with writing(db.engine, {}) as session:
        sequence(session)
    undisturbed = log.copy(tmp_path / "undisturbed")
    undisturbed.publish()
    expected = undisturbed.check()
    for cut in count():
        left, broken = [cut], log.copy(tmp_path / f"cut-{cut}")
        with monkeypatch.context() as patched:
            for name in ("fsync", "replace"):
                patched.setattr(os, name, dying(getattr(os, name), left))
            try:
                broken.publish()
            except PowerCutError:
                pass
            else:
                break
        # Served or not, what is signed is whole and what is there is signed.
        served = signed_head(broken.folder, broken.signer.vkey)
        assert (served.size, served.root) in broken.heads()
        assert len(list(entries(broken.folder, served))) == served.size
        broken.publish()
        assert broken.check() == expected
        assert undisturbed.files().items() <= broken.files().items()
    files, new_folders = 6, 4
    assert cut == 3 * files + new_folders


def dying(real: Callable[..., object], left: list[int]) -> Callable[..., object]:
    """Let the machine stop instead of the call after this many more."""

    def call(*arguments: object) -> object:
        if left[0] == 0:
            raise PowerCutError
        left[0] -= 1
        return real(*arguments)

    return call


def test_what_was_ordered_and_not_signed_is_signed_next(portal: Portal, log: Log) -> None:
    tell(portal, 3)
    with writing(db.engine, {}) as session:
        assert sequence(session) == 3
    with writing(db.engine, {}) as session:
        assert sequence(session) == 0
    assert log.heads()[-1][0] == FOUNDED
    portal.install.publish(db.engine)
    assert log.check().size == FOUNDED + 3


def test_what_was_signed_and_not_folded_is_folded_next(portal: Portal, log: Log) -> None:
    tell(portal, 3)
    with writing(db.engine, {}) as session:
        sequence(session)
    log.publish()
    with Session(db.engine) as session:
        assert session.get_one(PublishedPosition, 1).size == FOUNDED
    portal.install.publish(db.engine)
    with Session(db.engine) as session:
        assert session.get_one(PublishedPosition, 1).size == FOUNDED + 3


@files_only
def test_what_was_signed_and_not_served_is_served_next(portal: Portal, log: Log) -> None:
    older = log.folder.read("checkpoint")
    tell(portal, 3)
    portal.install.publish(db.engine)
    newer = log.folder.read("checkpoint")
    (log.folder.path / "checkpoint").write_bytes(older)
    portal.install.publish(db.engine)
    assert log.folder.read("checkpoint") == newer


def test_publishers_at_once_never_fork(portal: Portal, log: Log) -> None:
    engine, start = db.engine, Barrier(5)

    def publishing() -> None:
        mine = Log(log.data)
        start.wait()
        for _ in range(8):
            publish(engine, mine.folder, mine.signer)

    def recording() -> list[str]:
        start.wait()
        return [eid for _ in range(12) for eid in tell(portal, engine=engine)]

    with ThreadPoolExecutor(5) as threads:
        publishers = [threads.submit(publishing) for _ in range(3)]
        recorders = [threads.submit(recording) for _ in range(2)]
        told = [recorder.result() for recorder in recorders]
        assert [one.result() for one in publishers] == [None] * 3
    portal.install.publish(db.engine)
    assert log.check().size == FOUNDED + 24
    published = order()
    for eids in told:
        assert [eid for eid in published if eid in eids] == eids


def test_publishers_in_processes_of_their_own_never_fork(portal: Portal, log: Log) -> None:
    run = elsewhere(portal, log)

    def often() -> None:
        for _ in range(15):
            run()

    children = [forked(often) for _ in range(2)]
    told = [eid for _ in range(30) for eid in tell(portal)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    portal.install.publish(db.engine)
    assert log.check().size == FOUNDED + 30
    assert order()[FOUNDED:] == told


@files_only
def test_a_publisher_that_saw_an_older_head_signs_nothing(log: Log) -> None:
    # As if the lock on the folder had not held: two machines, one signer's state.
    seen = log.signer.head()
    assert seen is not None
    one = seen.frontier.extend([leaf_hash(b"one")])
    other = seen.frontier.extend([leaf_hash(b"other")])
    longer = other.extend([leaf_hash(b"more")])
    copy = log.copy(log.data / "copy")
    copy.signer.sign(one, seen=seen.frontier)
    heads = copy.heads()
    for grown in (one, other, longer):
        with pytest.raises(SignerError, match=f"signed {FOUNDED + 1} entries meanwhile"):
            copy.signer.sign(grown, seen=seen.frontier)
    for grown in (one, seen.frontier, Frontier()):
        with pytest.raises(SignerError):
            copy.signer.sign(grown, seen=one)
    assert copy.heads() == heads
    with (
        closing(sqlite3.connect(copy.data / "signer" / "signer.sqlite")) as state,
        pytest.raises(sqlite3.IntegrityError, match="never goes back"),
    ):
        state.execute("INSERT OR REPLACE INTO signed SELECT * FROM signed WHERE size = 149")


@files_only
def test_a_signer_that_lost_its_state_signs_nothing(log: Log, tmp_path: Path) -> None:
    copy = log.copy(tmp_path / "copy")
    (copy.data / "signer" / "signer.sqlite").unlink()
    written = copy.files()
    with pytest.raises(PublisherError, match=r"its state is lost\. Nothing was signed"):
        copy.publish()
    assert (copy.files(), copy.heads()) == (written, [])


@pytest.fixture
def backup(portal: Portal, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """The database as it was on the day the foundation was set up, restored elsewhere."""
    url = make_url(portal.install.settings.database_url)
    if url.get_backend_name() == "sqlite":
        path = tmp_path / "backup.sqlite"
        shutil.copyfile(request.getfixturevalue("founded_sqlite") / "portal.sqlite", path)
        engine = create_engine(f"sqlite:///{path}")
        prepare(engine)
        yield engine
        engine.dispose()
        return
    _, template = request.getfixturevalue("founded_postgresql")
    name = f"backup_{token_hex(4)}"
    server = create_engine(request.getfixturevalue("postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
        engine = create_engine(url.set(database=name))
        try:
            yield engine
        finally:
            engine.dispose()
            connection.execute(text(f"DROP DATABASE {name}"))
    server.dispose()


def test_a_restored_older_database_is_refused(portal: Portal, log: Log, backup: Engine) -> None:
    tell(portal, 5)
    portal.install.publish(db.engine)
    written, heads = log.files(), log.heads()
    sentence = (
        f"The database holds {FOUNDED} entries, {FOUNDED + 5} are signed and published: it was "
        "restored from an older backup. Nothing was ordered or signed. Stop the pages, and "
        "restore a newer copy of the database; `log missing` lists what this one lacks."
    )
    # Nor when people have gone on working with it, until it holds as many entries again.
    for since in range(8):
        with pytest.raises(PublisherError, match=re.escape(sentence)):
            publish(backup, log.folder, log.signer)
        with Session(backup) as session:
            assert session.scalar(select(func.count(LogPending.pno))) == since
        tell(portal, engine=backup)
    assert (log.files(), log.heads()) == (written, heads)


def test_a_gap_in_the_order_is_refused(portal: Portal, log: Log) -> None:
    tell(portal, 3)
    with writing(db.engine, {}) as session:
        sequence(session)
    heads = log.heads()
    with Session(owners()) as session:
        if db.engine.dialect.name == "postgresql":
            session.execute(text("ALTER TABLE log_seq DISABLE TRIGGER ALL"))
        else:
            session.execute(text("DROP TRIGGER log_seq_no_delete"))
        session.execute(text("DELETE FROM log_seq WHERE idx = 149"))
        with pytest.raises(PublisherError, match="The database lacks entry 149 of the log"):
            publisher.publish(session, log.folder, log.signer)
        session.execute(text("DELETE FROM log_seq WHERE idx = 148"))
        with pytest.raises(PublisherError, match="The database lacks entry 148 of the log"):
            publisher.publish(session, log.folder, log.signer)
        session.rollback()
    assert log.heads() == heads


@files_only
@pytest.mark.parametrize("more", [1, 300])
def test_a_flipped_byte_in_the_newest_tile_is_refused(
    portal: Portal, log: Log, tmp_path: Path, more: int
) -> None:
    tell(portal, more)
    with writing(db.engine, {}) as session:
        sequence(session)
    name = f"tile/0/000.p/{FOUNDED}"
    for at in (0, 1000, FOUNDED * 32 - 1):
        copy = log.copy(tmp_path / str(at))
        refused_when_flipped(copy, name, at)


@files_only
def test_a_flipped_byte_in_the_newest_bundle_is_refused(
    portal: Portal, log: Log, tmp_path: Path
) -> None:
    tell(portal)
    with writing(db.engine, {}) as session:
        sequence(session)
    name = f"tile/entries/000.p/{FOUNDED}"
    last = len(log.folder.read(name)) - 1
    for at in (0, 1, 2, 1000, last):
        copy = log.copy(tmp_path / str(at))
        refused_when_flipped(copy, name, at)


def refused_when_flipped(copy: Log, name: str, at: int) -> None:
    heads, checkpoint = copy.heads(), copy.folder.read("checkpoint")
    path = copy.folder.path / name
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
    for _ in range(2):
        with pytest.raises(PortalError):
            copy.publish()
    assert copy.heads() == heads
    assert copy.folder.read("checkpoint") == checkpoint


@files_only
def test_a_tile_that_says_something_else_is_never_overwritten(
    portal: Portal, log: Log, tmp_path: Path
) -> None:
    tell(portal)
    with writing(db.engine, {}) as session:
        sequence(session)
    for kind in ("0", "entries"):
        name = f"tile/{kind}/000.p/{FOUNDED + 1}"
        copy = log.copy(tmp_path / kind)
        (copy.folder.path / name).write_bytes(b"something else")
        with pytest.raises(PublisherError, match=f"{name} holds other bytes than the database"):
            copy.publish()
        assert (copy.folder.path / name).read_bytes() == b"something else"
        assert copy.heads()[-1][0] == FOUNDED


def test_a_savepoint_rolled_back_leaves_no_entry(portal: Portal, log: Log) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        first = say(session)
        nested = session.begin_nested()
        lost = say(session)
        World(session).submitted()
        nested.rollback()
        second = say(session)
    portal.install.publish(db.engine)
    assert order()[FOUNDED:] == [first, second]
    assert lost not in order()
    assert log.check().size == FOUNDED + 2


def test_an_act_that_fails_leaves_no_entry(portal: Portal, log: Log) -> None:
    def failing() -> None:
        with writing(db.engine, portal.install.session_info()) as session:
            say(session)
            raise LookupError

    with pytest.raises(LookupError):
        failing()
    portal.install.publish(db.engine)
    assert log.check().size == len(order()) == FOUNDED


@only_postgresql
def test_no_effect_stands_before_its_cause(portal: Portal) -> None:
    info = portal.install.session_info()
    with writing(db.engine, info) as b:
        effect = say(b)
        with writing(db.engine, info) as a:
            cause = say(a)
        assert b.scalar(select(LogEntry.eid).where(LogEntry.eid == cause)) == cause
    portal.install.publish(db.engine)
    assert order()[FOUNDED:] == [cause, effect]


@only_postgresql
def test_a_late_commit_with_a_lower_number_is_not_lost(portal: Portal, log: Log) -> None:
    with writing(db.engine, portal.install.session_info()) as late:
        slow = say(late)
        # It has its place in the queue, but nobody sees it before the commit.
        late.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        (quick,) = tell(portal)
        portal.install.publish(db.engine)
        assert log.check().size == FOUNDED + 1
    portal.install.publish(db.engine)
    assert order()[FOUNDED:] == [quick, slow]
    assert log.check().size == FOUNDED + 2


@only_postgresql
def test_a_commit_while_the_queue_is_emptied_is_not_lost(portal: Portal) -> None:
    with ExitStack() as until_committed:
        late = until_committed.enter_context(writing(db.engine, portal.install.session_info()))
        slow = say(late)
        late.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        (quick,) = tell(portal)

        def commit_late(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if statement.startswith("DELETE FROM log_pending"):
                until_committed.close()

        event.listen(db.engine, "before_cursor_execute", commit_late)
        portal.install.publish(db.engine)
        event.remove(db.engine, "before_cursor_execute", commit_late)
    assert order()[FOUNDED:] == [quick, slow]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_many_acts_at_once_are_in_the_log_in_their_order(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(service, "AT_ONCE", 3)
    subjects = [f"person:{number}" for number in range(count)]
    with writing(db.engine, portal.install.session_info()) as session:
        one = say(session)
        many = service.record_all(
            session,
            (
                role_granted(Role.AUDITOR, None, person=Secret(who, 1), by=SYSTEM, at=NOON)
                for who in subjects
            ),
        )
        whose = [
            {row.subject for row in private_fields(session, eid) if row.field == "person"}
            for eid in many
        ]
    assert whose == [{who} for who in subjects]
    portal.install.publish(db.engine)
    assert order()[FOUNDED:] == [one, *many]


def test_eight_who_record_at_once_are_all_in_the_log(portal: Portal, log: Log) -> None:
    engine, start = db.engine, Barrier(8)

    def recording(_: int) -> list[str]:
        start.wait()
        return [eid for times in (1, 2, 3) for eid in tell(portal, times, engine=engine)]

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(recording, range(8)))
    portal.install.publish(db.engine)
    published = order()
    assert len(published) == FOUNDED + 48
    assert sorted(published[FOUNDED:]) == sorted(eid for eids in told for eid in eids)
    for eids in told:
        assert [eid for eid in published if eid in eids] == eids
    assert log.check().size == FOUNDED + 48
