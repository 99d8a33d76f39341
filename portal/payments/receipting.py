"""Receipts: the evidence that money arrived, filed by who asked or who paid."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from portal.archive import Archive
from portal.audit.entry import Secret
from portal.funds import docket
from portal.funds.ledger import EntryKind
from portal.funds.lookups import duties
from portal.funds.models import FundRequest
from portal.funds.rules import Duty
from portal.funds.rules import RoleNeededError
from portal.funds.rules import keep_apart
from portal.payments import acts
from portal.payments import rules
from portal.payments.closing import close_if_done
from portal.payments.docket import load_payment
from portal.payments.docket import write
from portal.payments.models import Receipt
from portal.payments.queries import has_receipt
from portal.payments.queries import receipt_digests
from portal.payments.rules import PaymentAction
from portal.payments.rules import PaymentState
from portal.payments.rules import ReceiptKind
from portal.roles import Actor
from portal.roles import Role
from portal.uploads import Upload


def check_may_file(session: Session, payment_id: int, *, by: Actor) -> None:
    """Raise the rule that keeps this person from filing, before a file is even looked at."""
    payment, fund_request = load_payment(session, payment_id, seen_version=None, by=by)
    _filing_as(session, fund_request, by)
    if payment.state is not PaymentState.CONFIRMED:
        raise rules.NotConfirmedError


def file_receipt(
    session: Session, payment_id: int, upload: Upload, kind: ReceiptKind, *, by: Actor, at: datetime
) -> Receipt:
    """File a cleaned file as a receipt; the first one tells the books that the money arrived."""
    payment, fund_request = load_payment(session, payment_id, seen_version=None, by=by)
    role, duty = _filing_as(session, fund_request, by)
    if payment.state is not PaymentState.CONFIRMED:
        raise rules.NotConfirmedError
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


def _filing_as(session: Session, fund_request: FundRequest, by: Actor) -> tuple[Role, Duty]:
    """Return as what this person files a receipt: those who decided do not."""
    held = duties(session, fund_request.id)
    if by.holds(Role.TREASURER) and held.get(by.person_id, Duty.PAY) is Duty.PAY:
        return Role.TREASURER, Duty.PAY
    keep_apart(held, Duty.ASK, PaymentAction.RECEIPT, by)
    if by.holds(Role.OFFICER):
        return Role.OFFICER, Duty.ASK
    if by.holds(Role.FINDER) and by.person_id == fund_request.requester_id:
        return Role.FINDER, Duty.ASK
    raise RoleNeededError({Role.FINDER, Role.OFFICER, Role.TREASURER})
