from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta
from itertools import product

import pytest

from portal.funds.clock_rules import Clock
from portal.funds.clock_rules import Due
from portal.funds.clock_rules import Step
from portal.funds.clock_rules import Target
from portal.funds.clock_rules import is_time_to_remind
from portal.funds.clock_rules import reminders
from portal.funds.clock_rules import step_of
from portal.funds.rules import State
from portal.letters.rules import Kind
from portal.roles import Role

BEGUN = date(2026, 11, 2)
TARGETS = [
    Target(BEGUN, "check", 1),
    Target(BEGUN, "decide", 2),
    Target(BEGUN, "pay", 2),
    Target(BEGUN, "receipt", 10),
]
# A Friday, noon in Bangkok.
FRIDAY = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Held:
    state: State = State.SUBMITTED
    waits_for: Role | None = Role.CHAIR
    step_since: datetime | None = FRIDAY
    waits_since: datetime | None = FRIDAY


def clock(today: str, targets: list[Target] = TARGETS) -> Clock:
    return Clock(targets, closed=frozenset({date(2026, 12, 30)}), today=date.fromisoformat(today))


def test_deciding_paying_and_receipts_have_a_target() -> None:
    for state, role in product(State, (*Role, None)):
        paying = Step.PAY if role else Step.RECEIPT
        step = {State.SUBMITTED: Step.DECIDE, State.APPROVED: paying}.get(state)
        assert step_of(state, role) == step
        due = clock("2026-11-20").due(Held(state, role))
        assert (due is None) == (step is None)


def test_deciding_may_take_the_days_of_check_and_decide_together() -> None:
    due = clock("2026-11-20").due(Held())
    assert due == Due(date(2026, 11, 25), days_late=0, is_today=False)


def test_paying_has_its_own_days() -> None:
    due = clock("2026-11-24").due(Held(State.APPROVED, Role.TREASURER))
    assert due == Due(date(2026, 11, 24), days_late=0, is_today=True)


def test_receipts_are_waited_for_since_the_money_arrived() -> None:
    arrived = Held(State.APPROVED, None, step_since=FRIDAY, waits_since=FRIDAY + timedelta(days=3))
    due = clock("2026-12-08").due(arrived)
    assert due == Due(date(2026, 12, 8), days_late=0, is_today=True)


@pytest.mark.parametrize(
    ("today", "days_late"),
    [
        ("2026-11-25", 0),
        ("2026-11-26", 1),
        ("2026-11-27", 2),
        # A weekend makes nobody later.
        ("2026-11-28", 2),
        ("2026-11-29", 2),
        ("2026-11-30", 3),
        # 7 and 10 December are holidays.
        ("2026-12-11", 10),
    ],
)
def test_late_is_counted_in_working_days(today: str, days_late: int) -> None:
    due = clock(today).due(Held())
    assert due is not None
    assert (due.days_late, due.is_late) == (days_late, days_late > 0)


def test_the_day_is_bangkoks() -> None:
    # Half past eleven in the evening of Thursday in London is Friday morning here.
    late = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
    assert clock("2026-11-20").due(Held(step_since=late)) == clock("2026-11-20").due(Held())


def test_a_new_target_holds_for_what_begins_afterwards() -> None:
    later = [*TARGETS, Target(date(2026, 11, 23), "decide", 9)]
    old = clock("2026-11-20", later).due(Held())
    new = clock("2026-11-20", later).due(Held(step_since=FRIDAY + timedelta(days=3)))
    assert old is not None
    assert new is not None
    assert (old.on, new.on) == (date(2026, 11, 25), date(2026, 12, 8))
    # Of two of one day the later one counts.
    again = [*later, Target(date(2026, 11, 23), "decide", 1)]
    corrected = clock("2026-11-20", again).due(Held(step_since=FRIDAY + timedelta(days=3)))
    assert corrected is not None
    assert corrected.on == date(2026, 11, 25)


def test_without_a_target_or_a_beginning_nothing_is_due() -> None:
    assert clock("2026-11-20", []).due(Held()) is None
    assert clock("2026-11-20", [Target(date(2026, 12, 1), "pay", 2)]).due(Held()) is None
    assert clock("2026-11-20").due(Held(step_since=None)) is None


@pytest.mark.parametrize(
    ("today", "kinds"),
    [
        ("2026-11-20", ()),
        ("2026-11-24", ()),
        ("2026-11-25", (Kind.DUE,)),
        ("2026-11-26", (Kind.DUE,)),
        ("2026-11-27", (Kind.LATE,)),
        ("2026-11-29", (Kind.LATE,)),
        ("2026-12-01", (Kind.LATE,)),
        ("2026-12-02", (Kind.LATE, Kind.ESCALATED)),
        ("2027-02-01", (Kind.LATE, Kind.ESCALATED)),
    ],
)
def test_who_is_reminded_when(today: str, kinds: tuple[Kind, ...]) -> None:
    due = clock(today).due(Held())
    assert due is not None
    assert reminders(due, date.fromisoformat(today)) == kinds


@pytest.mark.parametrize(
    ("at", "is_time"),
    [
        ("2026-11-19T23:59:00Z", False),
        ("2026-11-20T00:00:00Z", True),
        ("2026-11-20T16:59:00Z", True),
        # A Saturday, a holiday, a closed day.
        ("2026-11-21T02:00:00Z", False),
        ("2026-12-07T02:00:00Z", False),
        ("2026-12-30T02:00:00Z", False),
    ],
)
def test_mornings_begin_at_seven_in_bangkok_on_working_days(at: str, *, is_time: bool) -> None:
    moment = datetime.fromisoformat(at)
    assert is_time_to_remind(moment, {date(2026, 12, 30)}) is is_time
