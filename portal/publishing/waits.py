"""How long requests took from step to step."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple
from typing import Protocol

MINUTES = 15
QUARTER = timedelta(minutes=MINUTES)
MINUTES_PER_DAY = 1_440


class Step(StrEnum):
    """A step whose time is counted: from sending to deciding, to the money, and both."""

    DECIDE = "decide"
    PAY = "pay"
    WHOLE = "whole"


class Times(Protocol):
    """A request, as far as its times go: moments are UTC texts, empty while they have not come."""

    @property
    def subcommittee(self) -> str:
        """Return who decides."""

    @property
    def submitted_at(self) -> str:
        """Return when it was sent first."""

    @property
    def decided_at(self) -> str:
        """Return when it was decided."""

    @property
    def paid_at(self) -> str:
        """Return when it had all its money."""


class Wait(NamedTuple):
    """How long one request took for a step, in minutes, to the quarter of an hour.

    So there are as many different ones after a million requests as after some thousands.
    """

    subcommittee: str
    step: str
    minutes: int


def waits_of(times: Times) -> list[Wait]:
    """Return how long a request took for each step that it has behind it."""
    spans = {
        Step.DECIDE: (times.submitted_at, times.decided_at),
        Step.PAY: (times.decided_at, times.paid_at),
        Step.WHOLE: (times.submitted_at, times.paid_at),
    }
    return [
        Wait(times.subcommittee, step.value, _minutes(since, until))
        for step, (since, until) in spans.items()
        if since and until
    ]


def _minutes(since: str, until: str) -> int:
    took = datetime.fromisoformat(until) - datetime.fromisoformat(since)
    return round(took / QUARTER) * MINUTES


def median_of_counts(counts: Sequence[tuple[int, int]]) -> float | None:
    """Return the median in days of minutes, which are told in order and how often each stands."""
    number = sum(count for _, count in counts)
    if not number:
        return None
    passed = list(accumulate(count for _, count in counts))
    middle = ((number - 1) // 2, number // 2)
    both = sum(counts[bisect_right(passed, place)][0] for place in middle)
    return round(both / 2 / MINUTES_PER_DAY, 1)
