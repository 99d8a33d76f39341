"""The page of an advance: what was lent, what was spent of it, and whether it can be cleared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import PortalError
from portal.funds.lookups import duties
from portal.funds.models import FundRequest
from portal.funds.queries import RequestRow
from portal.funds.queries import request_row
from portal.money import Money
from portal.money import total
from portal.payments import rules
from portal.payments.advance_rules import Advance
from portal.payments.advance_rules import NotAnAdvanceError
from portal.payments.models import Payment
from portal.payments.models import Receipt
from portal.payments.queries import is_unsettled
from portal.payments.queries import next_state
from portal.payments.receipts_page import FiledReceipt
from portal.payments.receipts_page import filed_receipts
from portal.payments.rules import PaymentAction
from portal.people.models import Person
from portal.people.queries import holders
from portal.roles import Actor
from portal.roles import Role


@dataclass(frozen=True, slots=True)
class AdvancePage:
    """An advance with its vouchers; `held` is what the borrower has to show vouchers for."""

    payment_id: int
    reference: str
    version: int
    request: RequestRow | None
    lent: Advance
    borrower: str
    amount: Money
    returned: Money
    held: Money
    clear_by: date | None
    cleared_at: datetime | None
    cleared_by: str
    vouchers: Sequence[FiledReceipt]
    refusal: PortalError | None
    who_can: Sequence[str]

    @property
    def spent(self) -> Money:
        """Return what all vouchers come to."""
        return total(each.voucher.amount for each in self.vouchers if each.voucher)


def advance_page(session: Session, payment_id: int, by: Actor) -> AdvancePage:
    """Return the page of an advance; raise `PaymentNotFoundError` or `NotAnAdvanceError`."""
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise rules.PaymentNotFoundError
    if payment.lent is None:
        raise NotAnAdvanceError
    fund_request = session.get_one(FundRequest, payment.fund_request_id)
    filed = filed_receipts(session, Receipt.payment_id == payment_id)
    return AdvancePage(
        payment_id=payment.id,
        reference=payment.reference,
        version=payment.version,
        request=request_row(session, fund_request.id, by),
        lent=payment.lent,
        borrower=_name(session, fund_request.requester_id),
        amount=payment.amount,
        returned=payment.returned,
        held=payment.stayed,
        clear_by=payment.clear_by,
        cleared_at=payment.cleared_at,
        cleared_by=_name(session, payment.cleared_by_id),
        vouchers=[each for each in filed if each.voucher],
        refusal=_refusal(session, payment, by),
        who_can=_others(session, payment, by),
    )


def _name(session: Session, person_id: int | None) -> str:
    return session.get_one(Person, person_id).name if person_id else ""


def _others(session: Session, payment: Payment, by: Actor) -> Sequence[str]:
    releaser = _name(session, payment.released_by_id)
    return [name for name in holders(session, Role.TREASURER) if name not in {by.name, releaser}]


def _refusal(session: Session, payment: Payment, by: Actor) -> PortalError | None:
    held = duties(session, payment.fund_request_id)
    try:
        next_state(payment, PaymentAction.CLEAR, by, duties=held)
    except PortalError as refusal:
        return refusal
    return None


@dataclass(frozen=True, slots=True)
class HeldAdvance:
    """An advance in the list of those that are not cleared."""

    payment_id: int
    reference: str
    request_reference: str
    borrower: str
    lent: Advance
    held: Money
    clear_by: date
    is_late: bool


@dataclass(frozen=True, slots=True)
class HeldAdvances:
    """The advances that are held, and what they come to."""

    rows: Sequence[HeldAdvance]

    @property
    def amount(self) -> Money:
        """Return what borrowers hold in all."""
        return total(row.held for row in self.rows)


def held_list(session: Session, *, today: date) -> HeldAdvances:
    """Return every advance that is held and not cleared, the one due first on top."""
    rows = session.execute(
        select(Payment, FundRequest.reference, Person.name)
        .join(FundRequest, FundRequest.id == Payment.fund_request_id)
        .join(Person, Person.id == FundRequest.requester_id)
        .where(Payment.advance.is_not(None), is_unsettled())
    )
    held = [
        HeldAdvance(
            payment_id=payment.id,
            reference=payment.reference,
            request_reference=str(reference),
            borrower=name,
            lent=payment.lent,
            held=payment.stayed,
            clear_by=due_on,
            is_late=due_on < today,
        )
        for payment, reference, name in rows
        if payment.lent and (due_on := payment.clear_by)
    ]
    return HeldAdvances(sorted(held, key=lambda each: (each.clear_by, each.payment_id)))
