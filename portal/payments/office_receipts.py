"""The office's pages about receipts: those of a request, filing one, and which are missing."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import current_app
from flask import redirect
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue

from portal.archive import Archive
from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.downloads import ENDING
from portal.downloads import download
from portal.downloads import given_out
from portal.errors import N_
from portal.errors import InputError
from portal.errors import RuleError
from portal.funds.lookups import clock
from portal.payments import receipting
from portal.payments.forms import ReceiptForm
from portal.payments.payment_sheet import missing_sheet
from portal.payments.receipts_page import missing_receipts
from portal.payments.receipts_page import receipt_to_give
from portal.payments.receipts_page import receipts_page
from portal.payments.receipts_page import request_of
from portal.payments.rules import ReceiptKind
from portal.security import current_actor
from portal.uploads import BYTES_MAX
from portal.uploads import clean
from portal.words import say
from portal.words import tell
from portal.youths.opened import keep_read
from portal.youths.rules import ReadPage

bp = Blueprint("receipts", __name__)


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
    forms = {payment.id: ReceiptForm(formdata=None) for payment in page.payments}
    if form is not None:
        forms[of] = form
    for payment_id, each in forms.items():
        # One form for each payment, each with names of its own to be found by.
        each.kind.id, each.file.id = f"kind-{payment_id}", f"file-{payment_id}"
        each.file.label.field_id, each.kind.label.field_id = each.file.id, each.kind.id
    return render_template("office/receipts/show_receipts.html", page=page, forms=forms, sent=form)


@bp.post("/payments/<int:payment_id>/receipts")
def file_receipt(payment_id: int) -> ResponseReturnValue:
    """File a receipt of a payment."""
    by = current_actor()
    receipting.check_may_file(db.session(), payment_id, by=by)
    request_id = request_of(db.session(), payment_id)
    form = ReceiptForm()
    if not form.validate_on_submit() or not _file(payment_id, form):
        page = _show_receipts(request_id, form, of=payment_id)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for(".show_receipts", request_id=request_id), HTTPStatus.SEE_OTHER)


def _file(payment_id: int, form: ReceiptForm) -> bool:
    """File what was sent; where it cannot be taken, write why in the form and return False."""
    try:
        # One byte more than is taken tells that it is too large.
        upload = clean(form.file.data.stream.read(BYTES_MAX + 1))
        with transaction() as session:
            receipting.file_receipt(
                session,
                payment_id,
                upload,
                ReceiptKind(form.kind.data),
                by=current_actor(),
                at=now(),
            )
    except (InputError, RuleError) as refusal:
        form.file.errors = [say(refusal)]
        return False
    tell(
        N_("The receipt is filed."),
        N_("When every payment has one and nothing is left to pay, the request is closed."),
    )
    return True


@bp.get("/receipts/<int:receipt_id>")
def send_receipt(receipt_id: int) -> ResponseReturnValue:
    """Give out a receipt to those who may see its request: a picture to look at, a PDF to keep."""
    receipt, name, row = receipt_to_give(db.session(), receipt_id, current_actor())
    keep_read(row.youth_id, ReadPage.PAPER)
    archive: Archive = current_app.extensions["install"].attachments
    return given_out(archive.read(receipt.digest), receipt.media_type, name)
