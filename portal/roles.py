"""Who may act: roles, where they hold, and the person who acts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
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


def excluded(held: Iterable[Role], role: Role) -> Role | None:
    """Return a role among those held that nobody may hold together with this one."""
    others = (other for other in sorted(held) if other is not role)
    return next((other for other in others if ALONE & {other, role}), None)


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person with the roles held now.

    `chairs` lists the codes of the subcommittees whose chair this person is.
    """

    person_id: int
    roles: frozenset[Role]
    chairs: frozenset[str] = field(default_factory=frozenset)
    name: str = ""
    username: str = ""
    must_change_password: bool = False

    def holds(self, role: Role, subcommittee: str | None = None) -> bool:
        """Say whether the role is held, and for a chair: of that subcommittee."""
        if role is Role.CHAIR and subcommittee is not None:
            return role in self.roles and subcommittee in self.chairs
        return role in self.roles
