"""Writers that commit payments for a while, each in a process of its own, with or without the log.

Three arms: `base` inserts a payment, moves a balance and commits; `plain` adds a row to a bare
audit table; `audited` adds the entry of the act instead, with its private fields encrypted.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import BigInteger
from sqlalchemy import Column
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy import bindparam
from sqlalchemy import create_engine
from sqlalchemy import insert
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.orm import Session

from bench.files import AT
from bench.files import typical_draft
from config import Settings
from config import read_settings
from portal.app import create_app
from portal.audit.entry import uuid7
from portal.audit.models import Eid
from portal.audit.models import LogEntry
from portal.audit.service import record
from portal.cli import set_up
from portal.cli import upgrade_quietly
from portal.db import db
from portal.db import owners_engine
from portal.db import prepare
from portal.db import writing
from portal.install import Install
from tests.world import FOUNDED

PROVINCE = Path(__file__).parent.parent / "provinces" / "rayong.toml"
WRITERS_MAX = 8
PLENTY = 10**15
LEAD = 0.05

# Not the portal's: its migrations know nothing of these.
tables = MetaData()
balance = Table(
    "bench_balance",
    tables,
    Column("id", Integer, primary_key=True),
    Column("satang", BigInteger, nullable=False),
)
payment = Table(
    "bench_payment",
    tables,
    Column("id", Integer, primary_key=True),
    Column("balance_id", ForeignKey("bench_balance.id"), nullable=False),
    Column("reference", String(40), nullable=False),
    Column("amount_satang", BigInteger, nullable=False),
    Column("paid_at", String(40), nullable=False),
    Column("log_eid", Eid, ForeignKey(LogEntry.__table__.c.eid)),
)
audit = Table(
    "bench_audit",
    tables,
    Column("id", Integer, primary_key=True),
    Column("eid", String(36), unique=True, nullable=False),
    Column("at", String(40), nullable=False),
    Column("actor", Integer, nullable=False),
    Column("act", String(40), nullable=False),
    Column("told", Text, nullable=False),
)
ADD_PAYMENT = insert(payment)
ADD_AUDIT = insert(audit)
MOVE = (
    update(balance)
    .where(balance.c.id == bindparam("writer"))
    .values(satang=balance.c.satang - bindparam("paid"))
)


def _pay(session: Session, writer: int, number: int, eid: str | None) -> None:
    session.execute(
        ADD_PAYMENT,
        {
            "balance_id": writer,
            "reference": f"PAY-{writer}-{number}",
            "amount_satang": 150_000,
            "paid_at": AT.isoformat(),
            "log_eid": eid,
        },
    )
    session.execute(MOVE, {"writer": writer, "paid": 150_000})


def _base(session: Session, writer: int, number: int) -> None:
    _pay(session, writer, number, None)


def _plain(session: Session, writer: int, number: int) -> None:
    told = {
        "eid": uuid7(time.time_ns() // 1_000_000, secrets.token_bytes),
        "at": AT.isoformat(),
        "actor": 4,
        "act": "payment.prepared",
        "told": str(typical_draft(number).public),
    }
    session.execute(ADD_AUDIT, told)
    _pay(session, writer, number, None)


def _audited(session: Session, writer: int, number: int) -> None:
    _pay(session, writer, number, record(session, typical_draft(number)))


ARMS: dict[str, Callable[[Session, int, int], None]] = {
    "base": _base,
    "plain": _plain,
    "audited": _audited,
}


@dataclass(frozen=True, slots=True)
class Turn:
    """What one arm did in one turn: commits per second, and how long each took."""

    per_second: float
    seconds: list[float]


@contextmanager
def founded(folder: Path, url: str) -> Iterator[Settings]:
    """Found a province on this database, with a balance for each writer."""
    settings = read_settings(
        {
            "PORTAL_DATA_DIR": str(folder),
            "PORTAL_DATABASE_URL": url,
            "PORTAL_SECRET_KEY": "a benchmark's",
            "AUDIT_INLINE_PUBLISH": "0",
        }
    )
    app = create_app(settings)
    with app.app_context():
        upgrade_quietly()
        set_up(PROVINCE, at=FOUNDED)
        owner = owners_engine(db.engine.url)
        tables.create_all(owner, [balance, payment, audit])
        owner.dispose()
        with writing(db.engine, {}) as session:
            rows = [{"id": writer, "satang": PLENTY} for writer in range(WRITERS_MAX)]
            session.execute(insert(balance), rows)
            _check_durable(session)
        db.session.remove()
        db.engine.dispose()
        app.extensions["install"].vault.close()
        yield settings


def _check_durable(session: Session) -> None:
    """Refuse to measure commits that nobody could rely on."""
    if session.get_bind().dialect.name == "postgresql":
        found = [session.scalar(text(f"SHOW {n}")) for n in ("fsync", "synchronous_commit")]
        is_durable = found == ["on", "on"]
    else:
        found = [session.scalar(text(f"PRAGMA {n}")) for n in ("journal_mode", "synchronous")]
        is_durable = found == ["wal", 2]
    if not is_durable:
        message = f"the commits are not durable: {found}"
        raise RuntimeError(message)


class Writers:
    """So many processes that write at the same time, told arm by arm."""

    def __init__(self, settings: Settings, count: int, ends: ExitStack) -> None:
        spawn = get_context("spawn")
        self._told = []
        for writer in range(count):
            mine, its = spawn.Pipe()
            process = spawn.Process(target=_write, args=(settings, writer, its))
            process.start()
            ends.callback(process.join)
            ends.callback(mine.send, None)
            self._told.append(mine)
        for each in self._told:
            each.recv()  # it is ready

    def take(self, arm: str, seconds: float) -> Turn:
        """Let all of them commit by this arm for so long."""
        start = time.perf_counter() + LEAD
        for each in self._told:
            each.send((arm, start, seconds))
        took = [each.recv() for each in self._told]
        # The last commit of each ends after the bell; it counts by its own time.
        per_second = sum(len(durations) / sum(durations) for durations in took)
        return Turn(per_second, [duration for durations in took for duration in durations])


def _write(settings: Settings, writer: int, told: Connection) -> None:
    engine = create_engine(settings.database_url, hide_parameters=True)
    prepare(engine)
    info = Install(settings).session_info()
    number = 0
    told.send(None)
    while (turn := told.recv()) is not None:
        arm, start, seconds = turn
        act, durations = ARMS[arm], list[float]()
        time.sleep(max(0.0, start - time.perf_counter()))
        before = time.perf_counter()
        while not durations or before < start + seconds:
            with writing(engine, info) as session:
                act(session, writer, number)
            number += 1
            after = time.perf_counter()
            durations.append(after - before)
            before = after
        told.send(durations)
    engine.dispose()
