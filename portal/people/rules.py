"""Who may ask for sealed values, and who may open them: two people, always."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from enum import StrEnum

from portal.errors import N_
from portal.errors import ForbiddenError
from portal.errors import InputError
from portal.errors import RuleError
from portal.roles import Actor
from portal.roles import Role
from portal.roles import excluded

GRANTERS = frozenset({Role.OFFICER, Role.ADMINISTRATOR})
READERS = GRANTERS | {Role.AUDITOR}
# Who reads the list of people; the auditor changes nothing in it.
LOOKERS = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})


class Purpose(StrEnum):
    """What an opening is for; the only thing about it that is public."""

    AUDIT = "audit"
    COMPLAINT = "complaint"
    DATA_SUBJECT = "data_subject"
    LEGAL = "legal"


class RoleReason(StrEnum):
    """Why a role is given or ended: a code, sealed with the person."""

    ELECTED = "elected"
    APPOINTED = "appointed"
    STANDS_IN = "stands_in"
    TERM_OVER = "term_over"
    RESIGNED = "resigned"
    OTHER_WORK = "other_work"
    LOST_TRUST = "lost_trust"
    MISTAKE = "mistake"


class OnlyAdministratorError(ForbiddenError):
    """People, roles and partners are the administrator's."""

    def __init__(self) -> None:
        super().__init__(N_("Only an administrator can do this."))


class OwnRecordError(ForbiddenError):
    """Nobody decides on their own roles, or on whether they may sign in."""

    def __init__(self) -> None:
        super().__init__(N_("This is about you; another administrator does it."))


class LastAdministratorError(RuleError):
    """Somebody must be able to give roles."""

    def __init__(self) -> None:
        super().__init__(
            N_("This is the last administrator; give the role to another person first.")
        )


class ExcludedRoleError(RuleError):
    """Some roles are not held together: who watches does not act, who rules touches no money."""

    def __init__(self, held: Role, role: Role) -> None:
        super().__init__(N_("Nobody is {role} and {held} at the same time."), held=held, role=role)
        self.held = held
        self.role = role


class RoleHeldError(RuleError):
    """The person has the role already."""

    def __init__(self) -> None:
        super().__init__(N_("This person holds that role already."))


class RoleScopeError(RuleError):
    """A chair is the chair of a subcommittee, and no other role is."""

    def __init__(self) -> None:
        super().__init__(
            N_("A chair is given for one subcommittee, every other role for the whole foundation.")
        )


class NotActiveError(RuleError):
    """Nobody who is deactivated is given anything."""

    def __init__(self) -> None:
        super().__init__(N_("This person is deactivated."))


class ActiveAlreadyError(RuleError):
    """There is nothing to reactivate."""

    def __init__(self) -> None:
        super().__init__(N_("This person may sign in already."))


class SamePasswordError(RuleError):
    """The new password is the old one."""

    def __init__(self) -> None:
        super().__init__(N_("The new password must be another one."))


def check_administers(by: Actor, *, person_id: int | None = None) -> None:
    """Refuse others than administrators, and those in their own matter; founding may do all."""
    if Role.SYSTEM in by.roles:
        return
    if not by.holds(Role.ADMINISTRATOR):
        raise OnlyAdministratorError
    if person_id == by.person_id:
        raise OwnRecordError


def check_grant(
    role: Role, subcommittee: str | None, *, held: Collection[tuple[Role, str | None]]
) -> None:
    """Refuse a role that is held already, that others exclude, or without its subcommittee."""
    if role is Role.SYSTEM or (role is Role.CHAIR) != (subcommittee is not None):
        raise RoleScopeError
    if (role, subcommittee) in held:
        raise RoleHeldError
    other = excluded((one for one, _ in held), role)
    if other is not None:
        raise ExcludedRoleError(other, role)


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


def check_may_decide(by: Actor, *, asked_by: int, is_decided: bool) -> None:
    """Refuse who asked, who is not trusted with it, and a second decision."""
    if not GRANTERS & by.roles:
        raise NotAGranterError
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
