"""Whoever does whatever in whatever order: the promises hold after every act.

`TREASURY_SECONDS=240` goes on that long on each engine, with other acts each time; with `-s` it is
told how many were done and how many refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from time import monotonic
from typing import cast

from hypothesis import HealthCheck
from hypothesis import Phase
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.any_order_cast import Tally
from tests.any_order_turns import AnyOrder
from tests.conftest import Portal

ROUNDS, STEPS_EACH = 4, 60
SECONDS = int(os.environ.get("TREASURY_SECONDS", "0"))
# What must have been done at least once, or the run has shown nothing.
DONE = {
    *("ask", "approve", "prepare", "release", "send", "confirm", "receipt", "return"),
    *("make batch", "release batch", "read statement"),
}


def test_whoever_acts_in_whatever_order_the_promises_hold(
    lend: Callable[[], AbstractContextManager[Portal]],
) -> None:
    tally, began = Tally(), monotonic()
    try:
        try_rounds(lend, tally)
        while monotonic() - began < SECONDS:
            try_rounds(lend, tally)
    finally:
        print(f"\n{tally}")  # noqa: T201 - the figures of a run
    assert tally.done.keys() >= DONE
    assert tally.refused.total() > 0


def try_rounds(lend: Callable[[], AbstractContextManager[Portal]], tally: Tally) -> None:
    run_state_machine_as_test(
        cast("type[AnyOrder]", partial(AnyOrder, lend, tally)),  # it is called, no more
        settings=settings(
            max_examples=ROUNDS,
            stateful_step_count=STEPS_EACH,
            derandomize=not SECONDS,
            database=None,
            # To find a shorter way to a failure takes minutes; these are short enough to read.
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
