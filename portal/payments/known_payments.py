"""Payments that a bank's line may be: what lies with the bank, or was confirmed not long ago."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from datetime import timedelta

from sqlalchemy import ColumnElement
from sqlalchemy import and_
from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import PortalError
from portal.funds.models import PayeeAccount
from portal.funds.models import RequestDuty
from portal.funds.rules import Duty
from portal.funds.rules import keep_apart
from portal.money import Money
from portal.payments import rules
from portal.payments.match_values import Sent
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.rules import PaymentAction
from portal.payments.rules import PaymentState
from portal.payments.statement import account_digits
from portal.roles import Actor
from portal.thai import bangkok_day

REMEMBERED = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class KnownPayment:
    """A payment that a line may be; `duties` has what the reader did in its request before."""

    id: int
    version: int
    reference: str
    amount: Money
    sent_on: date
    payee: str
    account: str
    batch: str
    state: PaymentState
    returned: Money
    duties: Mapping[int, Duty]
    released_by_id: int | None

    @property
    def is_confirmed(self) -> bool:
        """Say whether the bank has paid it, whatever came back later."""
        return self.state is not PaymentState.SENT

    def refusal(self, action: PaymentAction, by: Actor) -> PortalError | None:
        """Return why this person may not confirm it, or what came back of it; or None."""
        done_by = {PaymentAction.RELEASE: self.released_by_id}
        try:
            rules.next_state(self.state, action, by, done_by=done_by)
            keep_apart(self.duties, Duty.PAY, action, by)
        except PortalError as refusal:
            return refusal
        return None


def known_payments(
    session: Session, account: str, by: Actor, *, at: datetime
) -> dict[str, KnownPayment]:
    """Return what lies with the bank, or was confirmed not long ago, by reference.

    A payment that went alone may have left from any account.
    """
    is_near = or_(
        Payment.state == PaymentState.SENT,
        and_(Payment.confirmed_at.is_not(None), Payment.confirmed_at >= at - REMEMBERED),
    )
    is_here = or_(Payment.batch_id.is_(None), PaymentBatch.account_code == account)
    return _known(session, and_(is_near, is_here), by)


def _known(session: Session, condition: ColumnElement[bool], by: Actor) -> dict[str, KnownPayment]:
    is_own = and_(
        RequestDuty.fund_request_id == Payment.fund_request_id,
        RequestDuty.person_id == by.person_id,
    )
    found = (
        select(
            Payment.id,
            Payment.version,
            Payment.reference,
            Payment.amount_satang,
            Payment.sent_at,
            Payment.state,
            Payment.returned_satang,
            Payment.released_by_id,
            PayeeAccount.holder,
            PayeeAccount.account_number,
            PaymentBatch.reference.label("batch"),
            RequestDuty.duty,
        )
        .join(PayeeAccount, PayeeAccount.id == Payment.payee_account_id)
        .outerjoin(PaymentBatch, PaymentBatch.id == Payment.batch_id)
        .outerjoin(RequestDuty, is_own)
        .where(condition, Payment.sent_at.is_not(None))
        .order_by(Payment.id)
    )
    return {
        row.reference: KnownPayment(
            id=row.id,
            version=row.version,
            reference=row.reference,
            amount=Money(row.amount_satang),
            sent_on=bangkok_day(row.sent_at),
            payee=row.holder,
            account=account_digits(row.account_number),
            batch=row.batch or "",
            state=row.state,
            returned=Money(row.returned_satang),
            duties={by.person_id: row.duty} if row.duty else {},
            released_by_id=row.released_by_id,
        )
        for row in session.execute(found)
    }


def sent(session: Session, known: Mapping[str, KnownPayment]) -> list[Sent]:
    """Return payments as matching takes them."""
    totals = _batch_totals(session) if any(one.batch for one in known.values()) else {}
    return [
        Sent(
            one.reference,
            one.amount,
            one.sent_on,
            one.account,
            one.batch,
            totals.get(one.batch),
            one.is_confirmed,
            one.returned,
        )
        for one in known.values()
    ]


def _batch_totals(session: Session) -> Mapping[str, Money]:
    """Return what each batch takes out of an account: what was voided is not sent."""
    rows = session.execute(
        select(PaymentBatch.reference, func.sum(Payment.amount_satang))
        .join(Payment, Payment.batch_id == PaymentBatch.id)
        .where(Payment.state != PaymentState.VOIDED)
        .group_by(PaymentBatch.reference)
    )
    return {reference: Money(int(satang)) for reference, satang in rows}


def named_payments(session: Session, names: Collection[str], by: Actor) -> list[KnownPayment]:
    """Return the payments of these references; a batch names all that lies with the bank of it."""
    of_batch = and_(PaymentBatch.reference.in_(names), Payment.state == PaymentState.SENT)
    return [*_known(session, or_(Payment.reference.in_(names), of_batch), by).values()]
