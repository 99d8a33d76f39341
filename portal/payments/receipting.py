"""Receipts: the evidence that money arrived, filed by who asked or who paid."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from portal.archive import Archive
from portal.audit.entry import Secret
from portal.funds import docket
from portal.funds import lookups
from portal.funds.models import FundRequest
from portal.funds.rules import Duty
from portal.funds.rules import RequestNotFoundError
from portal.payments import acts
from portal.payments import rules
from portal.payments.advance_rules import VoucherNeededError
from portal.payments.closing import settle
from portal.payments.docket import load_payment
from portal.payments.docket import write
from portal.payments.models import Payment
from portal.payments.models import Receipt
from portal.payments.queries import is_settled
from portal.payments.queries import receipt_digests
from portal.payments.rules import PaymentState
from portal.payments.rules import ReceiptKind
from portal.roles import Actor
from portal.roles import Role
from portal.uploads import Upload


def check_may_file(session: Session, payment_id: int, *, by: Actor) -> None:
    """Raise the rule that keeps this person from filing, before a file is even looked at.

    Nothing is locked: looking at the file takes long, and others go on meanwhile.
    """
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise rules.PaymentNotFoundError
    fund_request = session.get_one(FundRequest, payment.fund_request_id)
    if not lookups.may_see(fund_request, by):
        raise RequestNotFoundError
    filing_as(session, payment, fund_request, by)


def file_receipt(
    session: Session, payment_id: int, upload: Upload, kind: ReceiptKind, *, by: Actor, at: datetime
) -> Receipt:
    """File a cleaned file as a receipt; the first one tells the books that the money arrived.

    Cash has its receipt before it is confirmed, also where it is lent: the books are told when
    it is.
    """
    payment, fund_request = load_payment(session, payment_id, seen_version=None, by=by)
    role, duty = filing_as(session, payment, fund_request, by)
    if payment.advance is not None and payment.state is PaymentState.CONFIRMED:
        raise VoucherNeededError
    rules.check_receipt(payment.state, kind)
    is_first = not is_settled(session, payment)
    digest = keep_file(session, payment, upload)
    draft = docket.told_of(fund_request, role=role, by=by, at=at).draft(
        acts.PAYMENT_RECEIPTED,
        {"payment": payment.reference, "satang": payment.stayed.satang, "receipt": kind},
        {"doc": Secret(docket.subject(fund_request), digest)},
    )
    eid = docket.enter_beside(session, fund_request, draft, duty, by=by)
    receipt = add_receipt(session, payment, upload, kind, eid=eid, by=by, at=at)
    write(session, payment, payment.state, eid)
    if is_first and payment.state is PaymentState.CONFIRMED:
        settle(session, payment, fund_request, by=by, at=at)
    return receipt


def keep_file(session: Session, payment: Payment, upload: Upload) -> str:
    """Keep a file that the payment does not have yet; return its digest.

    It is on disk before its row is there: without the row it is only a file that nobody finds.
    """
    if upload.digest in receipt_digests(session, payment.id):
        raise rules.ReceiptThereError
    archive = cast("Archive", session.info["attachments"])  # put there by the app; untyped
    return archive.keep(upload.content)


def add_receipt(
    session: Session,
    payment: Payment,
    upload: Upload,
    kind: ReceiptKind,
    *,
    eid: str,
    by: Actor,
    at: datetime,
) -> Receipt:
    """Add the row of a file that is kept, with the entry that tells of it."""
    receipt = Receipt(
        payment_id=payment.id,
        kind=kind,
        digest=upload.digest,
        media_type=upload.media_type,
        filed_by_id=by.person_id,
        filed_at=at,
        log_eid=eid,
    )
    session.add(receipt)
    session.flush()
    return receipt


def filing_as(
    session: Session, payment: Payment, fund_request: FundRequest, by: Actor
) -> tuple[Role, Duty]:
    """Return as what this person shows what became of a payment, or raise why not."""
    return rules.filing_as(
        payment.state,
        payment.channel,
        by,
        requester_id=fund_request.requester_id,
        duties=lookups.duties(session, fund_request.id),
    )
