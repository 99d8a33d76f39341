"""Whoever does whatever in whatever order: the promises hold after every act.

`TREASURY_STEPS=2000` tries about that many acts on each engine, other ones each time; with `-s` it
is told how many were done and how many refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import cast

from hypothesis import HealthCheck
from hypothesis import Phase
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.any_order_cast import Tally
from tests.any_order_turns import WARM_UP
from tests.any_order_turns import AnyOrder
from tests.conftest import Portal

STEPS_EACH = 60
LONG = os.environ.get("TREASURY_STEPS", "")
STEPS = int(LONG or "400")
# What must have been done at least once, or the run has shown nothing.
DONE = {
    *("ask", "approve", "prepare", "release", "send", "confirm", "receipt", "return"),
    *("make batch", "release batch", "read statement"),
}


def test_whoever_acts_in_whatever_order_the_promises_hold(
    lend: Callable[[], AbstractContextManager[Portal]],
) -> None:
    tally = Tally()
    try:
        run_state_machine_as_test(
            cast("type[AnyOrder]", partial(AnyOrder, lend, tally)),  # it is called, no more
            settings=settings(
                max_examples=max(STEPS // (STEPS_EACH + WARM_UP), 1),
                stateful_step_count=STEPS_EACH,
                derandomize=not LONG,
                database=None,
                # To find a shorter way to a failure takes minutes; these are short enough to read.
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        print(f"\n{tally}")  # noqa: T201 - the figures of a run
    assert tally.done.keys() >= DONE
    assert tally.refused.total() > 0
