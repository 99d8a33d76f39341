"""Processes killed under load: all at once, or one before any step it takes."""

from __future__ import annotations

import time

from faults import bugs_under_load as bugs
from faults.rounds import Fault
from faults.rounds import Round

VICTIMS = {
    "sqlite": ("web", "everything"),
    "postgresql": ("web", "everything", "publisher", "database"),
}
DIES_WITHIN = 4.0


def kill(trial: Round) -> list[str]:
    """Kill one process before a step of its own, or all of them at any moment."""
    victim = VICTIMS[trial.engine][trial.number % len(VICTIMS[trial.engine])]
    with trial.at_work(counts=frozenset({victim})) as work:
        with work.treasury.at_work():
            work.load(trial.chance)
            if victim != "everything":
                work.site.machine.kill_at(trial.chance.randint(1, 400))
                end = time.monotonic() + DIES_WITHIN
                while not work.site.machine.killed and time.monotonic() < end:
                    time.sleep(0.01)
            work.site.machine.kill_at(0)
            work.site.kill()
        return work.start_and_judge()


KILL = Fault("kill", kill, plants=bugs.KILL, short=1)
