"""The treasurers' pages: what may be paid now, and each payment's next step."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import PortalError
from portal.funds.forms import Pick
from portal.funds.forms import picks
from portal.payments import queries
from portal.payments import service
from portal.payments.forms import ConfirmForm
from portal.payments.forms import PrepareForm
from portal.payments.forms import StepForm
from portal.payments.forms import VoidForm
from portal.payments.queries import PaymentRow
from portal.payments.rules import Channel
from portal.security import current_actor

bp = Blueprint("payments", __name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How preparing one of several payments ended."""

    reference: str
    refusal: PortalError | None


@bp.get("/")
def show_queue() -> ResponseReturnValue:
    """Show what waits at the treasury."""
    return _show_queue(())


def _show_queue(outcomes: tuple[Outcome, ...]) -> str:
    queue = queries.queue(db.session, current_actor())
    return render_template(
        "treasury/payments/show_queue.html", queue=queue, form=PrepareForm(), outcomes=outcomes
    )


@bp.post("/prepare")
def prepare_payments() -> ResponseReturnValue:
    """Prepare a payment for every ticked request: each an act of its own."""
    if not PrepareForm().validate_on_submit():
        return redirect(url_for(".show_queue"), HTTPStatus.SEE_OTHER)
    return _show_queue(tuple(_prepare_one(pick) for pick in picks(request.form.getlist("pick"))))


def _prepare_one(pick: Pick) -> Outcome:
    try:
        with transaction() as session:
            payment = service.prepare_payment(
                session,
                pick.request_id,
                channel=Channel.TRANSFER,
                seen_version=pick.seen_version,
                by=current_actor(),
                at=now(),
            )
            return Outcome(payment.reference, None)
    except PortalError as refusal:
        return Outcome("", refusal)


@bp.get("/payments/<int:payment_id>")
def show_payment(payment_id: int) -> ResponseReturnValue:
    """Show one payment and its next step."""
    return _show_payment(queries.payment_row(db.session, payment_id, current_actor()))


def _show_payment(row: PaymentRow, form: ConfirmForm | None = None) -> str:
    form = form or ConfirmForm(data={"seen_version": row.version}, formdata=None)
    void_form = VoidForm(data={"seen_version": row.version}, formdata=None)
    return render_template(
        "treasury/payments/show_payment.html", row=row, form=form, void_form=void_form
    )


@bp.post("/payments/<int:payment_id>/release")
def release_payment(payment_id: int) -> ResponseReturnValue:
    """Let a prepared payment go."""
    form = StepForm()
    if form.validate_on_submit():
        with transaction() as session:
            service.release_payment(
                session,
                payment_id,
                seen_version=form.seen_version.data,
                by=current_actor(),
                at=now(),
            )
    return _back(payment_id)


@bp.post("/payments/<int:payment_id>/send")
def send_payment(payment_id: int) -> ResponseReturnValue:
    """Note that a released payment went to the bank."""
    form = StepForm()
    if form.validate_on_submit():
        with transaction() as session:
            service.send_payment(
                session,
                payment_id,
                seen_version=form.seen_version.data,
                by=current_actor(),
                at=now(),
            )
    return _back(payment_id)


@bp.post("/payments/<int:payment_id>/confirm")
def confirm_payment(payment_id: int) -> ResponseReturnValue:
    """Note the bank's reference of a payment it has made."""
    form = ConfirmForm()
    if not form.validate_on_submit():
        row = queries.payment_row(db.session, payment_id, current_actor())
        return _show_payment(row, form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction() as session:
        service.confirm_payment(
            session,
            payment_id,
            bank_reference=form.bank_reference.data,
            seen_version=form.seen_version.data,
            by=current_actor(),
            at=now(),
        )
    return _back(payment_id)


@bp.post("/payments/<int:payment_id>/void")
def void_payment(payment_id: int) -> ResponseReturnValue:
    """Cancel a payment that was not sent."""
    form = VoidForm()
    if form.validate_on_submit():
        with transaction() as session:
            service.void_payment(
                session,
                payment_id,
                note=form.note.data or "",
                seen_version=form.seen_version.data,
                by=current_actor(),
                at=now(),
            )
    return _back(payment_id)


def _back(payment_id: int) -> ResponseReturnValue:
    return redirect(url_for(".show_payment", payment_id=payment_id), HTTPStatus.SEE_OTHER)
