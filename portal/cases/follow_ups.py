"""The rules of follow-ups: on which days, with which outcomes."""

from __future__ import annotations

from datetime import date
from datetime import timedelta
from enum import StrEnum

from portal.errors import N_
from portal.errors import NotFoundError
from portal.errors import RuleError

USUAL_DAYS = (30, 90, 180)


class Outcome(StrEnum):
    """How a person is found at a follow-up; the newest one is the person's outcome."""

    IN_SCHOOL = "in_school"
    IN_TRAINING = "in_training"
    IN_WORK = "in_work"
    LOOKING = "looking"
    LOST_CONTACT = "lost_contact"
    MOVED_AWAY = "moved_away"
    OTHER = "other"


LEARNING = frozenset({Outcome.IN_SCHOOL, Outcome.IN_TRAINING})


class Pathway(StrEnum):
    """The way on which somebody learns."""

    FORMAL = "FORMAL"
    S13 = "S13"
    DOLE = "DOLE"
    VOC = "VOC"
    SHORT = "SHORT"
    CENTER = "CENTER"
    HOME = "HOME"
    MOBILE = "MOBILE"
    WORK = "WORK"
    ECD = "ECD"


class FollowUpNotFoundError(NotFoundError):
    """There is no such follow-up, or not for this person."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such follow-up here."))


class NoDayError(RuleError):
    """Every day that was named lies in the past."""

    def __init__(self) -> None:
        super().__init__(N_("A follow-up is planned for today or later."))


class PlannedAlreadyError(RuleError):
    """There is a follow-up on that day."""

    def __init__(self) -> None:
        super().__init__(N_("A follow-up is planned for this day already."))


class FollowedUpAlreadyError(RuleError):
    """A follow-up is done once."""

    def __init__(self) -> None:
        super().__init__(N_("This follow-up is done already. Plan another one."))


class NotYetError(RuleError):
    """Nothing is done on a day to come."""

    def __init__(self) -> None:
        super().__init__(N_("The day of the follow-up lies in the future."))


class NoPathwayError(RuleError):
    """Only who learns is on a way of learning."""

    def __init__(self) -> None:
        super().__init__(N_("A way of learning goes with school or training only."))


def usual_days(first_on: date) -> tuple[date, ...]:
    """Return the days of the usual follow-ups after somebody's first support."""
    return tuple(first_on + timedelta(days=days) for days in USUAL_DAYS)


def days_to_come(days: tuple[date, ...], *, today: date) -> tuple[date, ...]:
    """Return the days that have not passed; refuse when there is none."""
    to_come = tuple(sorted(day for day in set(days) if day >= today))
    if not to_come:
        raise NoDayError
    return to_come


def check_finding(outcome: Outcome, pathway: Pathway | None, *, done_on: date, today: date) -> None:
    """Refuse a day to come, and a way of learning for somebody who does not learn."""
    if done_on > today:
        raise NotYetError
    if pathway is not None and outcome not in LEARNING:
        raise NoPathwayError
