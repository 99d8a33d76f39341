from __future__ import annotations

from itertools import product

import pytest

from portal.funds.documents import TERMS
from portal.funds.documents import DocumentKind
from portal.funds.documents import DocumentTooEarlyError
from portal.funds.documents import issuing_role
from portal.funds.documents import kinds_to_issue
from portal.funds.rules import RoleNeededError
from portal.funds.rules import State
from portal.roles import Actor
from portal.roles import Role

DECIDED = {State.APPROVED, State.REJECTED, State.CLOSED}
ISSUERS = {Role.OFFICER, Role.CHAIR, Role.TREASURER}
DECISION = DocumentKind.DECISION


def somebody(*roles: Role, chairs: tuple[str, ...] = ("SC5",)) -> Actor:
    return Actor(1, frozenset(roles), frozenset(chairs))


@pytest.mark.parametrize(("state", "role"), list(product(State, Role)))
def test_who_issues_a_decision_sheet_and_when(state: State, role: Role) -> None:
    by = somebody(role)
    offered = kinds_to_issue(state, by, subcommittee="SC5")
    if state in DECIDED and role in ISSUERS:
        assert issuing_role(DECISION, state, by, subcommittee="SC5") is role
        assert offered == [DECISION]
        return
    refusal = RoleNeededError if state in DECIDED else DocumentTooEarlyError
    with pytest.raises(refusal):
        issuing_role(DECISION, state, by, subcommittee="SC5")
    assert offered == []


def test_the_chair_of_another_subcommittee_issues_nothing() -> None:
    other = somebody(Role.CHAIR, chairs=("SC1",))
    with pytest.raises(RoleNeededError) as caught:
        issuing_role(DECISION, State.APPROVED, other, subcommittee="SC5")
    assert set(caught.value.roles) == ISSUERS
    assert kinds_to_issue(State.APPROVED, other, subcommittee="SC5") == []


def test_who_holds_several_roles_issues_it_in_the_first() -> None:
    for roles, first in (
        ((Role.TREASURER, Role.CHAIR, Role.OFFICER), Role.OFFICER),
        ((Role.TREASURER, Role.CHAIR), Role.CHAIR),
        ((Role.AUDITOR, Role.TREASURER), Role.TREASURER),
    ):
        by = somebody(*roles)
        assert issuing_role(DECISION, State.APPROVED, by, subcommittee="SC5") is first


def test_every_kind_has_its_terms() -> None:
    assert TERMS.keys() == set(DocumentKind)
