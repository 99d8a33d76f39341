from __future__ import annotations

from datetime import date
from datetime import timedelta

import pytest

from portal.working_days import due_on
from portal.working_days import is_working_day
from portal.working_days import public_holidays
from portal.working_days import working_days_between

# As the demo province closes around Songkran.
CLOSED = {date(2027, 4, 12), date(2027, 4, 16)}


@pytest.mark.parametrize(
    ("since", "days", "due"),
    [
        # Nothing between.
        ("2026-11-23", 1, "2026-11-24"),
        ("2026-11-23", 3, "2026-11-26"),
        # A weekend.
        ("2026-11-20", 1, "2026-11-23"),
        # On a Saturday the clock begins with Monday.
        ("2026-11-21", 1, "2026-11-23"),
        # New Year: Thursday and Friday are holidays.
        ("2026-12-30", 1, "2027-01-04"),
        # 5 December is a Saturday: Monday the 7th stands for it, and the 10th is a holiday too.
        ("2026-12-04", 1, "2026-12-08"),
        ("2026-12-04", 3, "2026-12-11"),
        # Visakha Bucha on a Sunday gives the Monday.
        ("2026-05-29", 1, "2026-06-02"),
        # Songkran in 2025 was three days and one instead of the Sunday.
        ("2025-04-11", 1, "2025-04-17"),
    ],
)
def test_a_step_ends_on_a_working_day(since: str, days: int, due: str) -> None:
    found = due_on(date.fromisoformat(since), days, ())
    assert found == date.fromisoformat(due)
    assert working_days_between(date.fromisoformat(since), found, ()) == days


def test_the_foundation_closes_longer_around_songkran() -> None:
    friday = date(2027, 4, 9)
    assert due_on(friday, 1, ()) == date(2027, 4, 12)
    assert due_on(friday, 1, CLOSED) == date(2027, 4, 19)
    assert working_days_between(friday, date(2027, 4, 19), CLOSED) == 1
    assert working_days_between(friday, date(2027, 4, 19), ()) == 3


def test_no_day_lies_between_a_day_and_itself_or_an_earlier_one() -> None:
    monday = date(2026, 11, 23)
    for end in (monday, monday - timedelta(days=1), monday - timedelta(days=30)):
        assert working_days_between(monday, end, ()) == 0


def test_holidays_have_their_thai_names_and_are_no_working_days() -> None:
    assert public_holidays(2027)[date(2027, 4, 13)] == "วันสงกรานต์"
    assert "ชดเชย" in public_holidays(2026)[date(2026, 12, 7)]
    assert not is_working_day(date(2027, 4, 13), ())
    assert is_working_day(date(2027, 4, 12), ())
    assert not is_working_day(date(2027, 4, 12), CLOSED)
    assert not any(is_working_day(day, ()) for day in public_holidays(2030))
