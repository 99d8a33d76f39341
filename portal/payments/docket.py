"""A payment's docket: load it under its request's lock, and write an act everywhere at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Draft
from portal.audit.entry import EntryType
from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.funds import docket
from portal.funds.models import FundRequest
from portal.funds.rules import Duty
from portal.funds.rules import State
from portal.payments import rules
from portal.payments.models import Payment
from portal.payments.rules import PaymentState
from portal.roles import Actor
from portal.roles import Role


def load_payment(
    session: Session, payment_id: int, *, seen_version: int | None, by: Actor
) -> tuple[Payment, FundRequest]:
    """Lock the request, then the payment: every act takes the locks in this order."""
    request_id = session.scalar(select(Payment.fund_request_id).where(Payment.id == payment_id))
    if request_id is None:
        raise rules.PaymentNotFoundError
    fund_request = docket.load_request(session, request_id, seen_version=None, by=by)
    payment = session.scalars(
        select(Payment)
        .where(Payment.id == payment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if seen_version is not None and payment.version != seen_version:
        raise rules.StalePaymentError
    return payment, fund_request


def told_of(
    fund_request: FundRequest,
    payment: Payment,
    entry_type: EntryType,
    *,
    by: Actor,
    at: datetime,
    public: Mapping[str, Json] | None = None,
    private: Mapping[str, Secret] | None = None,
) -> Draft:
    """Return the draft of an entry about a payment: its number and amount, and what is more."""
    told = docket.told_of(fund_request, role=Role.TREASURER, by=by, at=at)
    known: dict[str, Json] = {"payment": payment.reference, "satang": payment.amount_satang}
    return told.draft(entry_type, known | dict(public or {}), private)


def enter(
    session: Session,
    fund_request: FundRequest,
    draft: Draft,
    *,
    by: Actor,
    changes: Mapping[str, int] | None = None,
    note: str = "",
) -> str:
    """Write an act on a payment down at its request; return the entry's id.

    The request is open, also where it was closed before the money came back; as long as something
    approved is not confirmed it waits for a treasurer.
    """
    after = dict(changes or {})
    awarded = after.get("awarded_satang", fund_request.awarded_satang)
    confirmed = after.get("confirmed_satang", fund_request.confirmed_satang)
    waits_for = None if confirmed == awarded else Role.TREASURER
    effect = docket.Effect(Duty.PAY, State.APPROVED, waits_for, after, note=note)
    return docket.enter(session, fund_request, draft, effect, by=by)


def write(
    session: Session, payment: Payment, state: PaymentState, eid: str, **columns: object
) -> None:
    """Move the payment to its new state together with the entry that tells it."""
    for name, value in {"state": state, "log_eid": eid, **columns}.items():
        setattr(payment, name, value)
    session.flush()
