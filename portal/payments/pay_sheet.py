"""The treasury's pay sheet: what is released and paid by hand, each with what it is paid by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.money import Money
from portal.money import total
from portal.payments.models import Payment
from portal.payments.promptpay import payload
from portal.payments.promptpay import proxy_of
from portal.payments.rules import Channel
from portal.payments.rules import PaymentState


@dataclass(frozen=True, slots=True)
class PayLine:
    """One payment of the sheet; `payload` is what its PromptPay code says. Private throughout."""

    payment_id: int
    reference: str
    payee: str
    number: str
    amount: Money
    payload: str


@dataclass(frozen=True, slots=True)
class PaySheet:
    """What is released and waits to be paid by hand, one channel after the other."""

    promptpay: Sequence[PayLine]
    cash: Sequence[PayLine]

    @property
    def amount(self) -> Money:
        """Return what all of it comes to."""
        return total(line.amount for line in (*self.promptpay, *self.cash))

    @property
    def count(self) -> int:
        """Return how many payments there are."""
        return len(self.promptpay) + len(self.cash)


def pay_sheet(session: Session) -> PaySheet:
    """Return the payments that treasurers have released and hand over or pay by PromptPay."""
    return PaySheet(_lines(session, Channel.PROMPTPAY), _lines(session, Channel.CASH))


def paid_by_hand() -> Select[int | None]:
    """Return whom the sheet tells of."""
    return (
        select(FundRequest.youth_id)
        .join(Payment)
        .where(Payment.state == PaymentState.RELEASED, Payment.channel != Channel.TRANSFER)
    )


def _lines(session: Session, channel: Channel) -> Sequence[PayLine]:
    rows = session.execute(
        select(Payment, PayeeAccount)
        .join(PayeeAccount, PayeeAccount.id == Payment.payee_account_id)
        .where(Payment.state == PaymentState.RELEASED, Payment.channel == channel)
        .order_by(Payment.id)
    )
    return [
        PayLine(
            payment_id=payment.id,
            reference=payment.reference,
            payee=payee.holder,
            number=payee.account_number,
            amount=payment.amount,
            payload=_code(payee, payment) if channel is Channel.PROMPTPAY else "",
        )
        for payment, payee in rows
    ]


def _code(payee: PayeeAccount, payment: Payment) -> str:
    return payload(proxy_of(payee.account_number), payment.amount)
