from __future__ import annotations

from datetime import date

import pytest

from portal.money import Money
from portal.payments.advance_rules import Advance
from portal.payments.advance_rules import AdvanceKind
from portal.payments.advance_rules import AdvanceOverdueError
from portal.payments.advance_rules import NotClearedError
from portal.payments.advance_rules import OpenAdvance
from portal.payments.advance_rules import check_may_borrow
from portal.payments.advance_rules import check_vouchers

RECEIVED, BACK = date(2026, 11, 20), date(2026, 11, 28)
JOURNEY, WORK = Advance(AdvanceKind.TRAVEL, BACK), Advance(AdvanceKind.WORK)


def test_a_journey_is_cleared_in_15_days_after_the_return_other_work_in_30_after_the_money() -> (
    None
):
    assert JOURNEY.due_on(RECEIVED) == date(2026, 12, 13)
    assert WORK.due_on(RECEIVED) == date(2026, 12, 20)


@pytest.mark.parametrize(
    ("kind", "ends_on"), [(AdvanceKind.TRAVEL, None), (AdvanceKind.WORK, BACK)]
)
def test_only_a_journey_has_a_last_day(kind: AdvanceKind, ends_on: date | None) -> None:
    with pytest.raises(ValueError, match="last day"):
        Advance(kind, ends_on)


def test_who_is_late_with_one_advance_is_lent_no_other() -> None:
    held = OpenAdvance("P1", date(2026, 11, 19)), OpenAdvance("P2", date(2026, 11, 20))
    check_may_borrow(held, date(2026, 11, 19))
    check_may_borrow((), date(2026, 11, 19))
    with pytest.raises(AdvanceOverdueError) as refused:
        check_may_borrow(held, date(2026, 11, 20))
    assert refused.value.overdue is held[0]


def test_vouchers_come_to_what_is_held_to_the_satang() -> None:
    check_vouchers(held=Money(150_001), spent=Money(150_001))
    for spent in (150_000, 150_002):
        with pytest.raises(NotClearedError) as refused:
            check_vouchers(held=Money(150_001), spent=Money(spent))
        assert refused.value.spent == Money(spent)
