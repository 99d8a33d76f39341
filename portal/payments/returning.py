"""Money that comes back, from the bank or from who received it; and what is not paid after all."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.entry import Draft
from portal.funds import docket
from portal.funds import ledger
from portal.funds.ledger import EntryKind
from portal.funds.ledger import Place
from portal.funds.lookups import duties
from portal.funds.models import FundRequest
from portal.money import Money
from portal.payments import acts
from portal.payments import rules
from portal.payments.closing import close_if_done
from portal.payments.docket import enter
from portal.payments.docket import load_payment
from portal.payments.docket import told_of
from portal.payments.docket import write
from portal.payments.models import Payment
from portal.payments.queries import is_settled
from portal.payments.queries import next_state
from portal.payments.rules import PaymentAction
from portal.payments.rules import PaymentState
from portal.roles import Actor
from portal.roles import Role


@dataclass(frozen=True, slots=True)
class Back:
    """What came back of a payment: the whole amount, what the bank kept of it, and why."""

    amount: Money
    note: str
    fee: Money = Money(0)  # noqa: RUF009 - a value


def return_payment(
    session: Session, payment_id: int, back: Back, *, seen_version: int, by: Actor, at: datetime
) -> Payment:
    """Note that the bank gave money back; it can be paid again or set free."""
    return _take_back(session, payment_id, PaymentAction.BOUNCE, back, seen_version, by=by, at=at)


def refund_payment(
    session: Session, payment_id: int, back: Back, *, seen_version: int, by: Actor, at: datetime
) -> Payment:
    """Note that who received money gave it back; it can be paid again or set free."""
    return _take_back(session, payment_id, PaymentAction.REFUND, back, seen_version, by=by, at=at)


def _take_back(
    session: Session,
    payment_id: int,
    action: PaymentAction,
    back: Back,
    seen_version: int,
    *,
    by: Actor,
    at: datetime,
) -> Payment:
    payment, fund_request = load_payment(session, payment_id, seen_version=seen_version, by=by)
    state = next_state(payment, action, by, duties=duties(session, fund_request.id))
    stayed = payment.stayed
    rules.check_back(payment.state, payment.amount, stayed=stayed, back=back.amount, fee=back.fee)
    came_out_of = _place(session, payment)
    note = docket.kept_note(session, fund_request, back.note)
    draft = _told_back(fund_request, payment, action, replace(back, note=note), by=by, at=at)
    eid = enter(
        session,
        fund_request,
        draft,
        by=by,
        changes=_less(fund_request, payment, back),
        note=note,
    )
    postings = ledger.coming_back(
        fund_request.fund_code,
        fund_request.subcommittee_code,
        back.amount,
        fee=back.fee,
        out_of=came_out_of,
    )
    kind = EntryKind.RETURN if action is PaymentAction.BOUNCE else EntryKind.REFUND
    docket.book(session, fund_request, kind, postings, draft, by=by)
    write(
        session,
        payment,
        state if back.amount == stayed else payment.state,
        eid,
        returned_satang=payment.returned_satang + back.amount.satang,
        fee_satang=payment.fee_satang + back.fee.satang,
    )
    # Where the bank kept all that came back nothing is left to pay or to set free.
    close_if_done(session, fund_request, by=by, at=at)
    return payment


def _place(session: Session, payment: Payment) -> Place:
    """Return where the books say that a payment's money is."""
    if payment.state is PaymentState.SENT:
        return Place.IN_TRANSIT
    return Place.RECEIVED if is_settled(session, payment) else Place.DISBURSED


def _told_back(
    fund_request: FundRequest,
    payment: Payment,
    action: PaymentAction,
    back: Back,
    *,
    by: Actor,
    at: datetime,
) -> Draft:
    fee = {"fee_satang": back.fee.satang} if action is PaymentAction.BOUNCE else {}
    return told_of(
        fund_request,
        payment,
        acts.TYPES[action],
        by=by,
        at=at,
        public={"satang": back.amount.satang, **fee},
        private={"note": docket.note_secret(fund_request, back.note)},
    )


def _less(fund_request: FundRequest, payment: Payment, back: Back) -> dict[str, int]:
    """Return what is left of a request's sums; what the bank kept is gone from the award."""
    amount, fee = back.amount.satang, back.fee.satang
    confirmed = amount if payment.state is PaymentState.CONFIRMED else 0
    return {
        "awarded_satang": fund_request.awarded_satang - fee,
        "paying_satang": fund_request.paying_satang - amount,
        "sent_satang": fund_request.sent_satang - amount,
        "confirmed_satang": fund_request.confirmed_satang - confirmed,
        "returned_satang": fund_request.returned_satang + amount - fee,
    }


def release_rest(
    session: Session, request_id: int, *, note: str, seen_version: int, by: Actor, at: datetime
) -> FundRequest:
    """Set free what was approved and is in no payment: it will not be paid."""
    fund_request = docket.load_request(session, request_id, seen_version=seen_version, by=by)
    rest = fund_request.payable
    rules.check_rest(fund_request.state, rest, by, duties=duties(session, request_id))
    postings = ledger.release(
        fund_request.fund_code,
        fund_request.subcommittee_code,
        rest,
        returned=fund_request.returned,
    )
    told = docket.told_of(fund_request, role=Role.TREASURER, by=by, at=at)
    note = docket.kept_note(session, fund_request, note)
    secret = docket.note_secret(fund_request, note)
    draft = told.draft(acts.REST_RELEASED, {"satang": rest.satang}, {"note": secret})
    awarded = fund_request.awarded_satang - rest.satang
    changes = {"awarded_satang": awarded, "returned_satang": 0}
    enter(session, fund_request, draft, by=by, changes=changes, note=note)
    docket.book(session, fund_request, EntryKind.RELEASE, postings, draft, by=by)
    close_if_done(session, fund_request, by=by, at=at)
    return fund_request
