"""The days of the story: its book counts them, and people act on working days, by daylight."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta

from portal.thai import BANGKOK
from portal.thai import bangkok_day
from portal.working_days import due_on
from portal.working_days import is_working_day

YEAR = 365
_OPENS, _OPEN_MINUTES = time(9), 420
# On one day the next step of the same thing is taken after a while.
_A_WHILE = timedelta(minutes=25)
# Two primes keep what many people do on one day from falling on the same minute.
_OF_PACE, _OF_DAY = 37, 53


@dataclass(frozen=True, slots=True)
class Days:
    """The days from the founding to now, on which the foundation is closed on some."""

    ends_at: datetime
    closed: Collection[date]

    @property
    def begins_at(self) -> datetime:
        """Return the moment of the founding."""
        return self.ends_at - timedelta(days=YEAR)

    @property
    def begins_on(self) -> date:
        """Return the day of the founding."""
        return bangkok_day(self.begins_at)

    def on(self, day: int, pace: int = 0) -> datetime:
        """Return a moment on this day of the story, or on the last working day before it."""
        found = self.begins_on + timedelta(days=day)
        while not is_working_day(found, self.closed):
            found -= timedelta(days=1)
        return _moment(found, pace)

    def monday(self, day: int) -> int:
        """Return the Monday of the week of this day, counted the same way."""
        return day - (self.begins_on + timedelta(days=day)).weekday()

    def after(self, moment: datetime, working_days: int, pace: int = 0) -> datetime:
        """Return a moment so many working days later; a little later for none."""
        if not working_days:
            return moment + _A_WHILE
        return _moment(due_on(bangkok_day(moment), working_days, self.closed), pace)


def _moment(day: date, pace: int) -> datetime:
    """Return a moment in the open hours; whoever has another pace comes at another minute."""
    minutes = (pace * _OF_PACE + day.toordinal() * _OF_DAY) % _OPEN_MINUTES
    opened = datetime.combine(day, _OPENS, BANGKOK)
    return (opened + timedelta(minutes=minutes)).astimezone(UTC)
