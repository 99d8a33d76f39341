"""One function for each act that takes a payment onward, from preparing to the bank's word."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.cases.following import plan_after_support
from portal.funds import docket
from portal.funds.check_rules import check_stops
from portal.funds.checking import overriders
from portal.funds.checking import panel
from portal.funds.ledger import EntryKind
from portal.funds.lookups import duties
from portal.payments import acts
from portal.payments import rules
from portal.payments.advance_rules import Advance
from portal.payments.advance_rules import check_may_borrow
from portal.payments.batch_rules import InBatchError
from portal.payments.channel_rules import check_channel
from portal.payments.channel_rules import usual_channel
from portal.payments.closing import settle
from portal.payments.docket import enter
from portal.payments.docket import load_payment
from portal.payments.docket import told_of
from portal.payments.docket import write
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.queries import held_advances
from portal.payments.queries import is_settled
from portal.payments.queries import next_state
from portal.payments.queries import receipt_digests
from portal.payments.queries import to_prepare
from portal.payments.rules import Channel
from portal.payments.rules import PaymentAction
from portal.roles import Actor
from portal.thai import bangkok_day


def prepare_payment(
    session: Session,
    request_id: int,
    *,
    channel: Channel | None,
    seen_version: int | None,
    by: Actor,
    at: datetime,
    advance: Advance | None = None,
) -> Payment:
    """Make a payment of everything approved that is not being paid, also of what came back.

    Without a channel it travels as the payee wants it. With the terms of an advance it is lent
    to who asked, and has to be cleared.
    """
    fund_request = docket.load_request(session, request_id, seen_version=seen_version, by=by)
    state, amount = to_prepare(session, fund_request, by)
    check_stops(panel(session, fund_request), by, overriders(session, fund_request))
    payee = fund_request.payees[-1]
    channel = channel or usual_channel(payee.bank_code)
    check_channel(channel, payee.bank_code)
    if advance is not None:
        held = held_advances(session, fund_request.requester_id)
        check_may_borrow(held, bangkok_day(at))
    _year, reference = docket.next_reference(session, "payment", letter="P", at=at)
    payment = Payment(
        reference=reference,
        fund_request_id=fund_request.id,
        instalment=1 + _instalments(session, fund_request.id),
        payee_account_id=payee.id,
        amount_satang=amount.satang,
        channel=channel,
        advance=advance and advance.kind,
        advance_ends_on=advance and advance.ends_on,
        state=state,
        prepared_by_id=by.person_id,
        prepared_at=at,
    )
    draft = told_of(
        fund_request,
        payment,
        acts.PAYMENT_PREPARED,
        by=by,
        at=at,
        public={
            "instalment": payment.instalment,
            "channel": channel,
            "advance": payment.advance,
        },
        private={"payee": docket.payee_secret(payee)},
    )
    paying, returned = fund_request.paying_satang + amount.satang, fund_request.returned
    payment.log_eid = enter(
        session,
        fund_request,
        draft,
        by=by,
        changes={"paying_satang": paying, "returned_satang": 0},
    )
    if returned:
        docket.move_money(session, fund_request, EntryKind.REOPENING, returned, draft, by=by)
    session.add(payment)
    session.flush()
    return payment


def release_payment(
    session: Session, payment_id: int, *, seen_version: int, by: Actor, at: datetime
) -> Payment:
    """Let a prepared payment go: by another treasurer than the one who prepared it."""
    payment, fund_request = load_payment(session, payment_id, seen_version=seen_version, by=by)
    _check_alone(session, payment)
    state = next_state(payment, PaymentAction.RELEASE, by, duties=duties(session, fund_request.id))
    draft = told_of(
        fund_request, payment, acts.PAYMENT_RELEASED, by=by, at=at, public={"batch": None}
    )
    eid = enter(session, fund_request, draft, by=by)
    write(session, payment, state, eid, released_by_id=by.person_id, released_at=at)
    return payment


def send_payment(
    session: Session, payment_id: int, *, seen_version: int, by: Actor, at: datetime
) -> Payment:
    """Give a released payment to the bank: the money is on its way."""
    payment, fund_request = load_payment(session, payment_id, seen_version=seen_version, by=by)
    _check_alone(session, payment)
    state = next_state(payment, PaymentAction.SEND, by, duties=duties(session, fund_request.id))
    draft = told_of(fund_request, payment, acts.PAYMENT_SENT, by=by, at=at, public={"batch": None})
    sent = fund_request.sent_satang + payment.amount_satang
    eid = enter(
        session,
        fund_request,
        draft,
        by=by,
        changes={"sent_satang": sent},
    )
    docket.move_money(session, fund_request, EntryKind.SENDING, payment.amount, draft, by=by)
    write(session, payment, state, eid, sent_by_id=by.person_id, sent_at=at)
    return payment


def confirm_payment(
    session: Session,
    payment_id: int,
    *,
    bank_reference: str,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> Payment:
    """Note that the bank has paid, by the bank's own reference; never by who released it."""
    payment, fund_request = load_payment(session, payment_id, seen_version=seen_version, by=by)
    state = next_state(payment, PaymentAction.CONFIRM, by, duties=duties(session, fund_request.id))
    rules.check_cash(payment.channel, has_receipt=bool(receipt_digests(session, payment.id)))
    bank_reference = bank_reference.strip()
    _check_bank_reference(session, bank_reference)
    draft = told_of(
        fund_request,
        payment,
        acts.PAYMENT_CONFIRMED,
        by=by,
        at=at,
        private={"bank_reference": Secret(f"payment:{payment.id}", loggable(bank_reference))},
    )
    confirmed = fund_request.confirmed_satang + payment.amount_satang
    eid = enter(
        session,
        fund_request,
        draft,
        by=by,
        changes={"confirmed_satang": confirmed},
    )
    docket.move_money(session, fund_request, EntryKind.CONFIRMATION, payment.amount, draft, by=by)
    write(
        session,
        payment,
        state,
        eid,
        confirmed_by_id=by.person_id,
        confirmed_at=at,
        bank_reference=bank_reference,
    )
    if confirmed == fund_request.awarded_satang and fund_request.youth_id is not None:
        plan_after_support(session, [fund_request.youth_id], supported_on=bangkok_day(at), at=at)
    if is_settled(session, payment):
        settle(session, payment, fund_request, by=by, at=at)
    return payment


def void_payment(
    session: Session, payment_id: int, *, note: str, seen_version: int, by: Actor, at: datetime
) -> Payment:
    """Cancel a payment before it is sent; its number stays used."""
    payment, fund_request = load_payment(session, payment_id, seen_version=seen_version, by=by)
    _check_alone(session, payment)
    state = next_state(payment, PaymentAction.VOID, by, duties=duties(session, fund_request.id))
    secret = Secret(docket.subject(fund_request), loggable(note))
    draft = told_of(
        fund_request,
        payment,
        acts.PAYMENT_VOIDED,
        by=by,
        at=at,
        private={"note": secret},
    )
    eid = enter(
        session,
        fund_request,
        draft,
        by=by,
        changes={"paying_satang": fund_request.paying_satang - payment.amount_satang},
        note=note,
    )
    write(session, payment, state, eid)
    return payment


def _check_alone(session: Session, payment: Payment) -> None:
    if payment.batch_id is not None:
        raise InBatchError(session.get_one(PaymentBatch, payment.batch_id).reference)


def _check_bank_reference(session: Session, bank_reference: str) -> None:
    if not bank_reference:
        raise rules.BankReferenceMissingError
    used_by = session.scalar(
        select(Payment.reference).where(Payment.bank_reference == bank_reference)
    )
    if used_by is not None:
        raise rules.BankReferenceUsedError(used_by)


def _instalments(session: Session, request_id: int) -> int:
    """Return how many payments of a request left for the bank: the next one is one more."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Payment)
            .where(Payment.fund_request_id == request_id, Payment.sent_at.is_not(None))
        )
        or 0
    )
