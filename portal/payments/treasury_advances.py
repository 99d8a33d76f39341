"""The treasurers' pages of one payment's terms, of advances, and of what is paid by hand."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue

from portal.clock import now
from portal.db import db
from portal.errors import N_
from portal.payments import service
from portal.payments.advance_forms import ClearForm
from portal.payments.advance_forms import PrepareOneForm
from portal.payments.advance_page import advance_page
from portal.payments.advance_page import held_list
from portal.payments.advance_rules import AdvanceOverdueError
from portal.payments.advance_rules import NotClearedError
from portal.payments.advance_rules import VoucherUnknownError
from portal.payments.advancing import clear_advance
from portal.payments.pay_sheet import paid_by_hand
from portal.payments.pay_sheet import pay_sheet
from portal.payments.preparing_page import preparing_page
from portal.payments.rules import Channel
from portal.people.once import acting
from portal.people.once import lead
from portal.people.once import once
from portal.qr import qr_svg
from portal.security import current_actor
from portal.thai import bangkok_day
from portal.words import say
from portal.youths.opened import keep_read
from portal.youths.opened import keep_reads
from portal.youths.rules import ReadPage

bp = Blueprint("advances", __name__)


@bp.get("/requests/<int:request_id>/prepare")
def show_preparing(request_id: int) -> ResponseReturnValue:
    """Show how one request can be paid."""
    return _show_preparing(request_id)


def _show_preparing(request_id: int, form: PrepareOneForm | None = None) -> str:
    page = preparing_page(db.session(), request_id, current_actor(), at=now())
    keep_read(page.row.youth_id, ReadPage.PAYMENT)
    usual = {"seen_version": page.row.version, "channel": page.channels[0]}
    form = form or PrepareOneForm(data=usual, formdata=None)
    form.offer(page.channels)
    return render_template("treasury/advances/show_preparing.html", page=page, form=form)


@bp.post("/requests/<int:request_id>/prepare")
@once
def prepare_payment(request_id: int) -> ResponseReturnValue:
    """Prepare a payment on the terms that were chosen."""
    form = PrepareOneForm()
    form.offer(preparing_page(db.session(), request_id, current_actor(), at=now()).channels)
    if not form.validate_on_submit():
        return _show_preparing(request_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with acting() as session:
            payment = service.prepare_payment(
                session,
                request_id,
                channel=Channel(form.channel.data),
                seen_version=form.seen,
                by=current_actor(),
                at=now(),
                advance=form.advance,
            )
            return lead(
                url_for("treasury.payments.show_payment", payment_id=payment.id),
                N_("The payment is prepared."),
                N_("Another treasurer releases it."),
                reference=payment.reference,
            )
    except AdvanceOverdueError as refusal:
        form.terms.errors = [say(refusal)]
        return _show_preparing(request_id, form), HTTPStatus.UNPROCESSABLE_ENTITY


@bp.get("/advances")
def list_advances() -> ResponseReturnValue:
    """Show the advances that are not cleared."""
    held = held_list(db.session(), today=bangkok_day(now()))
    return render_template("treasury/advances/list_advances.html", held=held)


@bp.get("/payments/<int:payment_id>/advance")
def show_advance(payment_id: int) -> ResponseReturnValue:
    """Show an advance with its vouchers, and clear it if they come to what was lent."""
    return _show_advance(payment_id)


def _show_advance(payment_id: int, form: ClearForm | None = None) -> str:
    page = advance_page(db.session(), payment_id, current_actor())
    keep_read(page.request.youth_id if page.request else None, ReadPage.PAYMENT)
    if form is None:
        all_of_them = [str(each.id) for each in page.vouchers]
        seen = {"seen_version": page.version}
        form = ClearForm(data=seen, formdata=None, picks=all_of_them)
    return render_template("treasury/advances/show_advance.html", page=page, form=form)


@bp.post("/payments/<int:payment_id>/advance")
@once
def clear_payment(payment_id: int) -> ResponseReturnValue:
    """Find an advance cleared by the vouchers that were ticked."""
    form = ClearForm(picks=request.form.getlist("pick"))
    if form.validate_on_submit():
        try:
            with acting() as session:
                reference = clear_advance(
                    session,
                    payment_id,
                    form.answer(),
                    seen_version=form.seen,
                    by=current_actor(),
                    at=now(),
                ).reference
                return lead(
                    url_for(".show_advance", payment_id=payment_id),
                    N_("The advance is cleared."),
                    N_("Vouchers and money given back come to what was lent."),
                    reference=reference,
                )
        except (NotClearedError, VoucherUnknownError) as refusal:
            form.form_errors.append(say(refusal))
    return _show_advance(payment_id, form), HTTPStatus.UNPROCESSABLE_ENTITY


@bp.get("/pay-sheet")
def show_pay_sheet() -> ResponseReturnValue:
    """Show what is paid by hand: a PromptPay code for each, and what is handed over in cash."""
    sheet = pay_sheet(db.session())
    keep_reads(paid_by_hand(), ReadPage.LIST)
    return render_template(
        "treasury/advances/show_pay_sheet.html", sheet=sheet, qr=qr_svg, at=now()
    )
