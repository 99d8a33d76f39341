"""Hurts the portal in every way there is a fault for, and lets the checker judge. See `--help`.

One JSON line for each fault and engine, then a table. Exit 0: every promise held, and every planted
bug was found; 1: not so.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from subprocess import SubprocessError

from sqlalchemy.exc import OperationalError

from faults import postgres
from faults.browser import UnansweredError
from faults.damage import BITS
from faults.damage import OLD
from faults.forms import SLOW
from faults.forms import TWICE
from faults.killing import KILL
from faults.machine import build
from faults.midway import JOBS
from faults.midway import MIGRATE
from faults.outages import CLOCK
from faults.outages import FULL
from faults.outages import POWER
from faults.outages import RESTART
from faults.planting import Plant
from faults.replaying import REPLAY
from faults.rounds import Fault
from faults.rounds import Round
from faults.served import TOP
from faults.served import Kit
from faults.served import NotServedError
from faults.served import Site
from tests.engines import ENGINES
from tests.memory import quick_folder
from tests.postgres import NoServerError

# Of these nobody knows whether the portal is at fault.
BROKEN = (UnansweredError, NotServedError, SubprocessError, NoServerError, OperationalError)
FAULTS = (KILL, POWER, RESTART, FULL, CLOCK, TWICE, REPLAY, SLOW, BITS, OLD, JOBS, MIGRATE)


@dataclass
class Result:
    """How a fault ended on an engine; `plant` is the bug that it had to find."""

    fault: str
    engine: str
    plant: str | None = None
    rounds: int = 0
    acts: int = 0
    seconds: float = 0.0
    troubles: list[str] = field(default_factory=list)
    # Why it could not be finished, which proves nothing.
    broken: str = ""

    @property
    def is_well(self) -> bool:
        """Say whether nothing was found, or the bug was."""
        return not self.broken and bool(self.troubles) == (self.plant is not None)


class Court:
    """Tries faults one after the other; an install to begin with is made once for each code."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._templates: dict[tuple[str, str], Site] = {}

    def attempt(self, fault: Fault, engine: str, rounds: int, plant: Plant | None = None) -> Result:
        """Try a fault so many times, or until it finds something."""
        bug = plant.name if plant else None
        result, began = Result(fault.name, engine, bug), time.monotonic()
        with self._code(plant) as code:
            template = self._template(engine, plant)
            while result.rounds < rounds and not result.troubles and not result.broken:
                seed = f"{fault.name} {engine} {result.rounds}"
                chance = random.Random(seed)
                trial = Round(self._kit, engine, code, template, result.rounds, chance)
                try:
                    result.troubles = fault.attempt(trial)
                except BROKEN as error:
                    result.broken = f"{type(error).__name__}: {error}"[-600:]
                result.rounds += 1
                result.acts += trial.acts
        result.seconds = round(time.monotonic() - began, 1)
        return result

    @contextmanager
    def _code(self, plant: Plant | None) -> Iterator[Path]:
        if plant is None:
            yield TOP
            return
        code = self._kit.scratch / "code"
        try:
            yield plant.into(code)
        finally:
            shutil.rmtree(code)

    def _template(self, engine: str, plant: Plant | None) -> Site:
        """Return the install that rounds begin with; a bug in the code changes nothing of it."""
        if (engine, "") not in self._templates:
            site = Site(self._kit, engine, TOP, self._kit.scratch / f"template-{engine}")
            site.found()
            self._templates[engine, ""] = site
        if plant is None or not plant.statements:
            return self._templates[engine, ""]
        place = Path(tempfile.mkdtemp(dir=self._kit.scratch))
        place.chmod(0o755)  # PostgreSQL runs as somebody else
        changed = Site(self._kit, engine, TOP, place / "site")
        changed.take_after(self._templates[engine, ""])
        changed.start_one("database")
        postgres.execute(changed.owner, *plant.statements)
        changed.stop()
        return changed


def main(words: Sequence[str]) -> int:
    """Try what was asked for; return the exit code."""
    options = _options(words)
    # Also when we are told to end, everything that we started ends with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    results = []
    with tempfile.TemporaryDirectory(prefix="faults-", dir=quick_folder()) as folder:
        scratch = Path(folder)
        scratch.chmod(0o755)
        library = build(scratch / "machine.so")
        court = Court(Kit(scratch, library, postgres.reachable_programs(scratch)))
        for fault, engine, rounds, plant in _planned(options):
            results.append(court.attempt(fault, engine, rounds, plant))
            print(json.dumps(asdict(results[-1]), ensure_ascii=False), flush=True)
    print(table(results), file=sys.stderr)
    return 0 if all(result.is_well for result in results) else 1


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="faults/run.py", description=__doc__)
    names = [fault.name for fault in FAULTS]
    parser.add_argument(
        "--only", choices=names, action="append", help="this fault; may be repeated"
    )
    parser.add_argument("--engine", choices=ENGINES, action="append", help="on this engine alone")
    parser.add_argument("--rounds", type=int, help="so many rounds, not as many as the fault asks")
    parser.add_argument("--short", action="store_true", help="what is cheap and shows most")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--plant", action="store_true", help="only with the bugs planted")
    what.add_argument("--no-plant", action="store_true", help="only the portal as it is")
    return parser.parse_args(words)


def _planned(options: argparse.Namespace) -> Iterator[tuple[Fault, str, int, Plant | None]]:
    for fault in FAULTS:
        if fault.name not in (options.only or [fault.name]):
            continue
        for engine in options.engine or fault.engines:
            rounds = options.rounds or (fault.short if options.short else fault.rounds)
            if rounds and not options.plant:
                yield fault, engine, rounds, None
            if not options.no_plant and not options.short:
                for plant in fault.plants:
                    if engine in plant.engines:
                        yield fault, engine, options.rounds or fault.rounds, plant


def table(results: Sequence[Result]) -> str:
    """Return the results as people read them."""
    lines = []
    for result in results:
        what = result.plant or "as it is"
        found = (
            f"found in round {result.rounds}" if result.troubles else f"{result.rounds} rounds held"
        )
        mark = "ok " if result.is_well else "BAD"
        lines.append(
            f"{mark} {result.fault:<10} {result.engine:<11} {found:<18} {result.acts:>6} acts"
            f" {result.seconds:>7} s  {what}"
        )
        lines += [
            f"      {trouble}" for trouble in (*result.troubles[:3], result.broken) if trouble
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
