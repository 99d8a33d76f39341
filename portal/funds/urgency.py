"""The urgent lane: the chair alone approves, it is paid first, the driving committee ratifies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from enum import StrEnum

from portal.errors import N_
from portal.errors import RuleError
from portal.funds.rules import Action
from portal.funds.rules import Duty
from portal.funds.rules import NotPositiveError
from portal.funds.rules import Standing
from portal.funds.rules import check_role
from portal.funds.rules import check_unrelated
from portal.funds.rules import keep_apart
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role

# In the urgent lane this one signature is enough; the driving committee looks at it afterwards.
SIGNATURES = (Role.CHAIR,)
RATIFIERS = frozenset({Role.DRIVING_CHAIR})
RATIFY_DAYS_MAX = 90


class Verdict(StrEnum):
    """What the driving committee says of a request that was approved in the urgent lane."""

    RATIFY = "ratify"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whether somebody asks for the urgent lane as they send a request, and why."""

    is_urgent: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Lane:
    """The rules of the urgent lane from a day on: the most it takes, and the days to ratify."""

    valid_from: date
    ceiling: Money
    ratify_within_days: int

    def due_on(self, approved_on: date) -> date:
        """Return the last day on which an approval of that day is ratified in time."""
        return approved_on + timedelta(days=self.ratify_within_days)


class NoUrgentLaneError(RuleError):
    """The foundation has no urgent lane."""

    def __init__(self) -> None:
        super().__init__(
            N_("There is no urgent lane here; the administrator sets its ceiling and its days.")
        )


class UrgentReasonMissingError(RuleError):
    """What is no emergency by its category needs a written reason."""

    def __init__(self) -> None:
        super().__init__(N_("Write why it is urgent: this kind of help is no emergency by itself."))


class OverUrgentCeilingError(RuleError):
    """The amount is above what the urgent lane takes."""

    def __init__(self, *, ceiling: Money, amount: Money) -> None:
        super().__init__(
            N_(
                "The urgent lane takes at most {ceiling} baht; {amount} were asked for. "
                "Send it the ordinary way."
            ),
            ceiling=ceiling,
            amount=amount,
        )


class RatifyDaysError(RuleError):
    """What was approved in a hurry is looked at soon afterwards, or it is not looked at."""

    def __init__(self) -> None:
        super().__init__(
            N_("The driving committee ratifies within 1 to {most} days."), most=RATIFY_DAYS_MAX
        )


class RatificationOverdueError(RuleError):
    """An earlier urgent approval waits too long for the driving committee."""

    def __init__(self, reference: str, due_on: date) -> None:
        super().__init__(
            N_(
                "{reference} was approved as urgent and should have been ratified by {due_on}. "
                "The chair of the driving committee decides on it first."
            ),
            reference=reference,
            due_on=due_on,
        )


class NothingToRatifyError(RuleError):
    """The request was not approved in the urgent lane, or the verdict is known."""

    def __init__(self) -> None:
        super().__init__(N_("There is nothing to ratify on this request."))


class RatifierSignedError(RuleError):
    """Who approved an urgent request does not ratify it."""

    def __init__(self) -> None:
        super().__init__(N_("You approved this request; another person ratifies it."))


def check_takes(lane: Lane) -> None:
    """Refuse a lane that takes nothing, or is looked at never or too late."""
    if lane.ceiling <= Money(0):
        raise NotPositiveError
    if not 0 < lane.ratify_within_days <= RATIFY_DAYS_MAX:
        raise RatifyDaysError


def check_urgent(lane: Lane | None, *, amount: Money, is_emergency: bool, reason: str) -> None:
    """Refuse the urgent lane to what does not belong there."""
    if lane is None:
        raise NoUrgentLaneError
    if not is_emergency and not reason.strip():
        raise UrgentReasonMissingError
    if amount > lane.ceiling:
        raise OverUrgentCeilingError(ceiling=lane.ceiling, amount=amount)


def check_may_ratify(by: Actor, standing: Standing, *, is_due: bool, approved_by: int) -> None:
    """Refuse everybody but an unrelated chair of the driving committee who took no other part."""
    if not is_due:
        raise NothingToRatifyError
    check_role(by, RATIFIERS, standing)
    keep_apart(standing.duties, Duty.DECIDE, Action.RATIFY, by)
    check_unrelated(by, standing.related)
    if by.person_id == approved_by:
        raise RatifierSignedError
