"""What does a web process of ours take to start, beside a bare Flask app with the same stack?

Each starts in a process of its own, as a server's worker does, shows its first page and tells what
it took: CPU and clock until then, and the memory that is its own at the end. Both find their code
compiled. Prints a JSON line for each figure.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.published import environment
from bench.treasury import founded
from portal.db import db

Result = dict[str, object]
Told = Mapping[str, float]
TOP = Path(__file__).parent.parent
APPS = {"ours": "portal.wsgi", "peer": "bench.bare_app"}
PROGRAM = """
import json, sys, time
began = time.perf_counter()
from importlib import import_module
answer = import_module(sys.argv[1]).app.test_client().get("/")
assert answer.status_code == 200, answer.text
took = {"cpu_s": time.process_time(), "wall_s": time.perf_counter() - began}
lines = open("/proc/self/smaps_rollup").read().splitlines()
kib = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
print(json.dumps(took | {"own_mb": (kib["Private_Clean"] + kib["Private_Dirty"]) / 1024}))
"""


def started(module: str, settings: Mapping[str, str]) -> Told:
    """Start an app in a process of its own, and hear what it took."""
    words = (sys.executable, "-c", PROGRAM, module)
    told = subprocess.check_output(words, cwd=TOP, env=settings)  # noqa: S603 - our own words
    found: Told = json.loads(told)
    return found


def measured(settings: Mapping[str, str], *, rounds: int) -> Mapping[str, list[Told]]:
    """Start both by turns; the first round compiles what is not compiled yet."""
    took: dict[str, list[Told]] = {arm: [] for arm in APPS}
    for turn in range(-1, rounds):
        for arm in APPS if turn % 2 else reversed(APPS):
            told = started(APPS[arm], settings)
            if turn >= 0:
                took[arm].append(told)
    return took


def compare(took: Mapping[str, list[Told]], key: str, unit: str) -> Result:
    """Compare one thing that was told."""
    ours, peer = ([told[key] for told in took[arm]] for arm in APPS)
    return {
        "ours": f"{statistics.median(ours):.2f} {unit}",
        "peer": f"{statistics.median(peer):.2f} {unit}",
        "ratio": round(statistics.median(a / b for a, b in zip(ours, peer, strict=True)), 2),
    }


def results(told: argparse.Namespace) -> Iterator[Result]:
    """Measure on a province that was founded."""
    with TemporaryDirectory() as name:
        place = Path(name) / "instance"
        settings = environment(place, f"sqlite:///{place / 'portal.sqlite'}")
        with founded(place, settings["PORTAL_DATABASE_URL"]) as install:
            install.publish(db.engine)
        # A server finds its code compiled, whatever is asked of this process.
        kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(name) / "compiled")}
        here = {"PYTHONPATH": str(TOP)}
        took = measured(os.environ | settings | kept | here, rounds=told.rounds)
    for what, key, unit in (
        ("cold start to the first page", "cpu_s", "s CPU"),
        ("cold start by the clock", "wall_s", "s"),
        ("memory of a web process", "own_mb", "MB"),
    ):
        yield {"what": f"{what} / bare Flask", "rounds": told.rounds, **compare(took, key, unit)}


def main() -> None:
    """Print every figure as it is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    for result in results(parser.parse_args()):
        print(json.dumps({"bench": "starting", **result}), flush=True)


if __name__ == "__main__":
    main()
