from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations
from itertools import product

import pytest

from portal.errors import ForbiddenError
from portal.errors import PortalError
from portal.errors import RuleError
from portal.funds import rules
from portal.funds.rules import ASKERS
from portal.funds.rules import STEPS
from portal.funds.rules import Action
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import AlreadySignedError
from portal.funds.rules import Duty
from portal.funds.rules import HowRelatedMissingError
from portal.funds.rules import InterestNotDeclaredError
from portal.funds.rules import NoThresholdError
from portal.funds.rules import PaymentUnderWayError
from portal.funds.rules import RelatedError
from portal.funds.rules import RoleNeededError
from portal.funds.rules import SamePersonError
from portal.funds.rules import Signatures
from portal.funds.rules import Standing
from portal.funds.rules import State
from portal.funds.rules import Threshold
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role
from portal.roles import Term

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
    (State.APPROVED, Action.REVISE): ({Role.OFFICER}, Duty.ASK, State.SUBMITTED),
}
UNRELATED = {ME: False}
HERE_NOW = Standing("SC1")


def actor(*roles: Role, person_id: int = ME) -> Actor:
    chairs = frozenset({"SC1"}) if Role.CHAIR in roles else frozenset()
    return Actor(person_id, frozenset(roles), chairs)


def outcome(state: State, action: Action, by: Actor, duties: dict[int, Duty]) -> object:
    try:
        return rules.next_state(state, action, by, Standing("SC1", duties, related=UNRELATED))
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
        Standing(
            "SC1",
            dict.fromkeys(signatures.given_by, Duty.DECIDE),
            signatures,
            related={by.person_id: False},
        ),
    )


def test_one_person_with_both_roles_signs_once() -> None:
    both = actor(Role.CHAIR, Role.DRIVING_CHAIR)
    with pytest.raises(AlreadySignedError):
        sign(both, Signatures((Role.CHAIR, Role.DRIVING_CHAIR), (ME,)))


def test_offers_tell_every_action_of_the_state_with_its_reason() -> None:
    standing = Standing("SC1", related=UNRELATED)
    offers = rules.offers(State.SUBMITTED, actor(Role.CHAIR), standing)
    assert {offer.action: offer.is_allowed for offer in offers} == {
        Action.RETURN: True,
        Action.APPROVE: True,
        Action.REJECT: True,
        Action.WITHDRAW: False,
    }


def refused(standing: Standing, by: Actor, action: Action = Action.APPROVE) -> type[Exception]:
    with pytest.raises(PortalError) as refusal:
        rules.next_state(State.SUBMITTED, action, by, standing)
    return refusal.type


@pytest.mark.parametrize("action", [Action.APPROVE, Action.RETURN, Action.REJECT])
def test_nobody_decides_who_is_related_or_did_not_say(action: Action) -> None:
    chair = actor(Role.CHAIR)
    assert refused(Standing("SC1"), chair, action) is InterestNotDeclaredError
    assert refused(Standing("SC1", related={OTHER: False}), chair, action) is (
        InterestNotDeclaredError
    )
    assert refused(Standing("SC1", related={ME: True}), chair, action) is RelatedError


TERM = Term("SC1", date(2026, 11, 10), date(2026, 11, 20))
ACTING = Actor(ME, frozenset({Role.CHAIR}), acting=frozenset({TERM}))


@pytest.mark.parametrize(("day", "is_covered"), [(9, False), (10, True), (20, True), (21, False)])
def test_who_acts_for_a_chair_decides_on_the_days_of_the_term_alone(
    day: int, *, is_covered: bool
) -> None:
    standing = Standing("SC1", related=UNRELATED, day=date(2026, 11, day))
    if is_covered:
        assert rules.next_state(State.SUBMITTED, Action.APPROVE, ACTING, standing) is State.APPROVED
    else:
        assert refused(standing, ACTING) is RoleNeededError
    assert refused(replace(standing, subcommittee="SC2"), ACTING) is RoleNeededError


def test_a_chair_does_not_act_for_themselves() -> None:
    both = Actor(ME, frozenset({Role.CHAIR}), frozenset({"SC1"}), acting=frozenset({TERM}))
    assert both.holds(Role.CHAIR, "SC1", on=date(2030, 1, 1))
    assert not both.acts_for("SC1")
    assert ACTING.acts_for("SC1")
    assert ACTING.seats == both.seats == {"SC1"}


def test_nothing_is_revised_while_it_is_being_paid() -> None:
    officer = actor(Role.OFFICER)
    with pytest.raises(PaymentUnderWayError):
        rules.next_state(State.APPROVED, Action.REVISE, officer, Standing("SC1", is_paying=True))


def test_a_declaration_is_made_by_who_may_decide_and_is_not_taken_back() -> None:
    def declare(
        by: Actor, *, standing: Standing = HERE_NOW, is_related: bool = True, how: str = "x"
    ) -> None:
        rules.check_may_declare(State.SUBMITTED, by, standing, is_related=is_related, how=how)

    chair = actor(Role.CHAIR)
    declare(chair)
    declare(actor(Role.BOARD), is_related=False, how="")
    with pytest.raises(RoleNeededError):
        declare(actor(Role.OFFICER))
    with pytest.raises(SamePersonError):
        declare(chair, standing=Standing("SC1", {ME: Duty.ASK}))
    with pytest.raises(RelatedError):
        declare(chair, standing=Standing("SC1", related={ME: True}), is_related=False)
    with pytest.raises(HowRelatedMissingError):
        declare(chair, how=" ")
    with pytest.raises(ActionNotAllowedError):
        rules.check_may_declare(State.DRAFT, chair, Standing("SC1"), is_related=False, how="")


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
