"""How long requests took from step to step."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple
from typing import Protocol

MINUTES = 15
QUARTER = timedelta(minutes=MINUTES)


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
