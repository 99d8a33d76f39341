"""The steps of the story's treasurers; three share the work, so that no two steps meet wrongly."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.money import Money
from portal.payments.advance_rules import Advance
from portal.payments.advance_rules import AdvanceKind
from portal.payments.advancing import Spent
from portal.payments.advancing import clear_advance
from portal.payments.advancing import file_voucher
from portal.payments.channel_rules import usual_channel
from portal.payments.models import Payment
from portal.payments.payment_files import FILES
from portal.payments.payment_files import FileKind
from portal.payments.receipting import file_receipt
from portal.payments.rules import Channel
from portal.payments.rules import PaymentState
from portal.payments.rules import ReceiptKind
from portal.payments.service import prepare_payment
from portal.payments.service import release_payment
from portal.payments.service import send_payment
from portal.payments.service import void_payment
from portal.roles import Actor
from portal.roles import Role
from portal.story.bank import hidden
from portal.story.deciding import Deed
from portal.story.papers import draw_paper
from portal.story.teller import Teller
from portal.thai import bangkok_day

_WHY_VOIDED = "เลขที่บัญชีในใบสำคัญไม่ตรงกับหน้าสมุดบัญชี ทำใบใหม่"
_FEE = Money.baht(10)
_IN_PARTS, _FIRST_PART = "parts", Money.baht(2_500)
_EVERY_FORGOTTEN = 14
_EVERY_IN_CASH = 16
_SPENT_ON = "ค่าวัสดุและค่าใช้จ่ายในการจัดกิจกรรม"


def _treasurer(
    teller: Teller, fund_request: FundRequest, turn: int, *, but: int | None = None
) -> Actor:
    """Return who takes this turn; the work begins with another of the three each time."""
    return _whose_turn(teller, fund_request.id + turn, but=but)


def of_the_day(teller: Teller, turn: int) -> Actor:
    """Return which of the three treasurers has this turn of today's batch."""
    return _whose_turn(teller, bangkok_day(teller.at).toordinal() + turn)


def _whose_turn(teller: Teller, number: int, *, but: int | None = None) -> Actor:
    """Return the treasurer of this number; where that one must not do it, the next."""
    three = teller.holders(Role.TREASURER)
    at = number % len(three)
    return next(one for one in (*three[at:], *three[:at]) if one.person_id != but)


def _alive(teller: Teller, fund_request: FundRequest) -> Payment:
    """Return the payment that was not cancelled and did not come back."""
    return teller.session.scalars(
        select(Payment).where(
            Payment.fund_request_id == fund_request.id,
            Payment.state.not_in((PaymentState.VOIDED, PaymentState.RETURNED)),
        )
    ).one()


def _prepare(teller: Teller, fund_request: FundRequest, _detail: str) -> None:
    channel = None if fund_request.id % _EVERY_IN_CASH else Channel.CASH
    _prepare_by(teller, fund_request, channel, _treasurer(teller, fund_request, 0))


def _gather(teller: Teller, fund_request: FundRequest, _detail: str) -> None:
    """Prepare a payment for the batch of the day; what the bank's file cannot hold leaves alone."""
    payee = fund_request.payees[-1]
    is_held = len(payee.account_number) <= FILES[FileKind.KTB].format.account_digits_max
    if is_held and usual_channel(payee.bank_code) is Channel.TRANSFER:
        by = of_the_day(teller, 0)
        teller.gathered.append(_prepare_by(teller, fund_request, Channel.TRANSFER, by).id)
    else:
        for deed in (_prepare, _release, _transfer):
            deed(teller, fund_request, "")


def _prepare_by(
    teller: Teller, fund_request: FundRequest, channel: Channel | None, by: Actor
) -> Payment:
    return prepare_payment(
        teller.session,
        fund_request.id,
        channel=channel,
        seen_version=fund_request.version,
        by=by,
        at=teller.tick(),
        # Projects spend first what they show afterwards.
        advance=None if fund_request.youth_id else Advance(AdvanceKind.WORK),
    )


def _release(teller: Teller, fund_request: FundRequest, _detail: str) -> None:
    payment, by = _alive(teller, fund_request), _treasurer(teller, fund_request, 1)
    version = payment.version
    release_payment(teller.session, payment.id, seen_version=version, by=by, at=teller.tick())


def _transfer(teller: Teller, fund_request: FundRequest, detail: str) -> None:
    """Let the money leave; the bank books it, in two lines where it is too much for one."""
    payment, by = _alive(teller, fund_request), _treasurer(teller, fund_request, 0)
    version = payment.version
    send_payment(teller.session, payment.id, seen_version=version, by=by, at=teller.tick())
    if payment.channel is Channel.CASH:
        _book(teller, payment, -payment.amount, "ถอนเงินสด")
        _file(teller, fund_request, payment)
    elif detail == _IN_PARTS:
        _book(teller, payment, -_FIRST_PART, "โอนเงินไปบัญชี")
        _book(teller, payment, _FIRST_PART - payment.amount, "โอนเงินไปบัญชี", is_named=False)
    else:
        leave_the_bank(teller, payment)


def leave_the_bank(teller: Teller, payment: Payment) -> None:
    """Let the bank book a payment as it was ordered."""
    _book(teller, payment, -payment.amount, "โอนเงินไปบัญชี")


def _book(
    teller: Teller, payment: Payment, amount: Money, words: str, *, is_named: bool = True
) -> None:
    """Let the bank book what a payment is; most lines name it."""
    account = teller.session.get_one(PayeeAccount, payment.payee_account_id).account_number
    text = words if payment.channel is Channel.CASH else f"{words} {hidden(account)}"
    told = payment.reference if is_named else ""
    teller.bank.book(bangkok_day(teller.at), amount, text, told=told)


def _bounce(teller: Teller, fund_request: FundRequest, _detail: str) -> None:
    """Let the bank send the money back, less its fee; the treasurers read it in its statement."""
    payment = _alive(teller, fund_request)
    _book(teller, payment, payment.amount - _FEE, "คืนเงิน บัญชีปลายทางปิด")


def _receipt(teller: Teller, fund_request: FundRequest, _detail: str) -> None:
    """Let an officer file what was signed or spent; of some nobody has brought it yet.

    What no statement of the bank has told of yet is not waited for.
    """
    payment = _alive(teller, fund_request)
    if payment.state is PaymentState.SENT:
        return
    if payment.advance is not None:
        _clear(teller, fund_request, payment)
    elif payment.channel is not Channel.CASH and fund_request.id % _EVERY_FORGOTTEN:
        _file(teller, fund_request, payment)


def _file(teller: Teller, fund_request: FundRequest, payment: Payment) -> None:
    paper = draw_paper("receipt", fund_request.reference or "")
    kind, by, at = ReceiptKind.SIGNED_RECEIPT, _officer(teller, fund_request), teller.tick()
    file_receipt(teller.session, payment.id, paper, kind, by=by, at=at)


def _clear(teller: Teller, fund_request: FundRequest, payment: Payment) -> None:
    """Let an officer file two vouchers, and a treasurer clear the advance by them."""
    half, by = payment.stayed.satang // 2, _officer(teller, fund_request)
    vouchers: list[int] = []
    for satang in (half, payment.stayed.satang - half):
        paper = draw_paper("voucher", f"{payment.reference} {len(vouchers)}")
        day = bangkok_day(teller.at)
        spent = Spent(ReceiptKind.SHOP_RECEIPT, day, Money(satang), _SPENT_ON)
        filed = file_voucher(teller.session, payment.id, paper, spent, by=by, at=teller.tick())
        vouchers.append(filed.id)
    clear_advance(
        teller.session,
        payment.id,
        vouchers,
        seen_version=payment.version,
        by=_treasurer(teller, fund_request, 2, but=payment.released_by_id),
        at=teller.tick(),
    )


def _officer(teller: Teller, fund_request: FundRequest) -> Actor:
    officers = teller.holders(Role.OFFICER)
    return officers[fund_request.id % len(officers)]


def _void(teller: Teller, fund_request: FundRequest, _detail: str) -> None:
    payment, by = _alive(teller, fund_request), _treasurer(teller, fund_request, 1)
    void_payment(
        teller.session,
        payment.id,
        note=_WHY_VOIDED,
        seen_version=payment.version,
        by=by,
        at=teller.tick(),
    )


PAYING: Mapping[str, Deed] = {
    "prepare": _prepare,
    "gather": _gather,
    "release": _release,
    "transfer": _transfer,
    "bounce": _bounce,
    "receipt": _receipt,
    "void": _void,
}
