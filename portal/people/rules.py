"""Who may ask for sealed values, and who may open them: two people, always."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from portal.errors import N_
from portal.errors import ForbiddenError
from portal.errors import InputError
from portal.errors import RuleError
from portal.roles import Actor
from portal.roles import Role

GRANTERS = frozenset({Role.OFFICER, Role.ADMINISTRATOR})
READERS = GRANTERS | {Role.AUDITOR}


class Purpose(StrEnum):
    """What an opening is for; the only thing about it that is public."""

    AUDIT = "audit"
    COMPLAINT = "complaint"
    DATA_SUBJECT = "data_subject"
    LEGAL = "legal"


class NotAnAuditorError(ForbiddenError):
    """Only an auditor asks."""

    def __init__(self) -> None:
        super().__init__(N_("Only an auditor asks for sealed values to be opened."))


class NotAGranterError(ForbiddenError):
    """Only officers and administrators grant."""

    def __init__(self) -> None:
        super().__init__(N_("An officer or an administrator decides on this."))


class OwnQuestionError(ForbiddenError):
    """Who asks does not grant."""

    def __init__(self) -> None:
        super().__init__(N_("You asked for this opening; another person decides on it."))


class DecidedAlreadyError(RuleError):
    """Somebody decided before."""

    def __init__(self) -> None:
        super().__init__(N_("This opening was decided on already."))


class NotGrantedError(RuleError):
    """Nothing is opened before it is granted."""

    def __init__(self) -> None:
        super().__init__(N_("This opening is not granted."))


class NothingSealedError(InputError):
    """The entry has no such sealed value, or none that can still be opened."""

    def __init__(self) -> None:
        super().__init__(N_("This entry has no such sealed value, or it was erased."))


def check_may_ask(by: Actor) -> None:
    """Refuse everybody but auditors."""
    if not by.holds(Role.AUDITOR):
        raise NotAnAuditorError


def check_may_grant(by: Actor) -> None:
    """Refuse who is not trusted with it, whatever is asked."""
    if not GRANTERS & by.roles:
        raise NotAGranterError


def check_may_decide(by: Actor, *, asked_by: int, is_decided: bool) -> None:
    """Refuse who asked, who is not trusted with it, and a second decision."""
    check_may_grant(by)
    if by.person_id == asked_by:
        raise OwnQuestionError
    if is_decided:
        raise DecidedAlreadyError


def check_fields(asked: Iterable[str], sealed: Iterable[str]) -> tuple[str, ...]:
    """Return the fields in one order; refuse none, and any that is not sealed there."""
    wanted = tuple(sorted(set(asked)))
    if not wanted or not set(wanted) <= set(sealed):
        raise NothingSealedError
    return wanted
