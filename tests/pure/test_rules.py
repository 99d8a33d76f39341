from __future__ import annotations

from itertools import combinations
from itertools import product

import pytest

from portal.errors import ForbiddenError
from portal.errors import RuleError
from portal.funds import rules
from portal.funds.rules import ASKERS
from portal.funds.rules import STEPS
from portal.funds.rules import Action
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import AlreadySignedError
from portal.funds.rules import Duty
from portal.funds.rules import NoThresholdError
from portal.funds.rules import RoleNeededError
from portal.funds.rules import SamePersonError
from portal.funds.rules import Signatures
from portal.funds.rules import State
from portal.funds.rules import Threshold
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role

ME, OTHER = 1, 2
# The whole table of DESIGN section 3, written a second time on purpose: an arrow more or an arrow
# less in the code shows here.
TABLE = {
    (State.DRAFT, Action.SUBMIT): (ASKERS, Duty.ASK, State.SUBMITTED),
    (State.RETURNED, Action.SUBMIT): (ASKERS, Duty.ASK, State.SUBMITTED),
    (State.SUBMITTED, Action.RETURN): ({Role.CHAIR}, Duty.DECIDE, State.RETURNED),
    (State.SUBMITTED, Action.APPROVE): ({Role.CHAIR}, Duty.DECIDE, State.APPROVED),
    (State.SUBMITTED, Action.REJECT): ({Role.CHAIR}, Duty.DECIDE, State.REJECTED),
    (State.DRAFT, Action.WITHDRAW): (ASKERS, Duty.ASK, State.WITHDRAWN),
    (State.SUBMITTED, Action.WITHDRAW): (ASKERS, Duty.ASK, State.WITHDRAWN),
    (State.RETURNED, Action.WITHDRAW): (ASKERS, Duty.ASK, State.WITHDRAWN),
}


def actor(*roles: Role, person_id: int = ME) -> Actor:
    chairs = frozenset({"SC1"}) if Role.CHAIR in roles else frozenset()
    return Actor(person_id, frozenset(roles), chairs)


def outcome(state: State, action: Action, by: Actor, duties: dict[int, Duty]) -> object:
    try:
        return rules.next_state(
            state, action, by, subcommittee="SC1", duties=duties, signatures=Signatures()
        )
    except (RuleError, ForbiddenError) as error:
        return type(error)


def expected(state: State, action: Action, role: Role, duty: Duty | None) -> object:
    arrow = TABLE.get((state, action))
    if arrow is None:
        return ActionNotAllowedError
    roles, needed, to = arrow
    if role not in roles:
        return RoleNeededError
    return to if duty in {None, needed} else SamePersonError


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", Action)
def test_the_cube_of_states_actions_roles_and_duties(state: State, action: Action) -> None:
    for role, duty in product(Role, (None, *Duty)):
        duties = {ME: duty} if duty else {}
        assert outcome(state, action, actor(role), duties) == expected(state, action, role, duty)


def test_the_table_has_no_other_arrow() -> None:
    assert set(STEPS) == set(TABLE)


def test_two_roles_never_allow_more_than_each_of_them() -> None:
    for pair in combinations(Role, 2):
        for state, action in STEPS:
            both = outcome(state, action, actor(*pair), {})
            each = {outcome(state, action, actor(role), {}) for role in pair}
            assert both in each


@pytest.mark.parametrize(("state", "action"), STEPS)
def test_a_chair_of_another_subcommittee_takes_no_step(state: State, action: Action) -> None:
    elsewhere = Actor(ME, frozenset({Role.CHAIR}), frozenset({"SC2"}))
    assert outcome(state, action, elsewhere, {}) is RoleNeededError


def test_signatures_are_given_in_order_by_different_people() -> None:
    needed = (Role.CHAIR, Role.DRIVING_CHAIR, Role.BOARD)
    given: tuple[int, ...] = ()
    for person_id, role in enumerate(needed, start=1):
        signatures = Signatures(needed, given)
        for other in set(Role) - {role}:
            with pytest.raises(RoleNeededError):
                sign(actor(other, person_id=9), signatures)
        signer = actor(role, person_id=person_id)
        last = role is Role.BOARD
        assert sign(signer, signatures) is (State.APPROVED if last else State.SUBMITTED)
        given = (*given, person_id)


def sign(by: Actor, signatures: Signatures) -> State:
    return rules.next_state(
        State.SUBMITTED,
        Action.APPROVE,
        by,
        subcommittee="SC1",
        duties=dict.fromkeys(signatures.given_by, Duty.DECIDE),
        signatures=signatures,
    )


def test_one_person_with_both_roles_signs_once() -> None:
    both = actor(Role.CHAIR, Role.DRIVING_CHAIR)
    with pytest.raises(AlreadySignedError):
        sign(both, Signatures((Role.CHAIR, Role.DRIVING_CHAIR), (ME,)))


def test_offers_tell_every_action_of_the_state_with_its_reason() -> None:
    offers = rules.offers(
        State.SUBMITTED,
        actor(Role.CHAIR),
        subcommittee="SC1",
        duties={},
        signatures=Signatures(),
    )
    assert {offer.action: offer.is_allowed for offer in offers} == {
        Action.RETURN: True,
        Action.APPROVE: True,
        Action.REJECT: True,
        Action.WITHDRAW: False,
    }


ANY = Threshold(Money(0), (Role.CHAIR,))
HIGH = Threshold(Money.baht(5000), (Role.CHAIR, Role.DRIVING_CHAIR))
HERE = Threshold(Money.baht(5000), (Role.CHAIR, Role.BOARD), subcommittee="SC1")


def test_the_highest_threshold_passed_decides_then_the_most_exact() -> None:
    def needed(amount: int, *thresholds: Threshold) -> tuple[Role, ...]:
        return rules.signatures_needed(
            thresholds, subcommittee="SC1", fund="GEN", amount=Money.baht(amount)
        )

    assert needed(5000, ANY, HIGH) == ANY.signatures
    assert needed(5001, ANY, HIGH) == HIGH.signatures
    assert needed(5001, ANY, HERE, HIGH) == HERE.signatures
    elsewhere = Threshold(Money(0), (Role.BOARD,), subcommittee="SC2")
    assert needed(100, ANY, elsewhere) == ANY.signatures
    with pytest.raises(NoThresholdError):
        needed(100, HIGH)


def test_a_person_has_one_code_in_a_request_and_another_in_the_next() -> None:
    assert rules.party(b"a", ME) == rules.party(b"a", ME)
    assert rules.party(b"a", ME) != rules.party(b"a", OTHER)
    assert rules.party(b"a", ME) != rules.party(b"b", ME)


def test_the_fund_to_begin_with_is_the_one_of_which_most_is_left() -> None:
    assert rules.choose_fund({"A": Money.baht(1), "B": Money.baht(3), "C": Money.baht(2)}) == "B"
    assert rules.choose_fund({"A": Money(0), "B": Money(0)}) == "A"
