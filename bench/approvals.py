"""Does an approval cost the same with 1,000 and with 100,000 earlier postings?

Both installs stand side by side and take turns; the figure is the median of the paired ratios.
Prints one JSON line for each engine. Run it with `make bench`.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import Session

from config import read_settings
from portal.app import create_app
from portal.audit.entry import uuid7
from portal.audit.models import LogEntry
from portal.audit.service import sequence
from portal.cli import set_up
from portal.cli import upgrade_quietly
from portal.db import db
from portal.db import writing
from portal.funds.books import check_books
from portal.funds.models import Balance
from portal.funds.models import JournalEntry
from portal.funds.models import PostingRow
from portal.funds.service import approve_request
from portal.money import Money
from portal.roles import Actor
from tests.postgres import postgres_server
from tests.world import ANSWER
from tests.world import FOUNDED
from tests.world import NOON
from tests.world import World

PROVINCE = Path(__file__).parent.parent / "provinces" / "rayong.toml"
FEW, MANY, ROUNDS, WARM_UP = 1_000, 100_000, 200, 20


@dataclass(frozen=True, slots=True)
class Ready:
    """An install with some history, and requests that wait to be approved."""

    app: Flask
    engine: Engine
    chair: Actor
    waiting: list[tuple[int, int]]


@contextmanager
def install(folder: Path, url: str, postings: int) -> Iterator[Ready]:
    """Found a province, give its books a history, and submit requests."""
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
        info = app.extensions["install"].session_info()
        with writing(db.engine, info) as session:
            add_history(session, postings)
        with writing(db.engine, info) as session:
            world = World(session)
            asked = replace(ANSWER, fund="EEF-ABE", amount=Money.baht(1))
            requests = [world.to_decide(answer=asked) for _ in range(ROUNDS + WARM_UP)]
            waiting = [(request.id, request.version) for request in requests]
            ready = Ready(app, db.engine, world.somchai, waiting)
        settle(db.engine)
        yield ready
        check_books(db.session)
        db.session.remove()
        db.engine.dispose()


def settle(engine: Engine) -> None:
    """Order the log, and let PostgreSQL count its rows, so that both sides start at rest."""
    while True:
        with writing(engine, {}) as session:
            if not sequence(session):
                break
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def add_history(session: Session, postings: int) -> None:
    """Add journal entries that move one satang to and fro, as if years had passed."""
    accounts = session.scalars(
        select(Balance.id).where(Balance.fund_code == "GEN", Balance.place == "available")
    ).all()
    here, there = accounts[:2]
    entries = [
        {"eid": uuid7(number, lambda size, n=number: n.to_bytes(size, "big")), "body": b"{}"}
        for number in range(postings // 2)
    ]
    session.execute(insert(LogEntry), entries)
    first = (session.scalar(select(JournalEntry.id).order_by(JournalEntry.id.desc())) or 0) + 1
    journal = [{"kind": "allocation", "at": FOUNDED, "log_eid": entry["eid"]} for entry in entries]
    session.execute(insert(JournalEntry), journal)
    rows = []
    for number in range(postings // 2):
        sign = 1 if number % 2 else -1
        rows.append({"journal_entry_id": first + number, "balance_id": here, "satang": sign})
        rows.append({"journal_entry_id": first + number, "balance_id": there, "satang": -sign})
    session.execute(insert(PostingRow), rows)


def approve_next(ready: Ready) -> float:
    """Approve the next request and return the seconds it took, commit included."""
    request_id, version = ready.waiting.pop()
    with ready.app.app_context():
        info = ready.app.extensions["install"].session_info()
        began = time.perf_counter()
        with writing(ready.engine, info) as session:
            approve_request(
                session, request_id, note="", seen_version=version, by=ready.chair, at=NOON
            )
        return time.perf_counter() - began


def compare(engine: str, few: Ready, many: Ready) -> None:
    """Let both take turns and print what was measured."""
    for _ in range(WARM_UP):
        approve_next(few)
        approve_next(many)
    pairs = []
    for turn in range(ROUNDS):
        if turn % 2:
            slow = approve_next(many)
            pairs.append((approve_next(few), slow))
        else:
            pairs.append((approve_next(few), approve_next(many)))
    ratio = statistics.median(slow / fast for fast, slow in pairs)
    result = {
        "bench": "approval with 100,000 earlier postings / with 1,000",
        "engine": engine,
        "rounds": ROUNDS,
        "median_ms_1000": round(statistics.median(fast for fast, _ in pairs) * 1000, 2),
        "median_ms_100000": round(statistics.median(slow for _, slow in pairs) * 1000, 2),
        "ratio": round(ratio, 3),
        "goal": 1.1,
    }
    print(json.dumps(result), flush=True)


def main() -> int:
    """Measure both engines."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few, many = folder / "few", folder / "many"
        with (
            install(few, f"sqlite:///{few / 'portal.sqlite'}", FEW) as fast,
            install(many, f"sqlite:///{many / 'portal.sqlite'}", MANY) as slow,
        ):
            compare("sqlite", fast, slow)
        with (
            postgres_server() as few_url,
            postgres_server() as many_url,
            install(folder / "pfew", few_url, FEW) as fast,
            install(folder / "pmany", many_url, MANY) as slow,
        ):
            compare("postgresql", fast, slow)
    return 0


if __name__ == "__main__":
    sys.exit(main())
