"""What the papers of an advance tell: the contract, and what it was cleared with."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.funds.models import FundRequest
from portal.funds.rule_models import Purpose
from portal.funds.sheet_issuing import Matter
from portal.funds.sheet_rules import SheetKind
from portal.funds.sheet_rules import SheetTooEarlyError
from portal.funds.sheets_issued import sheets_about
from portal.payments import acts
from portal.payments import advance_rules
from portal.payments import told_parts
from portal.payments.models import AcceptedVoucher
from portal.payments.models import AdvanceVoucher
from portal.payments.models import Payment
from portal.payments.models import Receipt
from portal.payments.paper_parts import SpentLine
from portal.payments.printed import AdvanceClearing
from portal.payments.printed import AdvanceContract
from portal.payments.told_payments import RECEIPTS
from portal.payments.told_payments import STEPS
from portal.payments.told_payments import account_of
from portal.payments.told_payments import lines_of
from portal.payments.told_payments import matter_of
from portal.payments.told_payments import payee_of
from portal.payments.told_payments import seen_payment
from portal.people.models import Person
from portal.roles import Actor
from portal.thai import bangkok_day

_BACK = (acts.PAYMENT_RETURNED.name, acts.PAYMENT_REFUNDED.name)


def contract(session: Session, about: str, by: Actor, _on: date) -> Matter:
    """Tell the contract of an advance that was released."""
    payment, fund_request = seen_payment(session, about, by)
    lent = payment.lent
    if lent is None:
        raise advance_rules.NotAnAdvanceError
    payee = payee_of(session, payment, SheetKind.ADVANCE)
    released_on = _released_on(payment)
    signed = told_parts.signed_of_payment(session, fund_request.id, payment.reference, STEPS)
    sheet = AdvanceContract(
        foundation=told_parts.foundation_name(session),
        request_reference=str(fund_request.reference),
        payment_reference=payment.reference,
        on=released_on,
        borrower=_borrower(session, fund_request),
        organisation=told_parts.office(session, fund_request),
        purpose=_purpose(session, fund_request),
        ends_on=lent.ends_on,
        due_on=lent.due_on(released_on) if lent.ends_on else None,
        clearing_days=advance_rules.DAYS[lent.kind],
        lines=tuple(lines_of(session, payment, fund_request)),
        fund=told_parts.fund_name(session, fund_request.fund_code),
        channel=payment.channel,
        account=account_of(payment, payee),
        approved=told_parts.decided(session, fund_request.id),
        paid=signed.get(acts.PAYMENT_SENT.name),
    )
    return matter_of(payment, fund_request, sheet)


def _released_on(payment: Payment) -> date:
    return bangkok_day(payment.released_at or payment.prepared_at)


def _borrower(session: Session, fund_request: FundRequest) -> str:
    return session.get_one(Person, fund_request.requester_id).name


def _purpose(session: Session, fund_request: FundRequest) -> str:
    return session.get_one(Purpose, fund_request.purpose_code).name_th


def clearing(session: Session, about: str, by: Actor, _on: date) -> Matter:
    """Tell what an advance was cleared with, once it is."""
    payment, fund_request = seen_payment(session, about, by)
    due_on, cleared_at = payment.clear_by, payment.cleared_at
    if due_on is None or cleared_at is None:
        raise SheetTooEarlyError(SheetKind.CLEARING)
    payee_of(session, payment, SheetKind.CLEARING)
    told = (acts.ADVANCE_CLEARED.name, *_BACK)
    signed = told_parts.signed_of_payment(session, fund_request.id, payment.reference, told)
    back = [bangkok_day(signed[act].at) for act in _BACK if act in signed]
    sheet = AdvanceClearing(
        foundation=told_parts.foundation_name(session),
        request_reference=str(fund_request.reference),
        payment_reference=payment.reference,
        contract_reference=_contract_reference(session, payment),
        contract_on=_released_on(payment),
        borrower=_borrower(session, fund_request),
        organisation=told_parts.office(session, fund_request),
        purpose=_purpose(session, fund_request),
        advance=payment.amount,
        due_on=due_on,
        cleared_on=bangkok_day(cleared_at),
        lines=_spent(session, payment),
        returned=payment.returned,
        returned_on=max(back, default=None),
        checked=signed.get(acts.ADVANCE_CLEARED.name),
    )
    return matter_of(payment, fund_request, sheet)


def _contract_reference(session: Session, payment: Payment) -> str:
    """Return the number of the contract, whatever its edition; none was made in the portal: ""."""
    sheets = sheets_about(session, f"payment:{payment.id}")
    numbers = (sheet.reference for sheet in sheets if sheet.kind is SheetKind.ADVANCE)
    return next(numbers, "")


def _spent(session: Session, payment: Payment) -> tuple[SpentLine, ...]:
    """Return the vouchers that count."""
    rows = session.execute(
        select(AdvanceVoucher, Receipt.kind)
        .join(Receipt, Receipt.id == AdvanceVoucher.receipt_id)
        .join(AcceptedVoucher, AcceptedVoucher.receipt_id == Receipt.id)
        .where(Receipt.payment_id == payment.id)
        .order_by(AdvanceVoucher.spent_on, Receipt.id)
    )
    return tuple(
        SpentLine(voucher.spent_on, RECEIPTS[kind], voucher.item, voucher.amount)
        for voucher, kind in rows
    )
