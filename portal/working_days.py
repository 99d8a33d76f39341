"""Working days in Thailand: no weekends, no public holidays, no days the office is closed.

All days here are Bangkok's. What the cabinet adds at short notice, and what only one office
keeps, is a closed day of the foundation.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date
from datetime import timedelta
from functools import lru_cache
from itertools import islice

from holidays import country_holidays

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


@lru_cache(20)
def public_holidays(year: int) -> Mapping[date, str]:
    """Return the public holidays of a year with their Thai names, substitution days too."""
    return dict(country_holidays("TH", years=year, language="th"))


def is_working_day(day: date, closed: Collection[date]) -> bool:
    """Say whether people work on this day; `closed` are the foundation's own days off."""
    return day.weekday() < _SATURDAY and day not in closed and day not in public_holidays(day.year)


def working_days_between(start: date, end: date, closed: Collection[date]) -> int:
    """Return how many working days lie after `start`, up to `end` itself."""
    days = (start + timedelta(days=number) for number in range(1, (end - start).days + 1))
    return sum(is_working_day(day, closed) for day in days)


def due_on(since: date, days: int, closed: Collection[date]) -> date:
    """Return the last day for what began on `since` and may take so many working days."""
    return next(islice(_working_days_after(since, closed), days - 1, None))


def _working_days_after(day: date, closed: Collection[date]) -> Iterator[date]:
    while True:
        day += _ONE_DAY
        if is_working_day(day, closed):
            yield day
