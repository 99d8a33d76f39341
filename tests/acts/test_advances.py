from __future__ import annotations

from dataclasses import replace
from datetime import date
from datetime import datetime
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.funds.drafting import PayeeAnswer
from portal.funds.ledger import Place
from portal.funds.models import FundRequest
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import RoleNeededError
from portal.funds.rules import SamePersonError
from portal.funds.rules import State
from portal.money import Money
from portal.payments import returning
from portal.payments import rules
from portal.payments.advance_rules import Advance
from portal.payments.advance_rules import AdvanceClearedError
from portal.payments.advance_rules import AdvanceKind
from portal.payments.advance_rules import AdvanceOverdueError
from portal.payments.advance_rules import NotAnAdvanceError
from portal.payments.advance_rules import NotClearedError
from portal.payments.advance_rules import VoucherNeededError
from portal.payments.advance_rules import VoucherUnknownError
from portal.payments.advancing import Spent
from portal.payments.advancing import clear_advance
from portal.payments.advancing import file_voucher
from portal.payments.channel_rules import ChannelUnfitError
from portal.payments.models import Payment
from portal.payments.queries import held_advances
from portal.payments.receipting import file_receipt
from portal.payments.returning import Back
from portal.payments.rules import Channel
from portal.payments.rules import PaymentState
from portal.payments.rules import ReceiptKind
from portal.payments.rules import SameTreasurerError
from portal.payments.service import prepare_payment
from portal.roles import Actor
from portal.uploads import Upload
from portal.uploads import UploadKind
from tests.acts.test_returns import places
from tests.world import ANSWER
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

WORK = Advance(AdvanceKind.WORK)
JOURNEY = Advance(AdvanceKind.TRAVEL, date(2026, 11, 28))
ITEM = "ค่าวัสดุที่ไม่มีใครควรรู้"


def voucher(world: World, payment: Payment, amount: Money, *, by: Actor | None = None) -> int:
    content = f"%PDF {amount}".encode()
    spent = Spent(ReceiptKind.SHOP_RECEIPT, date(2026, 11, 21), amount, ITEM)
    upload = Upload(UploadKind.PDF, content)
    by = by or world.malee
    return file_voucher(world.session, payment.id, upload, spent, by=by, at=NOON).id


def cleared(world: World, payment: Payment, *vouchers: int, by: Actor | None = None) -> Payment:
    return clear_advance(
        world.session,
        payment.id,
        vouchers,
        seen_version=payment.version,
        by=by or world.phailin,
        at=NOON,
    )


def gave_back(world: World, payment: Payment, amount: Money) -> None:
    back = Back(amount, "เงินเหลือจ่าย")
    version = payment.version
    returning.refund_payment(
        world.session, payment.id, back, seen_version=version, by=world.phailin, at=NOON
    )


def request_of(session: Session, payment: Payment) -> FundRequest:
    return session.get_one(FundRequest, payment.fund_request_id)


def test_vouchers_and_what_is_given_back_clear_an_advance_and_close_the_request(
    session: Session, world: World
) -> None:
    payment = world.lent(WORK)
    assert payment.lent == WORK
    first, second = (voucher(world, payment, Money.baht(amount)) for amount in (900, 200))
    assert places(session, payment) == {Place.DISBURSED: Money.baht(1500)}
    gave_back(world, payment, Money.baht(400))
    cleared(world, payment, first, second)
    assert (payment.state, payment.cleared_by_id) == (
        PaymentState.CONFIRMED,
        world.phailin.person_id,
    )
    assert places(session, payment) == {
        Place.RECEIVED: Money.baht(1100),
        Place.RETURNED: Money.baht(400),
    }
    fund_request = request_of(session, payment)
    assert fund_request.state is State.APPROVED
    returning.release_rest(
        session,
        fund_request.id,
        note="เหลือ",
        seen_version=fund_request.version,
        by=world.phailin,
        at=NOON,
    )
    assert request_of(session, payment).state is State.CLOSED


def test_an_advance_is_not_cleared_by_other_than_what_was_lent(world: World) -> None:
    payment = world.lent(WORK)
    vouchers = [voucher(world, payment, Money.baht(amount)) for amount in (900, 400)]
    with pytest.raises(NotClearedError) as refused:
        cleared(world, payment, *vouchers)
    assert (refused.value.held, refused.value.spent) == (Money.baht(1500), Money.baht(1300))
    with pytest.raises(NotClearedError):
        cleared(world, payment)
    vouchers.append(voucher(world, payment, Money.baht(200)))
    wrong = voucher(world, payment, Money.baht(250))
    with pytest.raises(NotClearedError):
        cleared(world, payment, *vouchers, wrong)
    cleared(world, payment, *vouchers)


def test_vouchers_of_another_payment_do_not_count(world: World) -> None:
    payment = world.lent(WORK)
    other = world.receipted(world.confirm(world.sent(payment=world.prepared()), "KTB0002"))
    assert other.id != payment.id
    whole = voucher(world, payment, Money.baht(1500))
    for strange in (0, whole + 1):
        with pytest.raises(VoucherUnknownError):
            cleared(world, payment, whole, strange)


def test_who_clears_is_a_treasurer_who_did_not_release_and_asked_for_nothing(
    world: World,
) -> None:
    payment = world.lent(WORK)
    whole = voucher(world, payment, Money.baht(1500))
    with pytest.raises(RoleNeededError):
        cleared(world, payment, whole, by=world.malee)
    with pytest.raises(SameTreasurerError):
        cleared(world, payment, whole, by=world.prasit)
    with pytest.raises(SamePersonError):
        voucher(world, payment, Money.baht(1), by=world.somchai)
    cleared(world, payment, whole, by=world.anong)


def test_a_cleared_advance_stays_as_it_is(world: World) -> None:
    payment = world.lent(WORK)
    whole = voucher(world, payment, Money.baht(1500))
    cleared(world, payment, whole)
    with pytest.raises(AdvanceClearedError):
        cleared(world, payment, whole)
    with pytest.raises(AdvanceClearedError):
        voucher(world, payment, Money.baht(3))


def test_what_was_given_is_not_cleared_and_what_was_lent_has_no_plain_receipt(
    world: World,
) -> None:
    given = world.confirmed("KTB0009")
    with pytest.raises(NotAnAdvanceError):
        cleared(world, given)
    with pytest.raises(NotAnAdvanceError):
        voucher(world, given, Money.baht(5))
    with pytest.raises(VoucherNeededError):
        world.receipted(world.lent(JOURNEY))


def test_an_advance_is_cleared_once_the_borrower_has_it(world: World) -> None:
    payment = world.sent(payment=world.prepared(advance=WORK))
    with pytest.raises(ActionNotAllowedError):
        cleared(world, payment)
    with pytest.raises(rules.NotConfirmedError):
        voucher(world, payment, Money.baht(5))


def lend_again(session: Session, world: World, at: datetime) -> Payment:
    fund_request = world.approved()
    return prepare_payment(
        session,
        fund_request.id,
        channel=None,
        seen_version=None,
        by=world.anong,
        at=at,
        advance=WORK,
    )


def test_who_is_late_is_lent_nothing_more_until_the_advance_is_cleared(
    session: Session, world: World
) -> None:
    payment = world.lent(WORK)
    (held,) = held_advances(session, request_of(session, payment).requester_id)
    assert held.due_on == NOON.date() + timedelta(days=30)
    late = NOON + timedelta(days=31)
    lend_again(session, world, late - timedelta(days=1))
    with pytest.raises(AdvanceOverdueError):
        lend_again(session, world, late)
    cleared(world, payment, voucher(world, payment, Money.baht(1500)))
    lend_again(session, world, late)


def test_an_advance_that_comes_back_whole_needs_no_clearing(session: Session, world: World) -> None:
    payment = world.lent(WORK)
    gave_back(world, payment, Money.baht(1500))
    assert payment.state is PaymentState.RETURNED
    assert held_advances(session, request_of(session, payment).requester_id) == []


def test_the_database_refuses_an_advance_cleared_with_less(session: Session, world: World) -> None:
    payment = world.lent(WORK)
    voucher(world, payment, Money.baht(1500))
    session.flush()
    clearing = (
        update(Payment)
        .where(Payment.id == payment.id)
        .values(
            cleared_at=NOON,
            cleared_by_id=world.phailin.person_id,
            log_eid=request_of(session, world.confirmed("KTB0077")).log_eid,
        )
    )
    with pytest.raises(DBAPIError, match="comes to what was lent"), session.begin_nested():
        session.execute(clearing)


# Cash, and PromptPay.


def in_cash(world: World, advance: Advance | None = None) -> Payment:
    return world.sent(payment=world.prepared(channel=Channel.CASH, advance=advance))


def test_cash_is_confirmed_once_the_payee_has_signed(session: Session, world: World) -> None:
    payment = in_cash(world)
    with pytest.raises(rules.CashReceiptMissingError):
        world.confirm(payment)
    world.receipted(payment)
    assert places(session, payment) == {Place.IN_TRANSIT: Money.baht(1500)}
    world.confirm(payment)
    assert places(session, payment) == {Place.RECEIVED: Money.baht(1500)}
    assert request_of(session, payment).state is State.CLOSED


def test_before_cash_is_confirmed_nothing_but_a_signature_counts(world: World) -> None:
    payment = in_cash(world)
    with pytest.raises(rules.CashReceiptUnsignedError):
        file_slip(world, payment)
    with pytest.raises(rules.NotConfirmedError):
        world.receipted(world.sent())


def file_slip(world: World, payment: Payment) -> None:
    upload = Upload(UploadKind.PDF, b"%PDF slip")
    file_receipt(world.session, payment.id, upload, ReceiptKind.SLIP, by=world.malee, at=NOON)


def test_cash_that_is_lent_is_signed_for_and_cleared(session: Session, world: World) -> None:
    payment = world.confirm(world.receipted(in_cash(world, WORK)))
    assert request_of(session, payment).state is State.APPROVED
    cleared(world, payment, voucher(world, payment, Money.baht(1500)))
    assert request_of(session, payment).state is State.CLOSED


def test_money_travels_as_the_payee_wants_it(world: World) -> None:
    assert world.prepared().channel is Channel.TRANSFER
    payee = PayeeAnswer("guardian", f"แม่ของ{SECRETS[0]}", "PPY", "0812345678")
    by_phone = world.approved(answer=replace(ANSWER, payee=payee))
    with pytest.raises(ChannelUnfitError):
        world.prepared(by_phone, channel=Channel.TRANSFER)
    assert world.prepared(by_phone).channel is Channel.PROMPTPAY
    with pytest.raises(ChannelUnfitError):
        world.prepared(channel=Channel.PROMPTPAY)
