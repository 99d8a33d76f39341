"""Whoever does whatever in whatever order: the promises hold after every act.

`TREASURY_STEPS=2000` tries that many acts on each engine, other ones each time; with `-s` it is
told how many were done and how many refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from hypothesis import HealthCheck
from hypothesis import Phase
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.any_order_cast import Tally
from tests.any_order_turns import AnyOrder
from tests.conftest import Portal

STEPS_EACH = 60
ROUNDS = 4
STEPS = int(os.environ.get("TREASURY_STEPS", "0"))
# What must have been done at least once, or the run has shown nothing.
DONE = {
    *("ask", "approve", "decline", "revise", "withdraw", "prepare", "release", "send", "confirm"),
    *("return", "refund", "receipt", "release the rest", "make batch", "release batch"),
    *("send batch", "read statement", "confirm lines", "bear fee", "give"),
}


def test_whoever_acts_in_whatever_order_the_promises_hold(
    lend: Callable[[], AbstractContextManager[Portal]],
) -> None:
    tally = Tally()
    run_state_machine_as_test(
        partial(AnyOrder, lend, tally),
        settings=settings(
            max_examples=max(STEPS // STEPS_EACH, 1) if STEPS else ROUNDS,
            stateful_step_count=STEPS_EACH,
            derandomize=not STEPS,
            database=None,
            # To find a shorter way to a failure takes minutes; these ways are short enough to read.
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"\n{tally}")  # noqa: T201 - the figures of a run
    assert tally.done.keys() >= DONE
    assert tally.refused.total() > 0
