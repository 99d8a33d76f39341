"""Who may appoint somebody to act for a chair, whom, and for which days. No chains."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from portal.errors import N_
from portal.errors import NotFoundError
from portal.errors import RuleError
from portal.funds.rules import RoleNeededError
from portal.roles import ALONE
from portal.roles import Actor
from portal.roles import Role
from portal.roles import Term

APPOINTERS = frozenset({Role.CHAIR, Role.DRIVING_CHAIR})


class NoOrderError(RuleError):
    """An appointment names the order it rests on."""

    def __init__(self) -> None:
        super().__init__(N_("Write the number of the order that appoints the acting chair."))


class WrongDaysError(RuleError):
    """The days are in the past, or the last lies before the first."""

    def __init__(self) -> None:
        super().__init__(N_("The days begin today or later, and the last is not before the first."))


class CannotActError(RuleError):
    """This person cannot act for this chair."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "The acting chair is another person than you and the chair, who signs in here and "
                "is neither auditor nor administrator."
            )
        )


class TermNotFoundError(NotFoundError):
    """There is no such appointment, or it has ended."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such appointment, or it has ended."))


def appointing_role(by: Actor, subcommittee: str) -> Role:
    """Return the role in which this person appoints, or refuse: who acts appoints nobody."""
    if subcommittee in by.chairs:
        return Role.CHAIR
    if by.holds(Role.DRIVING_CHAIR):
        return Role.DRIVING_CHAIR
    raise RoleNeededError(APPOINTERS, subcommittee=subcommittee)


def check_appoints(by: Actor) -> None:
    """Refuse who appoints nobody, whatever the subcommittee."""
    if not (by.chairs or by.holds(Role.DRIVING_CHAIR)):
        raise RoleNeededError(APPOINTERS)


def may_appoint(by: Actor, subcommittee: str) -> bool:
    """Say whether this person appoints for this subcommittee."""
    return subcommittee in by.chairs or by.holds(Role.DRIVING_CHAIR)


def check_appointment(by: Actor, somebody: Actor, term: Term, *, order: str, today: date) -> None:
    """Refuse days that do not fit, a missing order, and people who cannot act for this chair."""
    if not order.strip():
        raise NoOrderError
    if not today <= term.from_on <= term.to_on:
        raise WrongDaysError
    is_apart = somebody.person_id != by.person_id and term.subcommittee not in somebody.chairs
    if not is_apart or not may_act(somebody.roles):
        raise CannotActError


def may_act(roles: Collection[Role]) -> bool:
    """Say whether somebody with these roles may ever act for a chair."""
    return not ALONE.intersection(roles)
