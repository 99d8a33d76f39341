"""The one page of a payment: its facts, its next step, what may come back of it, its story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Entry
from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.errors import PortalError
from portal.funds import queries as fund_queries
from portal.funds.lookups import duties
from portal.funds.models import FundRequest
from portal.funds.models import RequestAct
from portal.funds.queries import RequestRow
from portal.funds.rules import Duty
from portal.funds.rules import State
from portal.funds.sheet_rules import About
from portal.funds.sheet_rules import SheetKind
from portal.funds.sheet_rules import sheets_to_ask
from portal.funds.sheets_issued import SheetRow
from portal.funds.sheets_issued import sheets_about
from portal.money import Money
from portal.payments import acts
from portal.payments import rules
from portal.payments.advance_rules import Advance
from portal.payments.models import Payment
from portal.payments.queries import NEXT_STEP
from portal.payments.queries import PaymentRow
from portal.payments.queries import is_settled
from portal.payments.queries import next_state
from portal.payments.queries import payment_rows
from portal.payments.queries import receipt_digests
from portal.payments.rules import PaymentAction
from portal.payments.rules import PaymentState
from portal.payments.told_payments import tells
from portal.people.models import Person
from portal.people.queries import holders
from portal.roles import Actor
from portal.roles import Role

# How money comes back.
BACK = (PaymentAction.BOUNCE, PaymentAction.REFUND)
_OF_A_PAYMENT = [kind.name for kind in acts.ALL if "payment" in kind.public]


@dataclass(frozen=True, slots=True)
class PaymentTold:
    """One act on a payment, with who did it: how much it was about, and what they wrote."""

    act: str
    name: str
    at: datetime
    amount: Money
    fee: Money
    receipt: str
    note: str


@dataclass(frozen=True, slots=True)
class BackOffer:
    """A way in which money of a payment may come back now, or why this person may not note it."""

    action: PaymentAction
    refusal: PortalError | None


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """Everything on the page of a payment. Private throughout.

    `rest` is what of the request is in no payment and could be set free. An advance has `lent`.
    """

    row: PaymentRow
    next_step: PaymentAction | None
    request: RequestRow | None
    who_can: Sequence[str]
    timeline: Sequence[PaymentTold]
    is_voidable: bool
    backs: Sequence[BackOffer]
    who_can_note: Sequence[str]
    lacks_receipt: bool
    lent: Advance | None
    clear_by: date | None
    is_cleared: bool
    has_receipt: bool
    rest: Money
    sheets: Sequence[SheetRow]
    sheets_to_ask: Sequence[SheetKind]

    def back(self, action: PaymentAction) -> BackOffer | None:
        """Return the offer of one way back, if the payment's state has it."""
        return next((offer for offer in self.backs if offer.action is action), None)


def payment_page(session: Session, payment_id: int, by: Actor) -> PaymentPage:
    """Return the page of one payment, or raise `PaymentNotFoundError`."""
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise rules.PaymentNotFoundError
    (row,) = payment_rows(session, Payment.id == payment_id, by)
    fund_request = session.get_one(FundRequest, payment.fund_request_id)
    treasurers = [name for name in holders(session, Role.TREASURER) if name != by.name]
    is_confirmed = payment.state is PaymentState.CONFIRMED
    return PaymentPage(
        row=row,
        next_step=NEXT_STEP.get(payment.state),
        request=fund_queries.request_row(session, payment.fund_request_id, by),
        who_can=treasurers,
        timeline=_timeline(session, payment),
        is_voidable=(payment.state, PaymentAction.VOID) in rules.STEPS,
        backs=_backs(payment, by, duties(session, payment.fund_request_id)),
        who_can_note=[name for name in treasurers if name != _releaser(session, payment)],
        lacks_receipt=is_confirmed and not is_settled(session, payment),
        lent=payment.lent,
        clear_by=payment.clear_by,
        is_cleared=payment.cleared_at is not None,
        has_receipt=bool(receipt_digests(session, payment_id)),
        rest=fund_request.payable if fund_request.state is State.APPROVED else Money(0),
        sheets=sheets_about(session, f"{About.PAYMENT}:{payment_id}"),
        sheets_to_ask=[kind for kind in sheets_to_ask(About.PAYMENT, by) if tells(kind, payment)],
    )


def _releaser(session: Session, payment: Payment) -> str:
    """Return the name of who released a payment: they do not note what came back of it."""
    person = session.get(Person, payment.released_by_id) if payment.released_by_id else None
    return person.name if person else ""


def _backs(payment: Payment, by: Actor, held: dict[int, Duty]) -> Sequence[BackOffer]:
    """Return in which ways money of a payment may come back, as its state has them."""
    return [
        BackOffer(action, _refusal(payment, action, by, held))
        for action in BACK
        if (payment.state, action) in rules.STEPS
    ]


def _refusal(
    payment: Payment, action: PaymentAction, by: Actor, held: dict[int, Duty]
) -> PortalError | None:
    try:
        next_state(payment, action, by, duties=held)
    except PortalError as refusal:
        return refusal
    return None


def _timeline(session: Session, payment: Payment) -> Sequence[PaymentTold]:
    """Return every act on a payment, the first one first, with what the log tells of it."""
    rows = session.execute(
        select(RequestAct, Person.name, LogEntry.body)
        .join(Person, Person.id == RequestAct.by_person_id)
        .join(LogEntry, LogEntry.eid == RequestAct.log_eid)
        .where(
            RequestAct.fund_request_id == payment.fund_request_id,
            RequestAct.act.in_(_OF_A_PAYMENT),
        )
        .order_by(RequestAct.id)
    )
    told = ((act, name, parse(body)) for act, name, body in rows)
    return [
        _told(act, name, entry)
        for act, name, entry in told
        if entry.text("payment") == payment.reference
    ]


def _told(act: RequestAct, name: str, entry: Entry) -> PaymentTold:
    has_fee = "fee_satang" in entry.public
    return PaymentTold(
        act=act.act,
        name=name,
        at=act.at,
        amount=Money(entry.number("satang")),
        fee=Money(entry.number("fee_satang") if has_fee else 0),
        receipt=str(entry.public.get("receipt", "")),
        note=act.note,
    )
