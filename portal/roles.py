"""Who may act: roles, where they hold, and the person who acts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from enum import StrEnum


class Role(StrEnum):
    """What a person may be trusted with; `STEPS` says which step takes which role."""

    FINDER = "finder"
    OFFICER = "officer"
    CHAIR = "chair"
    DRIVING_CHAIR = "driving_chair"
    BOARD = "board"
    TREASURER = "treasurer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


# Who decides on people and rules touches no money; who audits changes nothing.
ALONE = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
# Who decides, pays or gives roles: a password alone is not enough for that.
GUARDED = frozenset(
    {Role.CHAIR, Role.DRIVING_CHAIR, Role.BOARD, Role.TREASURER, Role.ADMINISTRATOR}
)


def excluded(held: Iterable[Role], role: Role) -> Role | None:
    """Return a role among those held that nobody may hold together with this one."""
    others = (other for other in sorted(held) if other is not role)
    return next((other for other in others if ALONE & {other, role}), None)


@dataclass(frozen=True, slots=True)
class Term:
    """The days, both included, in which somebody acts for the chair of a subcommittee."""

    subcommittee: str
    from_on: date
    to_on: date

    def covers(self, subcommittee: str, on: date | None) -> bool:
        """Say whether it is a term for this subcommittee, on this day if one is given."""
        is_here = subcommittee == self.subcommittee
        return is_here and (on is None or self.from_on <= on <= self.to_on)


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person with the roles held now.

    `chairs` lists the codes of the subcommittees whose chair this person is, `acting` the terms in
    which they act for another chair; who acts for one holds the role, too.
    """

    person_id: int
    roles: frozenset[Role]
    chairs: frozenset[str] = field(default_factory=frozenset)
    name: str = ""
    username: str = ""
    must_change_password: bool = False
    has_factor: bool = False
    acting: frozenset[Term] = field(default_factory=frozenset)

    def holds(self, role: Role, subcommittee: str | None = None, *, on: date | None = None) -> bool:
        """Say whether the role is held, and for a chair: of that subcommittee, on that day."""
        if role is Role.CHAIR and subcommittee is not None:
            is_chair = subcommittee in self.chairs or self.acts_for(subcommittee, on=on)
            return role in self.roles and is_chair
        return role in self.roles

    def acts_for(self, subcommittee: str, *, on: date | None = None) -> bool:
        """Say whether this person acts for the chair of a subcommittee and is not the chair."""
        is_acting = any(term.covers(subcommittee, on) for term in self.acting)
        return is_acting and subcommittee not in self.chairs

    @property
    def is_guarded(self) -> bool:
        """Say whether something is held for which a password alone is not enough."""
        return bool(GUARDED & self.roles)

    @property
    def seats(self) -> frozenset[str]:
        """Return the subcommittees for which this person decides."""
        return self.chairs | {term.subcommittee for term in self.acting}
