"""What does it cost to verify the log, beside reading its rows; and does a proof grow with it?

`log check` reads every published file, verifies every hash, signature, form and rule, folds the
public tables anew and compares the database with both. Beside it stands the plain question for the
same rows. Prints a JSON line for each figure. Run it with `make bench`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection
from sqlalchemy import create_engine
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.files import entry_bodies
from bench.files import numbered_eid
from bench.files import small_bodies
from bench.files import write_log
from bench.proofs import measure_proofs
from bench.proofs import verify_files
from bench.treasury import founded
from portal.audit.folder import Folder
from portal.audit.models import LogEntry
from portal.db import ROWS_AT_ONCE
from portal.db import db
from portal.db import writing
from tests.postgres import postgres_server
from tests.reporting import gift
from tests.world import NOON
from tests.world import World

Result = dict[str, object]
PROOFS = 200


def read_rows(connection: Connection) -> int:
    """Read every entry as it lies in the database; return how many there are."""
    statement = select(LogEntry.seqno, LogEntry.eid, LogEntry.body).order_by(LogEntry.seqno)
    held = connection.execution_options(yield_per=ROWS_AT_ONCE)
    return sum(1 for _ in held.execute(statement))


def by_turns(ours: Callable[[], object], peer: Callable[[], object], *, rounds: int) -> Result:
    """Compare the seconds of CPU that both take, turn by turn; what the server does is not ours."""
    pairs = []
    for turn in range(-1, rounds):  # the first round warms up
        took = {act: _cpu_seconds(act) for act in ((ours, peer) if turn % 2 else (peer, ours))}
        if turn >= 0:
            pairs.append((took[ours], took[peer]))
    return {
        "rounds": rounds,
        "ours": f"{statistics.median(mine for mine, _ in pairs):.2f} s CPU",
        "peer": f"{statistics.median(theirs for _, theirs in pairs):.2f} s CPU",
        "ratio": round(statistics.median(mine / theirs for mine, theirs in pairs), 2),
    }


def _cpu_seconds(act: Callable[[], object]) -> float:
    before = time.process_time()
    act()
    return time.process_time() - before


def check_results(engine: str, place: Path, url: str, told: argparse.Namespace) -> Iterator[Result]:
    """Compare `log check`, on a log of real acts, with reading the rows."""
    with founded(place, url) as install:
        with writing(db.engine, install.session_info()) as session:
            world = World(session)
            for _ in range(told.acts):
                gift(world, NOON)
        install.publish(db.engine)
        with Session(db.engine) as session:
            size = install.check_log(session).size
            yield {
                "engine": engine,
                "what": "log check / reading the rows",
                "entries": size,
                **by_turns(
                    lambda: install.check_log(session),
                    lambda: read_rows(session.connection()),
                    rounds=told.rounds,
                ),
            }


def hash_result(told: argparse.Namespace) -> Result:
    """Compare verifying every hash from the files with reading the same rows from SQLite."""
    with TemporaryDirectory() as name:
        place, bodies = Path(name), entry_bodies()
        log = write_log(Folder(place / "log"), told.entries, bodies)
        engine = create_engine(f"sqlite:///{place / 'rows.sqlite'}")
        LogEntry.metadata.create_all(engine, [LogEntry.metadata.tables["log_entry"]])
        with engine.begin() as connection:
            for start in range(0, told.entries, ROWS_AT_ONCE):
                count = min(ROWS_AT_ONCE, told.entries - start)
                rows = [
                    {"eid": numbered_eid(start + number), "body": body}
                    for number, body in enumerate(bodies(start, count))
                ]
                connection.execute(insert(LogEntry), rows)
            compared = by_turns(
                lambda: verify_files(log), lambda: read_rows(connection), rounds=told.rounds
            )
        engine.dispose()
        return {
            "engine": "sqlite",
            "what": "every hash / reading the rows",
            "entries": told.entries,
            **compared,
        }


def proof_results(told: argparse.Namespace) -> Iterator[Result]:
    """Compare proofs from a large log with those from a small one."""
    with TemporaryDirectory() as name:
        logs = [
            write_log(Folder(Path(name) / str(size)), size, small_bodies)
            for size in (told.entries, told.few)
        ]
        taken: list[list[Mapping[str, object]]] = []
        for _ in range(told.rounds):
            large, small = (list(measure_proofs(log, count=PROOFS))[1:] for log in logs)
            taken += [[*pair] for pair in zip(large, small, strict=True)]
    for kind in ("inclusion", "consistency"):
        pairs = [
            [float(str(one["cpu_p50_ms"])) for one in pair]
            for pair in taken
            if str(pair[0]["what"]).startswith(kind)
        ]
        yield {
            "what": f"{kind} proof at {told.entries:,} / at {told.few:,}",
            "rounds": told.rounds,
            "ours": f"{statistics.median(large for large, _ in pairs):.2f} ms CPU",
            "peer": f"{statistics.median(small for _, small in pairs):.2f} ms CPU",
            "ratio": round(statistics.median(large / small for large, small in pairs), 2),
        }


def results(told: argparse.Namespace) -> Iterator[Result]:
    """Measure all of it."""
    with TemporaryDirectory() as name:
        place = Path(name) / "instance"
        yield from check_results("sqlite", place, f"sqlite:///{place / 'portal.sqlite'}", told)
    with TemporaryDirectory() as name, postgres_server() as url:
        yield from check_results("postgresql", Path(name), url, told)
    yield hash_result(told)
    yield from proof_results(told)


def main() -> None:
    """Print every figure as it is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--acts", type=int, default=5_000, help="what is in the log to be checked")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    for result in results(parser.parse_args()):
        print(json.dumps({"bench": "verifying", **result}), flush=True)


if __name__ == "__main__":
    main()
