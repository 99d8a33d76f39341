"""One function for each act on a payment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Draft
from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.cases.following import plan_after_support
from portal.funds import docket
from portal.funds.check_rules import check_stops
from portal.funds.checking import overriders
from portal.funds.checking import panel
from portal.funds.ledger import EntryKind
from portal.funds.lookups import duties
from portal.funds.models import FundRequest
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import Duty
from portal.funds.rules import State
from portal.payments import acts
from portal.payments import rules
from portal.payments.models import Payment
from portal.payments.queries import next_state
from portal.payments.rules import Channel
from portal.payments.rules import PaymentAction
from portal.payments.rules import PaymentState
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day


def prepare_payment(
    session: Session,
    request_id: int,
    *,
    channel: Channel,
    seen_version: int | None,
    by: Actor,
    at: datetime,
) -> Payment:
    """Make a payment of everything approved that is not being paid yet."""
    fund_request = docket.load_request(session, request_id, seen_version=seen_version, by=by)
    if fund_request.state is not State.APPROVED:
        raise ActionNotAllowedError(fund_request.state, PaymentAction.PREPARE)
    state = next_state(None, PaymentAction.PREPARE, by, duties=duties(session, fund_request.id))
    amount = rules.check_payable(fund_request.payable)
    check_stops(panel(session, fund_request), by, overriders(session, fund_request))
    payee = fund_request.payees[-1]
    _year, reference = docket.next_reference(session, "payment", letter="P", at=at)
    payment = Payment(
        reference=reference,
        fund_request_id=fund_request.id,
        instalment=1 + _instalments(session, fund_request.id),
        payee_account_id=payee.id,
        amount_satang=amount.satang,
        channel=channel,
        state=state,
        prepared_by_id=by.person_id,
        prepared_at=at,
    )
    draft = _draft(
        fund_request,
        payment,
        PaymentAction.PREPARE,
        by=by,
        at=at,
        more={"instalment": payment.instalment, "channel": channel},
        private={"payee": docket.payee_secret(payee)},
    )
    paying = fund_request.paying_satang + amount.satang
    payment.log_eid = _enter(
        session,
        fund_request,
        draft,
        by=by,
        waits_for=Role.TREASURER,
        changes={"paying_satang": paying},
    )
    session.add(payment)
    session.flush()
    return payment


def release_payment(
    session: Session, payment_id: int, *, seen_version: int, by: Actor, at: datetime
) -> Payment:
    """Let a prepared payment go: by another treasurer than the one who prepared it."""
    payment, fund_request = _load(session, payment_id, seen_version=seen_version, by=by)
    state = next_state(payment, PaymentAction.RELEASE, by, duties=duties(session, fund_request.id))
    draft = _draft(fund_request, payment, PaymentAction.RELEASE, by=by, at=at)
    eid = _enter(session, fund_request, draft, by=by, waits_for=Role.TREASURER)
    _write(session, payment, state, eid, released_by_id=by.person_id, released_at=at)
    return payment


def send_payment(
    session: Session, payment_id: int, *, seen_version: int, by: Actor, at: datetime
) -> Payment:
    """Give a released payment to the bank: the money is on its way."""
    payment, fund_request = _load(session, payment_id, seen_version=seen_version, by=by)
    state = next_state(payment, PaymentAction.SEND, by, duties=duties(session, fund_request.id))
    draft = _draft(fund_request, payment, PaymentAction.SEND, by=by, at=at)
    sent = fund_request.sent_satang + payment.amount_satang
    eid = _enter(
        session,
        fund_request,
        draft,
        by=by,
        waits_for=Role.TREASURER,
        changes={"sent_satang": sent},
    )
    docket.move_money(session, fund_request, EntryKind.SENDING, payment.amount, draft, by=by)
    _write(session, payment, state, eid, sent_by_id=by.person_id, sent_at=at)
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
    payment, fund_request = _load(session, payment_id, seen_version=seen_version, by=by)
    state = next_state(payment, PaymentAction.CONFIRM, by, duties=duties(session, fund_request.id))
    bank_reference = bank_reference.strip()
    _check_bank_reference(session, bank_reference)
    draft = _draft(
        fund_request,
        payment,
        PaymentAction.CONFIRM,
        by=by,
        at=at,
        private={"bank_reference": Secret(f"payment:{payment.id}", loggable(bank_reference))},
    )
    confirmed = fund_request.confirmed_satang + payment.amount_satang
    is_paid = confirmed == fund_request.awarded_satang
    eid = _enter(
        session,
        fund_request,
        draft,
        by=by,
        waits_for=None if is_paid else Role.TREASURER,
        changes={"confirmed_satang": confirmed},
    )
    docket.move_money(session, fund_request, EntryKind.CONFIRMATION, payment.amount, draft, by=by)
    _write(
        session,
        payment,
        state,
        eid,
        confirmed_by_id=by.person_id,
        confirmed_at=at,
        bank_reference=bank_reference,
    )
    if is_paid and fund_request.youth_id is not None:
        plan_after_support(session, fund_request.youth_id, supported_on=bangkok_day(at), at=at)
    return payment


def void_payment(
    session: Session, payment_id: int, *, note: str, seen_version: int, by: Actor, at: datetime
) -> Payment:
    """Cancel a payment before it is sent; its number stays used."""
    payment, fund_request = _load(session, payment_id, seen_version=seen_version, by=by)
    state = next_state(payment, PaymentAction.VOID, by, duties=duties(session, fund_request.id))
    secret = Secret(docket.subject(fund_request), loggable(note))
    draft = _draft(
        fund_request,
        payment,
        PaymentAction.VOID,
        by=by,
        at=at,
        private={"note": secret},
    )
    eid = _enter(
        session,
        fund_request,
        draft,
        by=by,
        waits_for=Role.TREASURER,
        changes={"paying_satang": fund_request.paying_satang - payment.amount_satang},
        note=note,
    )
    _write(session, payment, state, eid)
    return payment


def _load(
    session: Session, payment_id: int, *, seen_version: int, by: Actor
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
    if payment.version != seen_version:
        raise rules.StalePaymentError
    return payment, fund_request


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


def _draft(
    fund_request: FundRequest,
    payment: Payment,
    action: PaymentAction,
    *,
    by: Actor,
    at: datetime,
    more: Mapping[str, Json] | None = None,
    private: Mapping[str, Secret] | None = None,
) -> Draft:
    told = docket.told_of(fund_request, role=Role.TREASURER, by=by, at=at)
    public = {"payment": payment.reference, "satang": payment.amount_satang, **(more or {})}
    return told.draft(acts.TYPES[action], public, private)


def _enter(
    session: Session,
    fund_request: FundRequest,
    draft: Draft,
    *,
    by: Actor,
    waits_for: Role | None,
    changes: Mapping[str, int] | None = None,
    note: str = "",
) -> str:
    effect = docket.Effect(Duty.PAY, fund_request.state, waits_for, changes or {}, note=note)
    return docket.enter(session, fund_request, draft, effect, by=by)


def _write(
    session: Session,
    payment: Payment,
    state: PaymentState,
    eid: str,
    **columns: object,
) -> None:
    """Move the payment to its new state together with the entry that tells it."""
    for name, value in {"state": state, "log_eid": eid, **columns}.items():
        setattr(payment, name, value)
    session.flush()
