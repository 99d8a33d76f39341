"""What does the log cost a commit, and its files a reader? Run it with `make bench-log`.

Prints a JSON line for each figure as it is found, then all of them as a table. The arms of a
comparison take turns within one run; a ratio is the median of the paired ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy import create_engine
from sqlalchemy import insert

from bench.files import entry_bodies
from bench.files import numbered_eid
from bench.files import small_bodies
from bench.files import write_log
from bench.proofs import Result
from bench.proofs import audit_elsewhere
from bench.proofs import compare_verification
from bench.proofs import measure_proofs
from bench.proofs import measure_verifying
from bench.writers import ARMS
from bench.writers import Turn
from bench.writers import Writers
from bench.writers import founded
from config import Settings
from portal.audit.folder import Folder
from portal.audit.models import LogEntry
from portal.audit.service import BATCH
from portal.audit.service import sequence
from portal.db import prepare
from portal.db import writing
from tests.postgres import postgres_server

GOALS = {
    ("sqlite", 1): 0.50,
    ("sqlite", 8): 0.65,
    ("postgresql", 1): 0.55,
    ("postgresql", 8): 0.50,
}
PROOFS = 2000


def measure_commits(
    settings: Settings, engine: str, count: int, *, rounds: int, seconds: float
) -> Result:
    """Let so many writers commit by each arm in turn, and compare round by round."""
    turns: dict[str, list[Turn]] = {arm: [] for arm in ARMS}
    with ExitStack() as ends:
        writers = Writers(settings, count, ends)
        for arm in ARMS:
            writers.take(arm, seconds)
        for turn in range(rounds):
            for arm in ARMS if turn % 2 else reversed(ARMS):
                turns[arm].append(writers.take(arm, seconds))
    return {
        "what": f"audited / raw commit, {engine}, writers: {count}",
        "rounds": rounds,
        "ratio": _ratio(turns["audited"], turns["base"]),
        "goal": f">= {GOALS[engine, count]:.2f}",
        "plain_ratio": _ratio(turns["plain"], turns["base"]),
        "audited_to_plain": _ratio(turns["audited"], turns["plain"]),
        **{f"{arm}_per_s": _per_second(taken) for arm, taken in turns.items()},
        **{f"{arm}_p50_ms": _p50(taken) for arm, taken in turns.items()},
    }


def _ratio(ours: list[Turn], others: list[Turn]) -> float:
    pairs = zip(ours, others, strict=True)
    return round(statistics.median(a.per_second / b.per_second for a, b in pairs), 3)


def _per_second(turns: list[Turn]) -> int:
    return round(statistics.median(turn.per_second for turn in turns))


def _p50(turns: list[Turn]) -> float:
    return round(statistics.median(second for turn in turns for second in turn.seconds) * 1000, 2)


def measure_sequencer(settings: Settings, name: str, *, batches: int) -> Result:
    """Order full batches of waiting entries."""
    engine = create_engine(settings.database_url)
    prepare(engine)
    _let_wait(engine, batches * BATCH)
    took = []
    for _ in range(batches):
        before = time.perf_counter()
        with writing(engine, {}) as session:
            ordered = sequence(session)
        took.append((time.perf_counter() - before) / ordered)
    engine.dispose()
    return {
        "what": f"sequencer, {name}",
        "rounds": batches,
        "entries_per_s": round(1 / statistics.median(took)),
        "goal": ">= 20,000 per s",
    }


def _let_wait(engine: Engine, count: int) -> None:
    """Let exactly so many entries wait to be ordered, commit by commit as they come."""
    with writing(engine, {}) as session:
        while sequence(session):
            pass
    with writing(engine, {}) as session:
        rows = [{"eid": numbered_eid(number), "body": b"{}"} for number in range(count)]
        session.execute(insert(LogEntry), rows)


def commit_results(chosen: argparse.Namespace) -> Iterator[Result]:
    """Measure the commits and the sequencer on both engines."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as ends:
        folder = Path(name)
        urls = {
            "sqlite": f"sqlite:///{folder / 'sqlite' / 'portal.sqlite'}",
            "postgresql": ends.enter_context(postgres_server(options="")),
        }
        for engine, url in urls.items():
            with founded(folder / engine, url) as settings:
                for count in (1, 8):
                    yield measure_commits(
                        settings, engine, count, rounds=chosen.rounds, seconds=chosen.seconds
                    )
                yield measure_sequencer(settings, engine, batches=chosen.rounds)


def file_results(chosen: argparse.Namespace) -> Iterator[Result]:
    """Measure what the files of a log of entries, and of a larger one, cost a reader."""
    with tempfile.TemporaryDirectory() as name:
        log = write_log(Folder(Path(name)), chosen.entries, entry_bodies())
        yield audit_elsewhere(log, is_parsed=True)
        yield audit_elsewhere(log, is_parsed=False)
        yield measure_verifying(log, count=PROOFS)
        yield from compare_verification(log, rounds=chosen.rounds)
    with tempfile.TemporaryDirectory() as name:
        log = write_log(Folder(Path(name)), chosen.large, small_bodies)
        yield from measure_proofs(log, count=PROOFS)
        yield audit_elsewhere(log, is_parsed=False)


PARTS = {"commits": commit_results, "files": file_results}


def print_table(results: list[Result]) -> None:
    """Print the results once more, to be read."""
    for result in results:
        print(f"\n{result['what']}")
        for name, value in result.items():
            if name != "what":
                print(f"  {name:>18}  {value}")


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="one part instead of both")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.0, help="how long an arm's turn takes")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--large", type=int, default=10_000_000)
    chosen = parser.parse_args()
    results = []
    for part, measure in PARTS.items():
        if chosen.only in {None, part}:
            for result in measure(chosen):
                load = round(os.getloadavg()[0], 1)
                results.append({"bench": "log", **result, "load": load})
                print(json.dumps(results[-1], ensure_ascii=False), flush=True)
    print_table(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
