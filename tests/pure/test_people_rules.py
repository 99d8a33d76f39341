from __future__ import annotations

import pytest

from portal.people.rules import ExcludedRoleError
from portal.people.rules import OnlyAdministratorError
from portal.people.rules import OwnRecordError
from portal.people.rules import RoleHeldError
from portal.people.rules import RoleScopeError
from portal.people.rules import check_administers
from portal.people.rules import check_grant
from portal.roles import Actor
from portal.roles import Role
from portal.roles import excluded

WORK = frozenset(Role) - {Role.ADMINISTRATOR, Role.AUDITOR, Role.SYSTEM}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("held", Role)
def test_who_rules_touches_no_money_and_who_audits_changes_nothing(role: Role, held: Role) -> None:
    together = role is held or {role, held} <= WORK | {Role.SYSTEM}
    assert excluded({held}, role) == (None if together else held)


def test_a_person_may_hold_all_the_work() -> None:
    for role in WORK:
        assert excluded(WORK, role) is None
    assert excluded((), Role.AUDITOR) is None


def scope(role: Role) -> str | None:
    return "SC5" if role is Role.CHAIR else None


def test_a_role_is_given_once_and_not_beside_what_excludes_it() -> None:
    for role in frozenset(Role) - {Role.SYSTEM}:
        check_grant(role, scope(role), held=[])
        with pytest.raises(RoleHeldError):
            check_grant(role, scope(role), held=[(role, scope(role))])
    check_grant(Role.CHAIR, "SC1", held=[(Role.CHAIR, "SC5")])
    with pytest.raises(ExcludedRoleError) as caught:
        check_grant(Role.AUDITOR, None, held=[(Role.OFFICER, None)])
    assert (caught.value.held, caught.value.role) == (Role.OFFICER, Role.AUDITOR)


@pytest.mark.parametrize(
    ("role", "subcommittee"), [(Role.CHAIR, None), (Role.OFFICER, "SC5"), (Role.SYSTEM, None)]
)
def test_only_a_chair_is_of_a_subcommittee(role: Role, subcommittee: str | None) -> None:
    with pytest.raises(RoleScopeError):
        check_grant(role, subcommittee, held=[])


def test_an_administrator_decides_on_others() -> None:
    admin = Actor(1, frozenset({Role.ADMINISTRATOR}))
    check_administers(admin)
    check_administers(admin, person_id=2)
    check_administers(Actor(0, frozenset({Role.SYSTEM})), person_id=2)
    with pytest.raises(OwnRecordError):
        check_administers(admin, person_id=1)
    for role in frozenset(Role) - {Role.ADMINISTRATOR, Role.SYSTEM}:
        with pytest.raises(OnlyAdministratorError):
            check_administers(Actor(1, frozenset({role})), person_id=2)
