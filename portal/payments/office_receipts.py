"""The office's pages about receipts: those of a request, filing one, and which are missing."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint
from flask import current_app
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.archive import Archive
from portal.clock import now
from portal.db import db
from portal.downloads import ENDING
from portal.downloads import download
from portal.downloads import given_out
from portal.errors import N_
from portal.errors import InputError
from portal.errors import RuleError
from portal.funds.lookups import clock
from portal.journal import Event
from portal.journal import note
from portal.payments import advancing
from portal.payments import receipting
from portal.payments.advance_forms import VoucherForm
from portal.payments.forms import ReceiptForm
from portal.payments.payment_sheet import missing_sheet
from portal.payments.receipts_page import PaymentReceipts
from portal.payments.receipts_page import missing_receipts
from portal.payments.receipts_page import receipt_to_give
from portal.payments.receipts_page import receipts_page
from portal.payments.receipts_page import request_of
from portal.payments.rules import ReceiptKind
from portal.people.once import acting
from portal.people.once import lead
from portal.people.once import once
from portal.security import current_actor
from portal.uploads import BYTES_MAX
from portal.uploads import Upload
from portal.uploads import clean
from portal.words import say
from portal.youths.opened import keep_read
from portal.youths.rules import ReadPage

bp = Blueprint("receipts", __name__)

RECEIPT_FILED = (
    N_("The receipt is filed."),
    N_("When every payment has one and nothing is left to pay, the request is closed."),
)
VOUCHER_FILED = (
    N_("The voucher is filed."),
    N_("When all that was spent is filed, a treasurer clears the advance."),
)


@bp.get("/receipts")
def list_missing() -> ResponseReturnValue:
    """Show the payments whose receipt is missing."""
    time = clock(db.session(), at=now())
    found = missing_receipts(db.session(), current_actor(), clock=time)
    return render_template("office/receipts/list_missing.html", found=found)


@bp.get(f"/receipts.{ENDING}")
def export_missing(ending: str) -> ResponseReturnValue:
    """Send the list of the payments whose receipt is missing."""
    time = clock(db.session(), at=now())
    return download(missing_sheet(db.engine, current_actor(), time), ending)


@bp.get("/requests/<int:request_id>/receipts")
def show_receipts(request_id: int) -> ResponseReturnValue:
    """Show the receipts of a request's payments, with the form where one is missing."""
    return _show_receipts(request_id)


def _show_receipts(request_id: int, form: ReceiptForm | None = None, *, of: int = 0) -> str:
    """Show them; the form that was sent is the one of a payment."""
    time = clock(db.session(), at=now())
    page = receipts_page(db.session(), request_id, current_actor(), clock=time)
    forms = {payment.id: _new_form(payment) for payment in page.payments}
    if form is not None:
        forms[of] = form
    for payment_id, each in forms.items():
        for field in each:
            # One form for each payment, each with names of its own to be found by.
            field.id = field.label.field_id = f"{field.name}-{payment_id}"
    return render_template("office/receipts/show_receipts.html", page=page, forms=forms, sent=form)


def _new_form(payment: PaymentReceipts) -> ReceiptForm:
    return VoucherForm(formdata=None) if payment.clear_by else ReceiptForm(formdata=None)


@bp.post("/payments/<int:payment_id>/receipts")
@once
def file_receipt(payment_id: int) -> ResponseReturnValue:
    """File a receipt of a payment."""

    def file(session: Session, upload: Upload) -> None:
        kind = ReceiptKind(form.kind.data)
        receipting.file_receipt(session, payment_id, upload, kind, by=current_actor(), at=now())

    _check_may_file(payment_id)
    form = ReceiptForm()
    return _file(payment_id, form, file, RECEIPT_FILED)


@bp.post("/payments/<int:payment_id>/vouchers")
@once
def file_voucher(payment_id: int) -> ResponseReturnValue:
    """File what was spent of an advance."""

    def file(session: Session, upload: Upload) -> None:
        advancing.file_voucher(
            session, payment_id, upload, form.answer(), by=current_actor(), at=now()
        )

    _check_may_file(payment_id)
    form = VoucherForm()
    return _file(payment_id, form, file, VOUCHER_FILED)


def _check_may_file(payment_id: int) -> None:
    receipting.check_may_file(db.session(), payment_id, by=current_actor())


def _file(
    payment_id: int,
    form: ReceiptForm,
    file: Callable[[Session, Upload], None],
    told: tuple[str, str],
) -> ResponseReturnValue:
    """File what was sent and go back; where it cannot be taken, show the form with the reason."""
    request_id = request_of(db.session(), payment_id)
    if form.validate_on_submit():
        try:
            # One byte more than is taken tells that it is too large.
            upload = clean(form.file.data.stream.read(BYTES_MAX + 1))
            with acting() as session:
                file(session, upload)
                return lead(url_for(".show_receipts", request_id=request_id), *told)
        except (InputError, RuleError) as refusal:
            note(Event.UPLOAD_REFUSED, cause=type(refusal).__name__)
            form.file.errors = [say(refusal)]
    page = _show_receipts(request_id, form, of=payment_id)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


@bp.get("/receipts/<int:receipt_id>")
def send_receipt(receipt_id: int) -> ResponseReturnValue:
    """Give out a receipt to those who may see its request: a picture to look at, a PDF to keep."""
    receipt, name, row = receipt_to_give(db.session(), receipt_id, current_actor())
    keep_read(row.youth_id, ReadPage.PAPER)
    archive: Archive = current_app.extensions["install"].attachments
    return given_out(archive.read(receipt.digest), receipt.media_type, name)
