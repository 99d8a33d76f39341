"""What does the log cost an approval, and what do others' audits cost it? Run it with `make bench`.

Each arm has a database and clients of its own; they take turns at the same approvals, with every
commit on disk. Prints a JSON line for each figure.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import ExitStack
from contextlib import nullcontext
from pathlib import Path

from bench.approvers import approvers
from bench.audits import Audit
from bench.audits import packages
from bench.writers import Turn
from judges.bringing import MissingError
from tests.postgres import postgres_server

Result = dict[str, object]
Turns = Mapping[Audit, Sequence[Turn]]
OWN = (Audit.OFF, Audit.OURS)
PEERS = {
    "sqlite": (Audit.CONTINUUM,),
    "postgresql": (Audit.TRIGGERS, Audit.CONTINUUM),
}
CLIENTS = 8
WARM_UP = 2


def taken(engine: str, audits: Sequence[Audit], told: argparse.Namespace, *, clients: int) -> Turns:
    """Let the arms approve by turns."""
    turns: dict[Audit, list[Turn]] = {audit: [] for audit in audits}
    requests = clients * told.each * (told.rounds + WARM_UP)
    with tempfile.TemporaryDirectory() as name, ExitStack() as ends:
        arms = {}
        for audit in audits:
            folder = Path(name) / audit
            sqlite = nullcontext(f"sqlite:///{folder / 'portal.sqlite'}")
            # As a server is set up, with every commit on disk.
            url = ends.enter_context(sqlite if engine == "sqlite" else postgres_server(""))
            arms[audit] = ends.enter_context(
                approvers(
                    folder, url, audit, packages=told.packages, clients=clients, requests=requests
                )
            )
        for turn in range(-WARM_UP, told.rounds):
            for audit in audits if turn % 2 else reversed(audits):
                one = arms[audit].take(told.each)
                if turn >= 0:
                    turns[audit].append(one)
    return turns


def milliseconds(turns: Sequence[Turn]) -> list[float]:
    """Return the median of each turn."""
    return [statistics.median(turn.seconds) * 1000 for turn in turns]


def compare(turns: Turns, ours: Audit, other: Audit) -> Result:
    """Compare how long an approval takes, turn by turn."""
    pairs = list(zip(milliseconds(turns[ours]), milliseconds(turns[other]), strict=True))
    return {
        "ours": f"{statistics.median(mine for mine, _ in pairs):.2f} ms",
        "peer": f"{statistics.median(theirs for _, theirs in pairs):.2f} ms",
        "ratio": round(statistics.median(mine / theirs for mine, theirs in pairs), 3),
    }


def added(turns: Turns, other: Audit) -> Result:
    """Compare what the log adds to an approval with what a peer's audit adds."""
    off, ours, theirs = (milliseconds(turns[audit]) for audit in (*OWN, other))
    mine = statistics.median(one - without for one, without in zip(ours, off, strict=True))
    peers = statistics.median(one - without for one, without in zip(theirs, off, strict=True))
    return {"ours": f"{mine:.2f} ms", "peer": f"{peers:.2f} ms", "ratio": round(mine / peers, 3)}


def one_client(engine: str, told: argparse.Namespace) -> Iterator[Result]:
    """Compare an approval with the log, without it, and with each peer."""
    peers = PEERS[engine] if told.packages else ()
    turns = taken(engine, (*OWN, *peers), told, clients=1)
    yield {"what": "approval, audited / off", **compare(turns, Audit.OURS, Audit.OFF)}
    for peer in peers:
        yield {"what": f"what the log adds / what {peer} adds", **added(turns, peer)}
        yield {"what": f"approval, audited / with {peer}", **compare(turns, Audit.OURS, peer)}


def many_clients(told: argparse.Namespace) -> Result:
    """Compare how many approvals eight clients get done on PostgreSQL."""
    turns = taken("postgresql", OWN, told, clients=CLIENTS)
    ours, off = ([turn.per_second for turn in turns[audit]] for audit in (Audit.OURS, Audit.OFF))
    return {
        "what": f"approvals of {CLIENTS} clients, audited / off",
        "ours": f"{statistics.median(ours):.0f} per s",
        "peer": f"{statistics.median(off):.0f} per s",
        "ratio": round(statistics.median(a / b for a, b in zip(ours, off, strict=True)), 3),
    }


def results(told: argparse.Namespace) -> Iterator[Result]:
    """Measure on both engines."""
    for engine in PEERS:
        for result in one_client(engine, told):
            yield {"engine": engine, **result}
    yield {"engine": "postgresql", **many_clients(told)}


def main() -> None:
    """Print every figure as it is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--each", type=int, default=5, help="approvals of a client in each turn")
    parser.add_argument("--packages", help="where the peers are; nothing: without them")
    told = parser.parse_args()
    if told.packages is None:
        try:
            told.packages = packages()
        except MissingError as error:
            print(json.dumps({"bench": "overhead", "skipped": str(error)}), flush=True)
            told.packages = ""
    for result in results(told):
        line = {"bench": "overhead", "rounds": told.rounds, **result}
        print(json.dumps(line, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
