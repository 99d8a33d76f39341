"""The clock of a request: which step it is in, by when that ends, and who is reminded when."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from portal.funds.rules import State
from portal.letters.rules import Kind
from portal.roles import Role
from portal.thai import bangkok_day
from portal.thai import bangkok_time
from portal.working_days import due_on
from portal.working_days import is_working_day
from portal.working_days import working_days_between

MORNING = "07:00"
LATE_AFTER = 2
ESCALATED_AFTER = 5


class Step(StrEnum):
    """A step of a request for which the foundation has set itself a target."""

    DECIDE = "decide"
    PAY = "pay"
    RECEIPT = "receipt"


# The targets whose days a step may take in all. The officer's check has a target of its own and no
# step of its own: what is sent goes straight to the chair, and is checked while it waits there.
TARGETS_OF: Mapping[Step, tuple[str, ...]] = {
    Step.DECIDE: ("check", "decide"),
    Step.PAY: ("pay",),
    Step.RECEIPT: ("receipt",),
}


class Waiting(Protocol):
    """A request as the clock sees it: where it is, with whom, and since when in this step."""

    @property
    def state(self) -> State: ...  # noqa: D102 - as the class says
    @property
    def waits_for(self) -> Role | None: ...  # noqa: D102
    @property
    def step_since(self) -> datetime | None: ...  # noqa: D102
    @property
    def waits_since(self) -> datetime | None: ...  # noqa: D102


def step_of(state: State, waits_for: Role | None) -> Step | None:
    """Return the step a request is in; what waits for its requester has no target.

    What is approved and waits for nobody has its money: only receipts are missing.
    """
    match state:
        case State.SUBMITTED:
            return Step.DECIDE
        case State.APPROVED if waits_for is not None:
            return Step.PAY
        case State.APPROVED:
            return Step.RECEIPT
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Target:
    """How many working days a step may take, if it began on this day or later."""

    valid_from: date
    step: str
    working_days: int


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of a step, and by how many working days it is over."""

    on: date
    days_late: int
    is_today: bool

    @property
    def is_late(self) -> bool:
        """Say whether a whole working day went by after the last day."""
        return self.days_late > 0


@dataclass(frozen=True, slots=True)
class Clock:
    """Targets, closed days and today: all that is needed to tell by when, for any request.

    Later targets stand behind earlier ones.
    """

    targets: Sequence[Target]
    closed: Collection[date]
    today: date

    def due(self, waiting: Waiting) -> Due | None:
        """Return by when the request's step ends, or None where there is no target."""
        step = step_of(waiting.state, waiting.waits_for)
        # Approval begins the step of paying; receipts are waited for since the money arrived.
        since = waiting.waits_since if step is Step.RECEIPT else waiting.step_since
        return None if step is None or since is None else self.due_of(step, since)

    def due_of(self, step: Step, began_at: datetime) -> Due | None:
        """Return by when a step ends that began then, or None where there is no target."""
        since = bangkok_day(began_at)
        days = sum(self._days(name, since) for name in TARGETS_OF[step])
        if not days:
            return None
        on = due_on(since, days, self.closed)
        late = working_days_between(on, self.today, self.closed)
        return Due(on, days_late=late, is_today=on == self.today)

    def _days(self, name: str, since: date) -> int:
        valid = [t for t in self.targets if t.step == name and t.valid_from <= since]
        return valid[-1].working_days if valid else 0


def reminders(due: Due, today: date) -> tuple[Kind, ...]:
    """Return the letters that a day calls for: when due, when late, and to the driving committee.

    Called on any later day it returns the same or more, so that a day missed loses nothing.
    """
    if today < due.on:
        return ()
    if due.days_late < LATE_AFTER:
        return (Kind.DUE,)
    if due.days_late < ESCALATED_AFTER:
        return (Kind.LATE,)
    return (Kind.LATE, Kind.ESCALATED)


def is_time_to_remind(at: datetime, closed: Collection[date]) -> bool:
    """Say whether the letters of this day may be made: on working days from seven in the morning.

    The clock counts no other days; nobody is woken by it on one.
    """
    return is_working_day(bangkok_day(at), closed) and bangkok_time(at) >= MORNING
