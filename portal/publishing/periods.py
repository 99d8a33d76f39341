"""The periods that a report tells of: a month, a quarter, or a whole Thai fiscal year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from enum import IntEnum

from portal.errors import N_
from portal.errors import InputError
from portal.errors import RuleError
from portal.labels import Name
from portal.thai import BUDDHIST_ERA
from portal.thai import fiscal_year
from portal.thai import fiscal_year_begins
from portal.thai import long_month

MONTH = "%Y-%m"
OLDEST_YEAR, NEWEST_YEAR = 2000, 2399
_FORM = re.compile(
    "(?P<year>[0-9]{4})-(?P<month>0[1-9]|1[0-2])|FY(?P<fiscal>[0-9]{4})(?:-Q(?P<quarter>[1-4]))?"
)


class Length(IntEnum):
    """How many months a period has."""

    MONTH = 1
    QUARTER = 3
    YEAR = 12


class PeriodUnknownError(InputError):
    """What was written is no period."""

    def __init__(self, written: str) -> None:
        super().__init__(
            N_(
                "“{written}” is no period. Write a month as 2026-11, a quarter as FY2570-Q1, "
                "or a fiscal year as FY2570."
            ),
            written=written[:20],
        )


class PeriodNotOverError(RuleError):
    """The log does not tell of a day after the period yet."""

    def __init__(self, period: Period, *, newest_on: date) -> None:
        super().__init__(
            N_(
                "{period} ends on {last_on}, and the newest entry of the published log is of "
                "{newest_on}. It can be reported once an entry of a later day is published."
            ),
            period=period.code,
            last_on=period.last_on,
            newest_on=newest_on,
        )


class PeriodBeforeLogError(RuleError):
    """The log was opened after the period."""

    def __init__(self, period: Period, *, opened_on: date) -> None:
        super().__init__(
            N_("{period} was over before the log was opened on {opened_on}: it tells nothing."),
            period=period.code,
            opened_on=opened_on,
        )


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months, one after the other; `code` is how it is written, `year` its fiscal year."""

    code: str
    begins_on: date
    length: Length
    year: int

    @property
    def last_on(self) -> date:
        """Return its last day."""
        return months_after(self.begins_on, self.length) - timedelta(days=1)

    @property
    def months(self) -> tuple[str, ...]:
        """Return its months, `2026-11` each."""
        return tuple(months_after(self.begins_on, n).strftime(MONTH) for n in range(self.length))

    @property
    def name(self) -> Name:
        """Return what it is called on papers and pages."""
        spans = Name(self._months_in("th"), self._months_in("en"))
        if self.length is Length.MONTH:
            return spans
        year = Name(f"ปีงบประมาณ พ.ศ. {self.year}", f"fiscal year {self.year}")
        if self.length is Length.YEAR:
            return Name(f"{year.th} ({spans.th})", f"Fiscal year {self.year} ({spans.en})")
        quarter = self.code[-1]
        return Name(
            f"ไตรมาสที่ {quarter} {year.th} ({spans.th})",
            f"Quarter {quarter}, {year.en} ({spans.en})",
        )

    def _months_in(self, language: str) -> str:
        first, last = long_month(self.begins_on, language), long_month(self.last_on, language)
        joint = "ถึง" if language == "th" else "to"
        return first if self.length is Length.MONTH else f"{first} {joint} {last}"

    def holds(self, month: str) -> bool:
        """Say whether a month, `2026-11`, is one of its months."""
        return self.months[0] <= month <= self.months[-1]

    def check_over(self, *, opened_on: date, newest_on: date) -> None:
        """Refuse a period that a log from one day to another does not tell whole, or not at all."""
        if newest_on <= self.last_on:
            raise PeriodNotOverError(self, newest_on=newest_on)
        if self.last_on < opened_on:
            raise PeriodBeforeLogError(self, opened_on=opened_on)


def months_after(begins_on: date, months: int) -> date:
    """Return the first day of the month that comes so many months later."""
    years, month = divmod(begins_on.month - 1 + months, 12)
    return date(begins_on.year + years, month + 1, 1)


def read_period(written: str, *, first_month: int) -> Period:
    """Read a period as it is written; the fiscal year begins with that month."""
    match = _FORM.fullmatch(written)
    if match is None:
        raise PeriodUnknownError(written)
    if match["fiscal"] is None:
        begins_on = _first_of(written, int(match["year"]), int(match["month"]))
        year = fiscal_year(begins_on, first_month=first_month)
        return Period(written, begins_on, Length.MONTH, year)
    year = int(match["fiscal"])
    _first_of(written, year - BUDDHIST_ERA, 1)
    begins_on = fiscal_year_begins(year, first_month=first_month)
    if match["quarter"] is None:
        return Period(written, begins_on, Length.YEAR, year)
    begins_on = months_after(begins_on, Length.QUARTER * (int(match["quarter"]) - 1))
    return Period(written, begins_on, Length.QUARTER, year)


def _first_of(written: str, year: int, month: int) -> date:
    if not OLDEST_YEAR <= year <= NEWEST_YEAR:
        raise PeriodUnknownError(written)
    return date(year, month, 1)


def periods_over(opened_on: date, newest_on: date, *, first_month: int) -> Iterator[Period]:
    """Give every period that a log from one day to another tells to its end, the newest first."""
    month = newest_on.replace(day=1)
    while month > opened_on:
        month = months_after(month, -1)
        ending = month.month - first_month + 1
        year = fiscal_year(month, first_month=first_month)
        yield read_period(month.strftime(MONTH), first_month=first_month)
        if ending % Length.QUARTER == 0:
            quarter = (ending - 1) % Length.YEAR // Length.QUARTER + 1
            yield read_period(f"FY{year}-Q{quarter}", first_month=first_month)
        if ending % Length.YEAR == 0:
            yield read_period(f"FY{year}", first_month=first_month)
