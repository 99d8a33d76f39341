"""Receipts: the evidence that money arrived, filed by who asked or who paid."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from portal.archive import Archive
from portal.audit.entry import Secret
from portal.funds import docket
from portal.funds import lookups
from portal.funds.ledger import EntryKind
from portal.funds.models import FundRequest
from portal.funds.rules import Duty
from portal.funds.rules import RequestNotFoundError
from portal.payments import acts
from portal.payments import rules
from portal.payments.closing import close_if_done
from portal.payments.docket import load_payment
from portal.payments.docket import write
from portal.payments.models import Payment
from portal.payments.models import Receipt
from portal.payments.queries import has_receipt
from portal.payments.queries import receipt_digests
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
    _filing_as(session, payment, fund_request, by)


def file_receipt(
    session: Session, payment_id: int, upload: Upload, kind: ReceiptKind, *, by: Actor, at: datetime
) -> Receipt:
    """File a cleaned file as a receipt; the first one tells the books that the money arrived."""
    payment, fund_request = load_payment(session, payment_id, seen_version=None, by=by)
    role, duty = _filing_as(session, payment, fund_request, by)
    if upload.digest in receipt_digests(session, payment_id):
        raise rules.ReceiptThereError
    is_first = not has_receipt(session, payment_id)
    # On disk before the row is there: without the row it is only a file that nobody finds.
    archive = cast("Archive", session.info["attachments"])  # put there by the app; untyped
    digest = archive.keep(upload.content)
    draft = docket.told_of(fund_request, role=role, by=by, at=at).draft(
        acts.PAYMENT_RECEIPTED,
        {"payment": payment.reference, "satang": payment.stayed.satang, "receipt": kind},
        {"doc": Secret(docket.subject(fund_request), digest)},
    )
    eid = docket.enter_beside(session, fund_request, draft, duty, by=by)
    receipt = Receipt(
        payment_id=payment_id,
        kind=kind,
        digest=digest,
        media_type=upload.media_type,
        filed_by_id=by.person_id,
        filed_at=at,
        log_eid=eid,
    )
    session.add(receipt)
    write(session, payment, payment.state, eid)
    if is_first:
        docket.move_money(session, fund_request, EntryKind.RECEIPT, payment.stayed, draft, by=by)
        close_if_done(session, fund_request, by=by, at=at)
    return receipt


def _filing_as(
    session: Session, payment: Payment, fund_request: FundRequest, by: Actor
) -> tuple[Role, Duty]:
    held = lookups.duties(session, fund_request.id)
    return rules.filing_as(payment.state, by, requester_id=fund_request.requester_id, duties=held)
