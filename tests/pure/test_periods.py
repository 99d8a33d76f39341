from __future__ import annotations

from datetime import date

import pytest

from portal.publishing.periods import Length
from portal.publishing.periods import PeriodBeforeLogError
from portal.publishing.periods import PeriodNotOverError
from portal.publishing.periods import PeriodUnknownError
from portal.publishing.periods import periods_over
from portal.publishing.periods import read_period

OCTOBER = 10


@pytest.mark.parametrize(
    ("written", "first", "last", "length", "year"),
    [
        ("2026-11", "2026-11", "2026-11-30", Length.MONTH, 2570),
        ("2026-09", "2026-09", "2026-09-30", Length.MONTH, 2569),
        ("2028-02", "2028-02", "2028-02-29", Length.MONTH, 2571),
        ("2026-12", "2026-12", "2026-12-31", Length.MONTH, 2570),
        ("FY2570-Q1", "2026-10", "2026-12-31", Length.QUARTER, 2570),
        ("FY2570-Q2", "2027-01", "2027-03-31", Length.QUARTER, 2570),
        ("FY2570-Q4", "2027-07", "2027-09-30", Length.QUARTER, 2570),
        ("FY2570", "2026-10", "2027-09-30", Length.YEAR, 2570),
    ],
)
def test_a_period_is_whole_months(
    written: str, first: str, last: str, length: Length, year: int
) -> None:
    period = read_period(written, first_month=OCTOBER)
    assert (period.code, period.length, period.year) == (written, length, year)
    assert (period.months[0], period.last_on.isoformat()) == (first, last)
    assert len(period.months) == length
    assert all(map(period.holds, period.months))
    assert not period.holds("2000-01")
    assert not period.holds("2099-01")


def test_another_foundation_has_another_year() -> None:
    assert read_period("FY2570", first_month=1).months[0] == "2027-01"
    assert read_period("FY2570-Q1", first_month=4).months == ("2026-04", "2026-05", "2026-06")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "2026-13",
        "2026-00",
        "2026-1",
        "2569-11",
        "1999-12",
        "FY2026",
        "FY2570-Q5",
        "FY2570-Q0",
        "FY2570-q1",
        "fy2570",
        "FY3000",
        "2026-11 ",
        "2026-11\n",
        "พฤศจิกายน 2569",
        "๒๐๒๖-๑๑",
    ],
)
def test_anything_else_is_no_period(written: str) -> None:
    with pytest.raises(PeriodUnknownError):
        read_period(written, first_month=OCTOBER)


def test_it_is_called_by_its_months() -> None:
    names = [read_period(code, first_month=OCTOBER).name for code in ("2026-11", "FY2570-Q1")]
    assert [name.th for name in names] == [
        "พฤศจิกายน พ.ศ. 2569",
        "ไตรมาสที่ 1 ปีงบประมาณ พ.ศ. 2570 (ตุลาคม พ.ศ. 2569 ถึง ธันวาคม พ.ศ. 2569)",
    ]
    assert [name.en for name in names] == [
        "November 2026",
        "Quarter 1, fiscal year 2570 (October 2026 to December 2026)",
    ]
    year = read_period("FY2570", first_month=OCTOBER).name
    assert year.th == "ปีงบประมาณ พ.ศ. 2570 (ตุลาคม พ.ศ. 2569 ถึง กันยายน พ.ศ. 2570)"
    assert year.en == "Fiscal year 2570 (October 2026 to September 2027)"


def test_it_is_over_when_the_log_tells_of_a_later_day() -> None:
    period = read_period("2026-11", first_month=OCTOBER)
    period.check_over(opened_on=date(2026, 11, 30), newest_on=date(2026, 12, 1))
    with pytest.raises(PeriodNotOverError):
        period.check_over(opened_on=date(2026, 11, 2), newest_on=date(2026, 11, 30))
    with pytest.raises(PeriodBeforeLogError):
        period.check_over(opened_on=date(2026, 12, 1), newest_on=date(2027, 1, 1))


def test_the_periods_that_are_over_come_newest_first() -> None:
    def over(opened: date, newest: date) -> list[str]:
        return [each.code for each in periods_over(opened, newest, first_month=OCTOBER)]

    assert over(date(2026, 8, 20), date(2026, 11, 1)) == [
        "2026-10",
        "2026-09",
        "FY2569-Q4",
        "FY2569",
        "2026-08",
    ]
    assert over(date(2026, 11, 2), date(2026, 11, 30)) == []
    # As with `check_over`: each of them is told, and none is missing.
    assert over(date(2026, 10, 31), date(2027, 1, 1)) == [
        "2026-12",
        "FY2570-Q1",
        "2026-11",
        "2026-10",
    ]
