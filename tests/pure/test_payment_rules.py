from __future__ import annotations

from itertools import product

import pytest

from portal.errors import ForbiddenError
from portal.errors import RuleError
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import RoleNeededError
from portal.money import Money
from portal.payments import rules
from portal.payments.rules import NothingToPayError
from portal.payments.rules import PaymentAction
from portal.payments.rules import PaymentState
from portal.payments.rules import SameTreasurerError
from portal.roles import Actor
from portal.roles import Role

ME, OTHER = 1, 2
PREPARE, RELEASE = PaymentAction.PREPARE, PaymentAction.RELEASE
# The table a second time, on purpose; the third column is whose step must be another's.
TABLE = {
    (None, PREPARE): (PaymentState.PREPARED, None),
    (PaymentState.PREPARED, RELEASE): (PaymentState.RELEASED, PREPARE),
    (PaymentState.RELEASED, PaymentAction.SEND): (PaymentState.SENT, None),
    (PaymentState.SENT, PaymentAction.CONFIRM): (PaymentState.CONFIRMED, RELEASE),
    (PaymentState.PREPARED, PaymentAction.VOID): (PaymentState.VOIDED, None),
    (PaymentState.RELEASED, PaymentAction.VOID): (PaymentState.VOIDED, None),
    (PaymentState.SENT, PaymentAction.BOUNCE): (PaymentState.RETURNED, RELEASE),
    (PaymentState.CONFIRMED, PaymentAction.BOUNCE): (PaymentState.RETURNED, RELEASE),
    (PaymentState.CONFIRMED, PaymentAction.REFUND): (PaymentState.RETURNED, RELEASE),
    (PaymentState.CONFIRMED, PaymentAction.CLEAR): (PaymentState.CONFIRMED, RELEASE),
}


@pytest.mark.parametrize("state", [None, *PaymentState])
@pytest.mark.parametrize("action", PaymentAction)
def test_the_cube_of_states_actions_roles_and_people(
    state: PaymentState | None, action: PaymentAction
) -> None:
    for role, prepared_by, released_by in product(Role, (ME, OTHER), (ME, OTHER, None)):
        done_by = {PREPARE: prepared_by, RELEASE: released_by}
        arrow = TABLE.get((state, action))
        expected: object = ActionNotAllowedError
        if arrow is not None:
            to, apart = arrow
            expected = to if apart is None or done_by[apart] != ME else SameTreasurerError
            expected = expected if role is Role.TREASURER else RoleNeededError
        try:
            found: object = rules.next_state(
                state, action, Actor(ME, frozenset({role})), done_by=done_by
            )
        except (RuleError, ForbiddenError) as error:
            found = type(error)
        assert found == expected


def test_what_may_be_paid_is_what_is_left() -> None:
    assert rules.check_payable(Money.baht(300), under_way=Money(0)) == Money.baht(300)
    for nothing in (0, -100):
        with pytest.raises(NothingToPayError):
            rules.check_payable(Money.baht(nothing), under_way=Money(0))


def test_one_payment_of_a_request_at_a_time_is_under_way() -> None:
    with pytest.raises(rules.EarlierPaymentOpenError):
        rules.check_payable(Money.baht(300), under_way=Money(1))
