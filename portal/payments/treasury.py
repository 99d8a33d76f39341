"""The treasurers' pages: what may be paid now, and each payment's next step."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint
from flask import abort
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue

from portal.clock import now
from portal.db import db
from portal.downloads import ENDING
from portal.downloads import download
from portal.errors import N_
from portal.errors import PortalError
from portal.funds.forms import Pick
from portal.funds.forms import picks
from portal.funds.lookups import clock
from portal.funds.queries import HOME_LENGTH
from portal.funds.queries import RequestRow
from portal.funds.queries import request_row
from portal.payments import queries
from portal.payments import service
from portal.payments.forms import ConfirmForm
from portal.payments.forms import PrepareForm
from portal.payments.forms import VoidForm
from portal.payments.payment_sheet import paid_for
from portal.payments.payment_sheet import paying_for
from portal.payments.payment_sheet import payment_sheet
from portal.payments.payment_sheet import to_prepare
from portal.payments.payment_view import PaymentForms
from portal.payments.payment_view import show_payment_page
from portal.payments.receipts_page import missing_receipts
from portal.payments.rules import BankReferenceUsedError
from portal.payments.rules import PaymentAction
from portal.payments.rules import PaymentState
from portal.people.again import AgainForm
from portal.people.keys import AlreadyDoneError
from portal.people.once import StepForm
from portal.people.once import acting
from portal.people.once import check_unchanged
from portal.people.once import lead
from portal.people.once import once
from portal.people.once import recalled
from portal.security import current_actor
from portal.security import limiter
from portal.words import say
from portal.youths.opened import keep_reads
from portal.youths.rules import ReadPage

bp = Blueprint("payments", __name__)

# The steps that ask for nothing but the step.
TAKE = {
    PaymentAction.RELEASE: service.release_payment,
    PaymentAction.SEND: service.send_payment,
}
# What the page says after a step.
DONE: Mapping[PaymentAction, tuple[str, str]] = {
    PaymentAction.RELEASE: (
        N_("You released the payment."),
        N_("It can be paid now."),
    ),
    PaymentAction.SEND: (
        N_("The payment is noted as sent."),
        N_("When the payee has the money, somebody who did not release it confirms it."),
    ),
    PaymentAction.CONFIRM: (
        N_("The payment is confirmed."),
        N_("The money counts as paid out, in public too."),
    ),
    PaymentAction.VOID: (
        N_("The payment is cancelled."),
        N_("Its number stays used; the request can be prepared again."),
    ),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How preparing one of several payments ended: the new payment, or why it was refused."""

    row: RequestRow | None
    url: str
    reference: str | None
    refusal: PortalError | None


@bp.get("/")
def show_queue() -> ResponseReturnValue:
    """Show what waits at the treasury."""
    return _show_queue()


def _show_queue(*, outcomes: Sequence[Outcome] = (), is_none_ticked: bool = False) -> str:
    time = clock(db.session(), at=now())
    return render_template(
        "treasury/payments/show_queue.html",
        queue=queries.queue(db.session(), current_actor()),
        clock=time,
        missing=missing_receipts(db.session(), current_actor(), clock=time, length=HOME_LENGTH),
        form=PrepareForm(formdata=None),
        outcomes=outcomes,
        is_none_ticked=is_none_ticked,
        are_all_ticked="all" in request.args and not outcomes,
    )


@bp.get(f"/to-prepare.{ENDING}")
def export_to_prepare(ending: str) -> ResponseReturnValue:
    """Send the list of the requests to prepare a payment for."""
    keep_reads(paying_for(), ReadPage.LIST)
    return download(to_prepare(db.engine), ending)


@bp.get(f"/payments.{ENDING}")
def export_payments(ending: str) -> ResponseReturnValue:
    """Send the list of payments, of all or of those in one state."""
    state = request.args.get("state", "")
    if state not in {"", *PaymentState}:
        abort(HTTPStatus.NOT_FOUND)
    wanted = PaymentState(state) if state else None
    keep_reads(paid_for(wanted), ReadPage.LIST)
    return download(payment_sheet(db.engine, wanted), ending)


@bp.post("/prepare")
@once
def prepare_payments() -> ResponseReturnValue:
    """Prepare a payment for every ticked request: each an act of its own."""
    ticked = picks(request.form.getlist("pick"))
    if not ticked:
        return _show_queue(is_none_ticked=True), HTTPStatus.UNPROCESSABLE_ENTITY
    check_unchanged()
    return _show_queue(outcomes=[_prepare_one(pick) for pick in ticked])


def _prepare_one(pick: Pick) -> Outcome:
    by = current_actor()
    row, part = request_row(db.session(), pick.request_id, by), f"{pick.request_id}"
    try:
        with acting(part) as session:
            payment = service.prepare_payment(
                session,
                pick.request_id,
                channel=None,
                seen_version=pick.seen_version,
                by=by,
                at=now(),
            )
            url, reference = _url(payment.id), payment.reference
            lead(url, reference=reference)
    except AlreadyDoneError:
        return _prepared_before(row, part)
    except PortalError as refusal:
        return Outcome(row, "", None, refusal)
    return Outcome(row, url, reference, None)


def _prepared_before(row: RequestRow | None, part: str) -> Outcome:
    led = recalled(part)
    return Outcome(row, led.url if led else "", led.reference if led else None, None)


@bp.get("/payments/<int:payment_id>")
def show_payment(payment_id: int) -> ResponseReturnValue:
    """Show one payment and its next step."""
    return show_payment_page(payment_id)


@bp.post("/payments/<int:payment_id>/release")
@limiter.limit("10 per minute")
@once
def release_payment(payment_id: int) -> ResponseReturnValue:
    """Let a prepared payment go, once the password was given again."""
    form = AgainForm()
    if not form.is_theirs():
        page = show_payment_page(payment_id, PaymentForms(release=form))
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    return _take_step(payment_id, PaymentAction.RELEASE)


@bp.post("/payments/<int:payment_id>/send")
@once
def send_payment(payment_id: int) -> ResponseReturnValue:
    """Note that a released payment went to the bank."""
    return _take_step(payment_id, PaymentAction.SEND)


def _take_step(payment_id: int, action: PaymentAction) -> ResponseReturnValue:
    form = StepForm()
    if form.validate_on_submit():
        with acting() as session:
            reference = TAKE[action](
                session,
                payment_id,
                seen_version=form.seen,
                by=current_actor(),
                at=now(),
            ).reference
            return lead(_url(payment_id), *DONE[action], reference=reference)
    return redirect(_url(payment_id), HTTPStatus.SEE_OTHER)


@bp.post("/payments/<int:payment_id>/confirm")
@once
def confirm_payment(payment_id: int) -> ResponseReturnValue:
    """Note the bank's reference of a payment it has made."""
    form = ConfirmForm()
    if not form.validate_on_submit():
        return show_payment_page(
            payment_id, PaymentForms(confirm=form)
        ), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with acting() as session:
            reference = service.confirm_payment(
                session,
                payment_id,
                bank_reference=form.bank_reference.data or "",
                seen_version=form.seen,
                by=current_actor(),
                at=now(),
            ).reference
            return lead(_url(payment_id), *DONE[PaymentAction.CONFIRM], reference=reference)
    except BankReferenceUsedError as error:
        form.bank_reference.errors = [say(error)]
        return show_payment_page(
            payment_id, PaymentForms(confirm=form)
        ), HTTPStatus.UNPROCESSABLE_ENTITY


@bp.post("/payments/<int:payment_id>/void")
@once
def void_payment(payment_id: int) -> ResponseReturnValue:
    """Cancel a payment that was not sent."""
    form = VoidForm()
    if not form.validate_on_submit():
        return show_payment_page(
            payment_id, PaymentForms(void=form)
        ), HTTPStatus.UNPROCESSABLE_ENTITY
    with acting() as session:
        reference = service.void_payment(
            session,
            payment_id,
            note=form.note.data or "",
            seen_version=form.seen,
            by=current_actor(),
            at=now(),
        ).reference
        return lead(_url(payment_id), *DONE[PaymentAction.VOID], reference=reference)


def _url(payment_id: int) -> str:
    return url_for(".show_payment", payment_id=payment_id)
