"""Reads about payments, for services and pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.banks import BANKS
from portal.errors import N_
from portal.errors import NotFoundError
from portal.errors import PortalError
from portal.funds import queries as fund_queries
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.queries import RequestRow
from portal.labels import Name
from portal.money import Money
from portal.payments import rules
from portal.payments.models import Payment
from portal.payments.rules import Channel
from portal.payments.rules import PaymentAction
from portal.payments.rules import PaymentState
from portal.people.models import Person
from portal.roles import Actor

WAITING = (PaymentState.PREPARED, PaymentState.RELEASED)
PAGE_LENGTH = 50


class PaymentUnknownError(NotFoundError):
    """There is no such payment."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such payment."))


def alive(session: Session, request_id: int) -> Money:
    """Return what is in payments of a request that have not left for the bank."""
    satang = session.scalar(
        select(func.coalesce(func.sum(Payment.amount_satang), 0)).where(
            Payment.fund_request_id == request_id, Payment.state.in_(WAITING)
        )
    )
    return Money(int(satang or 0))


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment in a list. The payee is private."""

    id: int
    reference: str
    version: int
    request_id: int
    request_reference: str
    state: PaymentState
    channel: Channel
    amount: Money
    payee: str
    bank: Name
    account: str
    prepared_by: str
    prepared_at: datetime
    released_at: datetime | None
    sent_at: datetime | None
    confirmed_at: datetime | None
    bank_reference: str | None
    refusal: PortalError | None


@dataclass(frozen=True, slots=True)
class PaymentList:
    """Payments that wait for one step, with how many and how much there are in all."""

    action: PaymentAction
    rows: Sequence[PaymentRow]
    count: int
    amount: Money


# Which step a payment in a state waits for.
NEXT_STEP = {
    PaymentState.PREPARED: PaymentAction.RELEASE,
    PaymentState.RELEASED: PaymentAction.SEND,
    PaymentState.SENT: PaymentAction.CONFIRM,
}


@dataclass(frozen=True, slots=True)
class Queue:
    """Everything that waits at the treasury: requests to prepare, payments step by step."""

    to_prepare: Sequence[RequestRow]
    to_prepare_count: int
    to_prepare_amount: Money
    steps: Sequence[PaymentList]


def queue(session: Session, by: Actor) -> Queue:
    """Return what waits at the treasury, longest waiting first."""
    unpaid = (
        FundRequest.awarded_satang
        - FundRequest.sent_satang
        - select(func.coalesce(func.sum(Payment.amount_satang), 0))
        .where(Payment.fund_request_id == FundRequest.id, Payment.state.in_(WAITING))
        .scalar_subquery()
    )
    approved = fund_queries.in_payment(session, by, narrowed=unpaid > 0)
    steps = [_waiting(session, state, action, by) for state, action in NEXT_STEP.items()]
    return Queue(approved.rows, approved.count, approved.amount, steps)


def _waiting(
    session: Session, state: PaymentState, action: PaymentAction, by: Actor
) -> PaymentList:
    count, satang = session.execute(
        select(func.count(), func.coalesce(func.sum(Payment.amount_satang), 0)).where(
            Payment.state == state
        )
    ).one()
    rows = _rows(session, Payment.state == state, by)
    return PaymentList(action, rows, count, Money(int(satang)))


def _rows(session: Session, condition: ColumnElement[bool], by: Actor) -> list[PaymentRow]:
    found = session.execute(
        select(Payment, FundRequest.reference, PayeeAccount, Person.name)
        .join(FundRequest, FundRequest.id == Payment.fund_request_id)
        .join(PayeeAccount, PayeeAccount.id == Payment.payee_account_id)
        .join(Person, Person.id == Payment.prepared_by_id)
        .where(condition)
        .order_by(Payment.id)
        .limit(PAGE_LENGTH)
    )
    return [_row(payment, reference or "", payee, name, by) for payment, reference, payee, name in found]


def _row(
    payment: Payment, request_reference: str, payee: PayeeAccount, prepared_by: str, by: Actor
) -> PaymentRow:
    bank = BANKS[payee.bank_code]
    return PaymentRow(
        id=payment.id,
        reference=payment.reference,
        version=payment.version,
        request_id=payment.fund_request_id,
        request_reference=request_reference,
        state=payment.state,
        channel=payment.channel,
        amount=payment.amount,
        payee=payee.holder,
        bank=Name(bank.name_th, bank.name_en),
        account=payee.account_number,
        prepared_by=prepared_by,
        prepared_at=payment.prepared_at,
        released_at=payment.released_at,
        sent_at=payment.sent_at,
        confirmed_at=payment.confirmed_at,
        bank_reference=payment.bank_reference,
        refusal=_refusal(payment, by),
    )


def _refusal(payment: Payment, by: Actor) -> PortalError | None:
    """Return why this person may not take the payment's next step, or None."""
    action = NEXT_STEP.get(payment.state)
    if action is None:
        return None
    done_by = {
        PaymentAction.PREPARE: payment.prepared_by_id,
        PaymentAction.RELEASE: payment.released_by_id,
    }
    try:
        rules.next_state(payment.state, action, by, done_by=done_by)
    except PortalError as refusal:
        return refusal
    return None


def payment_row(session: Session, payment_id: int, by: Actor) -> PaymentRow:
    """Return one payment, or raise `PaymentUnknownError`."""
    rows = _rows(session, Payment.id == payment_id, by)
    if not rows:
        raise PaymentUnknownError
    return rows[0]
