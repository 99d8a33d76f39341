from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import event
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.funds import answering
from portal.funds.answering import Revision
from portal.funds.books import held
from portal.funds.ledger import Account
from portal.funds.ledger import Place
from portal.funds.models import FundRequest
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import RequestNotFoundError
from portal.funds.rules import RoleNeededError
from portal.funds.rules import SamePersonError
from portal.funds.rules import State
from portal.money import Money
from portal.payments import receipting
from portal.payments import returning
from portal.payments import rules
from portal.payments.models import Payment
from portal.payments.queries import is_unpaid
from portal.payments.queries import receipt_digests
from portal.payments.returning import Back
from portal.payments.rules import PaymentState
from portal.payments.rules import SameTreasurerError
from portal.payments.rules import StalePaymentError
from portal.roles import Actor
from portal.roles import Role
from tests.world import ANSWER
from tests.world import NOON
from tests.world import World

NOTE = "บัญชีปลายทางปิดแล้ว"
NOTHING = Money(0)


def places(session: Session, payment: Payment) -> dict[Place, Money]:
    fund_request = session.get_one(FundRequest, payment.fund_request_id)
    fund, subcommittee = fund_request.fund_code, fund_request.subcommittee_code
    amounts = {place: held(session, Account(fund, subcommittee, place)) for place in Place}
    return {
        place: amount
        for place, amount in amounts.items()
        if amount and place is not Place.AVAILABLE
    }


def returned(
    world: World, payment: Payment, back: Money, *, fee: Money = NOTHING, by: Actor | None = None
) -> Payment:
    return returning.return_payment(
        world.session,
        payment.id,
        Back(back, NOTE, fee),
        seen_version=payment.version,
        by=by or world.phailin,
        at=NOON,
    )


def refunded(world: World, payment: Payment, back: Money) -> Payment:
    return returning.refund_payment(
        world.session,
        payment.id,
        Back(back, NOTE),
        seen_version=payment.version,
        by=world.phailin,
        at=NOON,
    )


def released(world: World, payment: Payment, *, by: Actor | None = None) -> FundRequest:
    fund_request = world.session.get_one(FundRequest, payment.fund_request_id)
    return returning.release_rest(
        world.session,
        fund_request.id,
        note=NOTE,
        seen_version=fund_request.version,
        by=by or world.phailin,
        at=NOON,
    )


def request_of(world: World, payment: Payment) -> FundRequest:
    return world.session.get_one(FundRequest, payment.fund_request_id)


def test_what_the_bank_sends_back_is_paid_again(session: Session, world: World) -> None:
    payment = world.sent()
    amount = payment.amount
    returned(world, payment, amount, fee=Money(1000))
    assert payment.state is PaymentState.RETURNED
    assert (payment.returned, payment.fee, payment.stayed) == (amount, Money(1000), Money(0))
    assert places(session, payment) == {
        Place.RETURNED: amount - Money(1000),
        Place.FEES: Money(1000),
    }
    fund_request = request_of(world, payment)
    assert (fund_request.waits_for, fund_request.payable) == (
        Role.TREASURER,
        amount - Money(1000),
    )
    again = world.prepared(fund_request)
    assert (again.instalment, again.amount) == (2, amount - Money(1000))
    assert places(session, again) == {
        Place.COMMITTED: amount - Money(1000),
        Place.FEES: Money(1000),
    }


def test_a_part_comes_back_of_what_was_paid(session: Session, world: World) -> None:
    payment = world.confirmed()
    part, amount = Money(20_000), payment.amount
    returned(world, payment, part, fee=Money(500))
    refunded(world, payment, Money(100))
    assert payment.state is PaymentState.CONFIRMED
    assert payment.stayed == amount - part - Money(100)
    assert places(session, payment) == {
        Place.DISBURSED: payment.stayed,
        Place.RETURNED: part - Money(500) + Money(100),
        Place.FEES: Money(500),
    }
    stays = payment.stayed
    assert refunded(world, payment, stays).state == "returned"


def test_the_rest_is_set_free(session: Session, world: World) -> None:
    payment = world.confirmed()
    returned(world, payment, Money(20_000))
    fund_request = released(world, payment)
    assert (fund_request.state, fund_request.waits_for) == (State.APPROVED, None)
    assert fund_request.awarded == payment.stayed
    assert places(session, payment) == {Place.DISBURSED: payment.stayed}
    world.receipted(payment)
    assert fund_request.state is State.CLOSED
    assert places(session, payment) == {Place.RECEIVED: payment.stayed}


def test_a_request_of_which_nothing_is_paid_is_closed_when_it_is_set_free(
    session: Session, world: World
) -> None:
    payment = world.sent()
    returned(world, payment, payment.amount)
    assert released(world, payment).state is State.CLOSED
    assert places(session, payment) == {}


def test_what_came_back_is_revised(session: Session, world: World) -> None:
    payment = world.sent()
    returned(world, payment, payment.amount, fee=Money(300))
    fund_request = request_of(world, payment)
    answering.revise_request(
        session,
        fund_request.id,
        Revision(Money.baht(1200), ANSWER.payee, NOTE),
        seen_version=fund_request.version,
        by=world.malee,
        at=NOON,
    )
    assert fund_request.state is State.SUBMITTED
    assert places(session, payment) == {Place.FEES: Money(300)}
    assert (fund_request.awarded, fund_request.returned) == (Money(0), Money(0))
    world.approve(fund_request, world.somchai)
    again = world.prepared(fund_request)
    assert (again.instalment, again.amount) == (2, Money.baht(1200))


def test_a_receipt_closes_a_request_and_money_may_still_come_back(
    session: Session, world: World
) -> None:
    payment = world.confirmed()
    world.receipted(payment)
    fund_request = request_of(world, payment)
    assert fund_request.state is State.CLOSED
    assert places(session, payment) == {Place.RECEIVED: payment.amount}
    world.receipted(payment, content=b"%PDF another")
    assert fund_request.state is State.CLOSED
    refunded(world, payment, Money(5_000))
    assert (fund_request.state, fund_request.waits_for) == (State.APPROVED, Role.TREASURER)
    assert places(session, payment) == {
        Place.RECEIVED: payment.amount - Money(5_000),
        Place.RETURNED: Money(5_000),
    }
    assert released(world, payment).state is State.CLOSED


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_a_request_of_which_the_bank_kept_all_that_came_back_is_closed(
    world: World, *, is_confirmed: bool
) -> None:
    payment = world.confirmed() if is_confirmed else world.sent()
    if is_confirmed:
        world.receipted(payment)
        returned(world, payment, Money(300), fee=Money(300))
        assert (payment.state, payment.stayed) == (PaymentState.CONFIRMED, Money(149_700))
    else:
        returned(world, payment, payment.amount, fee=payment.amount)
    assert request_of(world, payment).state is State.CLOSED


def test_looking_whether_somebody_may_file_locks_nothing(session: Session, world: World) -> None:
    payment = world.confirmed()
    said: list[str] = []
    event.listen(
        session.connection(),
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: said.append(statement),
    )
    session.expire_all()
    receipting.check_may_file(session, payment.id, by=world.anong)
    assert said
    assert not any("FOR UPDATE" in statement for statement in said)
    with pytest.raises(rules.PaymentNotFoundError):
        receipting.check_may_file(session, 999, by=world.anong)


def test_who_files_a_receipt(session: Session, world: World) -> None:
    payment = world.confirmed()
    receipting.check_may_file(session, payment.id, by=world.anong)
    with pytest.raises(RoleNeededError):
        receipting.check_may_file(session, payment.id, by=world.wipa)
    with pytest.raises(RequestNotFoundError):
        receipting.check_may_file(session, payment.id, by=world.krit)
    with pytest.raises(SamePersonError):
        world.receipted(payment, by=world.somchai)
    world.receipted(payment, by=world.anong)
    assert receipt_digests(session, payment.id) == [hashlib.sha256(b"%PDF signed").hexdigest()]
    with pytest.raises(rules.ReceiptThereError):
        world.receipted(payment, by=world.anong)


def test_a_finder_files_receipts_for_their_own_requests(world: World) -> None:
    asked = world.approve(world.submitted(by=world.finder), world.somchai)
    own = world.confirmed(fund_request=asked)
    world.receipted(own, by=world.finder)
    assert request_of(world, own).state is State.CLOSED
    with pytest.raises(RequestNotFoundError):
        world.receipted(world.confirmed("KTB0002"), by=world.finder)


def test_a_request_with_money_left_to_pay_is_not_closed_by_a_receipt(world: World) -> None:
    payment = world.confirmed()
    returned(world, payment, Money(100))
    world.receipted(payment)
    assert request_of(world, payment).state is State.APPROVED


def test_a_receipt_is_for_money_that_arrived(session: Session, world: World) -> None:
    payment = world.sent()
    with pytest.raises(rules.NotConfirmedError):
        receipting.check_may_file(session, payment.id, by=world.malee)
    with pytest.raises(rules.NotConfirmedError):
        world.receipted(payment)


@pytest.mark.parametrize(
    ("back", "fee", "error"),
    [
        (Money(0), Money(0), rules.TooMuchBackError),
        (Money(150_001), Money(0), rules.TooMuchBackError),
        (Money(100), Money(101), rules.FeeTooHighError),
        (Money(100), Money(-1), rules.FeeTooHighError),
        (Money(100), Money(0), rules.BackInPartError),
    ],
)
def test_what_cannot_come_back(
    world: World, back: Money, fee: Money, error: type[Exception]
) -> None:
    payment = world.sent()
    assert payment.amount == Money(150_000)
    with pytest.raises(error):
        returned(world, payment, back, fee=fee)
    assert payment.state is PaymentState.SENT


def test_who_notes_what_came_back(world: World) -> None:
    payment = world.confirmed()
    with pytest.raises(SameTreasurerError):
        returned(world, payment, Money(100), by=world.prasit)
    with pytest.raises(RoleNeededError):
        returned(world, payment, Money(100), by=world.malee)
    with pytest.raises(RoleNeededError):
        released(world, payment, by=world.malee)
    with pytest.raises(StalePaymentError):
        returning.return_payment(
            world.session,
            payment.id,
            Back(Money(100), NOTE),
            seen_version=payment.version - 1,
            by=world.phailin,
            at=NOON,
        )


def test_nothing_is_set_free_where_nothing_is_left(world: World) -> None:
    payment = world.confirmed()
    with pytest.raises(rules.NothingLeftError):
        released(world, payment)
    world.receipted(payment)
    with pytest.raises(ActionNotAllowedError):
        released(world, payment)


def test_what_comes_back_waits_while_another_payment_of_the_request_is_under_way(
    session: Session, world: World
) -> None:
    payment = world.confirmed()
    returned(world, payment, Money.baht(500))
    fund_request = request_of(world, payment)
    again = world.prepared(fund_request)
    returned(world, payment, Money.baht(300))
    assert session.scalars(select(FundRequest.id).where(is_unpaid())).all() == []
    for _ in range(2):
        with pytest.raises(rules.EarlierPaymentOpenError):
            world.prepared(fund_request)
        if again.state is PaymentState.PREPARED:
            world.sent(payment=again)
    world.confirm(again, "KTB0002")
    assert session.scalars(select(FundRequest.id).where(is_unpaid())).all() == [fund_request.id]
    assert world.prepared(fund_request).amount == Money.baht(300)
