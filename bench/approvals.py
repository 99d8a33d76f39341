"""Does an approval cost the same with 1,000 and with 100,000 earlier postings?

Both installs stand side by side and take turns; the figure is the median of the paired ratios.
Prints one JSON line for each engine. Run it with `make bench`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
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

from bench.files import numbered_eid
from config import read_settings
from portal.app import create_app
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
def install(folder: Path, url: str, postings: int, *, requests: int) -> Iterator[Ready]:
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
            waiting = [
                (request.id, request.version)
                for request in (world.to_decide(answer=asked) for _ in range(requests))
            ]
            ready = Ready(app, db.engine, world.somchai, waiting)
        settle(db.engine)
        yield ready
        check_books(db.session())
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
    entries = [{"eid": numbered_eid(number), "body": b"{}"} for number in range(postings // 2)]
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


def compare(few: Ready, many: Ready, *, rounds: int) -> dict[str, object]:
    """Let both take turns, and tell what was measured."""
    for _ in range(WARM_UP):
        approve_next(few)
        approve_next(many)
    pairs = []
    for turn in range(rounds):
        if turn % 2:
            slow = approve_next(many)
            pairs.append((approve_next(few), slow))
        else:
            pairs.append((approve_next(few), approve_next(many)))
    return {
        "rounds": rounds,
        "ours": f"{statistics.median(slow for _, slow in pairs) * 1000:.2f} ms",
        "peer": f"{statistics.median(fast for fast, _ in pairs) * 1000:.2f} ms",
        "ratio": round(statistics.median(slow / fast for fast, slow in pairs), 3),
        "goal": 1.1,
    }


def results(engine: str, chosen: argparse.Namespace) -> dict[str, object]:
    """Measure one engine."""
    requests = chosen.rounds + WARM_UP
    with tempfile.TemporaryDirectory() as name, ExitStack() as ends:
        sides = []
        for postings in (FEW, chosen.many):
            folder = Path(name) / str(postings)
            url = f"sqlite:///{folder / 'portal.sqlite'}"
            if engine == "postgresql":
                url = ends.enter_context(postgres_server())
            sides.append(ends.enter_context(install(folder, url, postings, requests=requests)))
        return compare(*sides, rounds=chosen.rounds)


def main() -> None:
    """Measure both engines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--many", type=int, default=MANY, help="earlier postings of one side")
    chosen = parser.parse_args()
    for engine in ("sqlite", "postgresql"):
        what = f"approval with {chosen.many:,} earlier postings / with {FEW:,}"
        line = {"bench": "approvals", "engine": engine, "what": what, **results(engine, chosen)}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
