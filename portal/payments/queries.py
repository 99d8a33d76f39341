"""Reads about payments, for services and pages."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import time

from sqlalchemy import ColumnElement
from sqlalchemy import and_
from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.banks import PAYABLE
from portal.errors import PortalError
from portal.funds import queries as fund_queries
from portal.funds.lookups import duties
from portal.funds.lookups import is_erased
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.models import RequestDuty
from portal.funds.queries import RequestRow
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import Duty
from portal.funds.rules import State
from portal.funds.rules import keep_apart
from portal.labels import Name
from portal.money import Money
from portal.payments import rules
from portal.payments.advance_rules import OpenAdvance
from portal.payments.batch_rules import BatchState
from portal.payments.models import BankStatement
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.models import Receipt
from portal.payments.rules import Channel
from portal.payments.rules import PaymentAction
from portal.payments.rules import PaymentState
from portal.people.models import Person
from portal.roles import Actor
from portal.thai import BANGKOK

PAGE_LENGTH = 50


def bank_left(session: Session, account_code: str) -> Money | None:
    """Return what an account holds by its newest statement, less what it cannot tell of yet.

    That is every batch that is released and not sent, that was sent since, or that the bank books
    on a later day. None where no statement has told what it holds.
    """
    newest = session.execute(
        select(BankStatement.closing_satang, BankStatement.last_on)
        .where(BankStatement.account_code == account_code)
        .order_by(BankStatement.last_on.desc(), BankStatement.id.desc())
        .limit(1)
    ).one_or_none()
    if newest is None or newest.closing_satang is None:
        return None
    end = datetime.combine(newest.last_on, time.max, BANGKOK)
    is_later = or_(PaymentBatch.sent_at > end, PaymentBatch.value_on > newest.last_on)
    is_untold = or_(
        PaymentBatch.state == BatchState.RELEASED,
        and_(PaymentBatch.state == BatchState.SENT, is_later),
    )
    untold = session.scalar(
        select(func.coalesce(func.sum(PaymentBatch.amount_satang), 0)).where(
            PaymentBatch.account_code == account_code, is_untold
        )
    )
    return Money(newest.closing_satang - int(untold or 0))


def receipt_digests(session: Session, payment_id: int) -> Sequence[str]:
    """Return the digests of a payment's receipts."""
    return session.scalars(select(Receipt.digest).where(Receipt.payment_id == payment_id)).all()


def is_settled(session: Session, payment: Payment) -> bool:
    """Say whether it is shown what became of a payment: by a receipt, or cleared if it was lent."""
    if payment.advance is not None:
        return payment.cleared_at is not None
    return bool(receipt_digests(session, payment.id))


def is_unsettled() -> ColumnElement[bool]:
    """Return the condition for the payments that arrived, and nothing shows yet what became of it.

    Of those that were given that is a receipt; those that were lent are cleared.
    """
    has_one = select(Receipt.id).where(Receipt.payment_id == Payment.id).exists()
    lacks_one = and_(Payment.advance.is_(None), ~has_one)
    is_held = and_(Payment.advance.is_not(None), Payment.cleared_at.is_(None))
    return and_(Payment.state == PaymentState.CONFIRMED, or_(lacks_one, is_held))


def has_unsettled(session: Session, request_id: int) -> bool:
    """Say whether a confirmed payment of a request is not settled."""
    unsettled = select(Payment.id).where(Payment.fund_request_id == request_id, is_unsettled())
    return session.scalar(unsettled.limit(1)) is not None


def held_advances(session: Session, borrower_id: int) -> Sequence[OpenAdvance]:
    """Return the advances that somebody was lent and has not cleared, the oldest first."""
    held = session.scalars(
        select(Payment)
        .join(FundRequest, FundRequest.id == Payment.fund_request_id)
        .where(
            FundRequest.requester_id == borrower_id, Payment.advance.is_not(None), is_unsettled()
        )
        .order_by(Payment.confirmed_at, Payment.id)
    )
    return [
        OpenAdvance(payment.reference, due_on)
        for payment in held
        if (due_on := payment.clear_by) is not None
    ]


def next_state(
    payment: Payment | None, action: PaymentAction, by: Actor, *, duties: Mapping[int, Duty]
) -> PaymentState:
    """Return the state an action leads to, or raise the rule that keeps this person from it."""
    done_by = {
        PaymentAction.PREPARE: payment.prepared_by_id if payment else None,
        PaymentAction.RELEASE: payment.released_by_id if payment else None,
    }
    state = rules.next_state(payment.state if payment else None, action, by, done_by=done_by)
    keep_apart(duties, Duty.PAY, action, by)
    return state


def to_prepare(
    session: Session, fund_request: FundRequest, by: Actor
) -> tuple[PaymentState, Money]:
    """Return how a payment of a request begins and what it pays, or raise why there is none now."""
    if fund_request.state is not State.APPROVED:
        raise ActionNotAllowedError(fund_request.state, PaymentAction.PREPARE)
    held = duties(session, fund_request.id)
    state = next_state(None, PaymentAction.PREPARE, by, duties=held)
    if is_erased(session, fund_request):
        raise rules.PayeeErasedError
    amount = rules.check_payable(fund_request.payable, under_way=fund_request.under_way)
    return state, amount


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
    returned: Money
    fee: Money
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

    @property
    def waits_since(self) -> datetime:
        """Return when the payment's last step was taken."""
        return self.confirmed_at or self.sent_at or self.released_at or self.prepared_at

    @property
    def stayed(self) -> Money:
        """Return what did not come back."""
        return self.amount - self.returned


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
    approved = fund_queries.in_payment(session, by, narrowed=is_unpaid())
    steps = [_waiting(session, state, action, by) for state, action in NEXT_STEP.items()]
    return Queue(approved.rows, approved.count, approved.amount, steps)


def is_unpaid() -> ColumnElement[bool]:
    """Return the condition for the requests of which a payment can be prepared.

    They hold money for which there is none, and no other payment of theirs is under way.
    """
    return and_(
        FundRequest.awarded_satang > FundRequest.paying_satang,
        FundRequest.paying_satang == FundRequest.confirmed_satang,
    )


def _waiting(
    session: Session, state: PaymentState, action: PaymentAction, by: Actor
) -> PaymentList:
    count, satang = session.execute(
        select(func.count(), func.coalesce(func.sum(Payment.amount_satang), 0)).where(
            Payment.state == state
        )
    ).one()
    rows = payment_rows(session, Payment.state == state, by)
    return PaymentList(action, rows, count, Money(int(satang)))


def payment_rows(
    session: Session, condition: ColumnElement[bool], by: Actor, *, length: int = PAGE_LENGTH
) -> list[PaymentRow]:
    """Return the first payments of which something is true, oldest first."""
    found = session.execute(
        select(Payment, FundRequest.reference, PayeeAccount, Person.name, RequestDuty.duty)
        .join(FundRequest, FundRequest.id == Payment.fund_request_id)
        .join(PayeeAccount, PayeeAccount.id == Payment.payee_account_id)
        .join(Person, Person.id == Payment.prepared_by_id)
        .outerjoin(RequestDuty, _is_own_duty(by))
        .where(condition)
        .order_by(Payment.id)
        .limit(length)
    )
    return [
        _row(payment, reference or "", payee, name, _refusal(payment, duty, by))
        for payment, reference, payee, name, duty in found
    ]


def _is_own_duty(by: Actor) -> ColumnElement[bool]:
    return and_(
        RequestDuty.fund_request_id == Payment.fund_request_id,
        RequestDuty.person_id == by.person_id,
    )


def _row(
    payment: Payment,
    request_reference: str,
    payee: PayeeAccount,
    prepared_by: str,
    refusal: PortalError | None,
) -> PaymentRow:
    bank = PAYABLE[payee.bank_code]
    return PaymentRow(
        id=payment.id,
        reference=payment.reference,
        version=payment.version,
        request_id=payment.fund_request_id,
        request_reference=request_reference,
        state=payment.state,
        channel=payment.channel,
        amount=payment.amount,
        returned=payment.returned,
        fee=payment.fee,
        payee=payee.holder,
        bank=Name(bank.name_th, bank.name_en),
        account=payee.account_number,
        prepared_by=prepared_by,
        prepared_at=payment.prepared_at,
        released_at=payment.released_at,
        sent_at=payment.sent_at,
        confirmed_at=payment.confirmed_at,
        bank_reference=payment.bank_reference,
        refusal=refusal,
    )


def _refusal(payment: Payment, duty: Duty | None, by: Actor) -> PortalError | None:
    """Return why this person may not take the payment's next step, or None."""
    action = NEXT_STEP.get(payment.state)
    if action is None:
        return None
    try:
        next_state(payment, action, by, duties={by.person_id: duty} if duty else {})
    except PortalError as refusal:
        return refusal
    return None
