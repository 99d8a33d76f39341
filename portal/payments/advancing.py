"""Advances: filing what was spent of them, and clearing them to the satang."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.funds import docket
from portal.funds import lookups
from portal.funds.rules import Duty
from portal.money import Money
from portal.money import total
from portal.payments import acts
from portal.payments import advance_rules
from portal.payments.closing import settle
from portal.payments.docket import load_payment
from portal.payments.docket import told_of
from portal.payments.docket import write
from portal.payments.models import AcceptedVoucher
from portal.payments.models import AdvanceVoucher
from portal.payments.models import Payment
from portal.payments.models import Receipt
from portal.payments.queries import next_state
from portal.payments.receipting import add_receipt
from portal.payments.receipting import filing_as
from portal.payments.receipting import keep_file
from portal.payments.rules import NotConfirmedError
from portal.payments.rules import PaymentAction
from portal.payments.rules import PaymentState
from portal.payments.rules import ReceiptKind
from portal.roles import Actor
from portal.uploads import Upload


@dataclass(frozen=True, slots=True)
class Spent:
    """What a voucher shows: on which day how much was spent, and for what."""

    kind: ReceiptKind
    on: date
    amount: Money
    item: str


def file_voucher(
    session: Session, payment_id: int, upload: Upload, spent: Spent, *, by: Actor, at: datetime
) -> Receipt:
    """File a cleaned file as a voucher of an advance; clearing it says which of them count."""
    payment, fund_request = load_payment(session, payment_id, seen_version=None, by=by)
    role, duty = filing_as(session, payment, fund_request, by)
    _check_held(payment)
    digest = keep_file(session, payment, upload)
    told = {"doc": digest, "on": spent.on.isoformat(), "item": loggable(spent.item)}
    draft = docket.told_of(fund_request, role=role, by=by, at=at).draft(
        acts.VOUCHER_FILED,
        {"payment": payment.reference, "satang": spent.amount.satang, "receipt": spent.kind},
        {"voucher": Secret(docket.subject(fund_request), told)},
    )
    eid = docket.enter_beside(session, fund_request, draft, duty, by=by)
    kind = spent.kind
    receipt = add_receipt(session, payment, upload, kind, eid=eid, by=by, at=at)
    session.add(
        AdvanceVoucher(
            receipt_id=receipt.id,
            spent_on=spent.on,
            amount_satang=spent.amount.satang,
            item=spent.item,
        )
    )
    write(session, payment, payment.state, eid)
    return receipt


def clear_advance(
    session: Session,
    payment_id: int,
    receipt_ids: Collection[int],
    *,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> Payment:
    """Find an advance cleared: these vouchers come to what was lent and not given back."""
    payment, fund_request = load_payment(session, payment_id, seen_version=seen_version, by=by)
    held = lookups.duties(session, fund_request.id)
    state = next_state(payment, PaymentAction.CLEAR, by, duties=held)
    _check_held(payment)
    vouchers = _vouchers(session, payment_id, receipt_ids)
    spent = total(voucher.amount for voucher, _ in vouchers)
    advance_rules.check_vouchers(held=payment.stayed, spent=spent)
    entries = [eid for _, eid in vouchers]
    draft = told_of(
        fund_request,
        payment,
        acts.ADVANCE_CLEARED,
        by=by,
        at=at,
        public={"satang": spent.satang, "count": len(vouchers)},
        private={"vouchers": Secret(docket.subject(fund_request), entries)},
    )
    eid = docket.enter_beside(session, fund_request, draft, Duty.PAY, by=by)
    session.add_all(AcceptedVoucher(receipt_id=voucher.receipt_id) for voucher, _ in vouchers)
    session.flush()
    write(session, payment, state, eid, cleared_by_id=by.person_id, cleared_at=at)
    settle(session, payment, fund_request, by=by, at=at)
    return payment


def _check_held(payment: Payment) -> None:
    if payment.state is not PaymentState.CONFIRMED:
        raise NotConfirmedError
    if payment.advance is None:
        raise advance_rules.NotAnAdvanceError
    if payment.cleared_at is not None:
        raise advance_rules.AdvanceClearedError


def _vouchers(
    session: Session, payment_id: int, receipt_ids: Collection[int]
) -> Sequence[tuple[AdvanceVoucher, str]]:
    """Return the vouchers with the entries that told of them, or refuse what is none."""
    found = session.execute(
        select(AdvanceVoucher, Receipt.log_eid)
        .join(Receipt, Receipt.id == AdvanceVoucher.receipt_id)
        .where(Receipt.payment_id == payment_id, Receipt.id.in_(receipt_ids))
        .order_by(Receipt.id)
    ).all()
    if len(found) != len(set(receipt_ids)):
        raise advance_rules.VoucherUnknownError
    return [(voucher, eid) for voucher, eid in found]
