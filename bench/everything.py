"""Every bench, one after the other: their lines go to a file, and are told goal by goal at the end.

`--quick` asks each for so little that they only show that they run; `--only` names some of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path

from bench.table import table

TOP = Path(__file__).parent.parent
LINES = TOP / "build" / "bench.jsonl"
# Each with what makes it quick.
BENCHES: Mapping[str, str] = {
    "overhead": "--rounds 2 --each 1 --packages=",
    "approvals": "--rounds 2 --many 1100",
    "log": "--rounds 1 --seconds 0.1 --entries 2000 --large 70000",
    "raw_batch": "--payments 5",
    "treasury": "--payments 5",
    "verifying": "--acts 5 --entries 1000 --few 300 --rounds 1",
    "papers": "--rounds 1 --batches 1 --receipts 2",
    "long_papers": "--pages 3 --few 1",
    "starting": "--rounds 1",
    "public": "--requests 60 --few 30 --searches 3 --rounds 1 --only searches pages csv",
    "load": "--seconds 6 --staff 4 --readers 6 --requests 6",
}


def lines_of(bench: str, *words: str) -> Iterator[str]:
    """Run a bench, and give the lines it prints that are JSON, as they come."""
    # The words are ours; no shell takes them apart.
    with subprocess.Popen(  # noqa: S603
        (sys.executable, "-m", f"bench.{bench}", *words),
        cwd=TOP,
        env=os.environ | {"PYTHONPATH": str(TOP)},
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        for line in running.stdout or ():
            if line.startswith("{"):
                yield line
    if running.returncode:
        yield json.dumps({"bench": bench, "failed": running.returncode}) + "\n"


def run(asked: argparse.Namespace) -> Iterator[str]:
    """Run what was asked for."""
    for bench in asked.only:
        yield from lines_of(bench, *(BENCHES[bench].split() if asked.quick else ()))


def main() -> int:
    """Keep the lines, print them and then the table; 1 if a bench failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only to see that they run")
    parser.add_argument("--only", nargs="+", choices=BENCHES, default=list(BENCHES))
    parser.add_argument("--lines", type=Path, default=LINES, help="where the lines are kept")
    asked = parser.parse_args()
    asked.lines.parent.mkdir(exist_ok=True)
    told = []
    with asked.lines.open("w", encoding="utf-8") as kept:
        for line in run(asked):
            print(line, end="", flush=True)
            kept.write(line)
            kept.flush()
            told.append(json.loads(line))
    print(table(told))
    return 1 if any("failed" in line for line in told) else 0


if __name__ == "__main__":
    sys.exit(main())
