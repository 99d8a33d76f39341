"""The treasurers' pages about money that came back, and about setting free what is left."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint
from flask import Response
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue

from portal.clock import now
from portal.db import db
from portal.errors import N_
from portal.errors import RuleError
from portal.payments import returning
from portal.payments.forms import RefundForm
from portal.payments.forms import RestForm
from portal.payments.forms import ReturnForm
from portal.payments.payment_view import PaymentForms
from portal.payments.payment_view import show_payment_page
from portal.payments.rest_page import rest_page
from portal.payments.rules import BackInPartError
from portal.payments.rules import FeeTooHighError
from portal.payments.rules import PaymentAction
from portal.payments.rules import TooMuchBackError
from portal.people.once import acting
from portal.people.once import lead
from portal.people.once import once
from portal.security import current_actor
from portal.words import say

bp = Blueprint("back", __name__)

TAKE_BACK = {
    PaymentAction.BOUNCE: returning.return_payment,
    PaymentAction.REFUND: returning.refund_payment,
}
# Which field of the form a refused amount stands in.
FIELDS: Mapping[type[RuleError], str] = {
    TooMuchBackError: "amount",
    BackInPartError: "amount",
    FeeTooHighError: "fee",
}


@bp.post("/payments/<int:payment_id>/return")
@once
def return_payment(payment_id: int) -> ResponseReturnValue:
    """Note what the bank sent back."""
    form = ReturnForm()
    if form.validate_on_submit() and (done := _take_back(payment_id, PaymentAction.BOUNCE, form)):
        return done
    page = show_payment_page(payment_id, PaymentForms(bounce=form))
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


@bp.post("/payments/<int:payment_id>/refund")
@once
def refund_payment(payment_id: int) -> ResponseReturnValue:
    """Note what was given back by who received it."""
    form = RefundForm()
    if form.validate_on_submit() and (done := _take_back(payment_id, PaymentAction.REFUND, form)):
        return done
    page = show_payment_page(payment_id, PaymentForms(refund=form))
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


def _take_back(payment_id: int, action: PaymentAction, form: RefundForm) -> Response | None:
    """Note what came back; where the amount cannot be, write that in the form."""
    try:
        with acting() as session:
            reference = TAKE_BACK[action](
                session,
                payment_id,
                form.answer(),
                seen_version=form.seen,
                by=current_actor(),
                at=now(),
            ).reference
            return lead(
                url_for("treasury.payments.show_payment", payment_id=payment_id),
                N_("It is noted what came back."),
                N_("Pay it again, or set it free: until then it stays set aside for the request."),
                reference=reference,
            )
    except (TooMuchBackError, BackInPartError, FeeTooHighError) as error:
        form[FIELDS[type(error)]].errors = [say(error)]
        return None


@bp.get("/requests/<int:request_id>/rest")
def show_rest(request_id: int) -> ResponseReturnValue:
    """Show what is left of a request, and what setting it free does."""
    return _show_rest(request_id)


def _show_rest(request_id: int, form: RestForm | None = None) -> str:
    page = rest_page(db.session(), request_id, current_actor())
    new = RestForm(data={"seen_version": page.row.version}, formdata=None)
    return render_template("treasury/back/show_rest.html", page=page, form=form or new)


@bp.post("/requests/<int:request_id>/rest")
@once
def release_rest(request_id: int) -> ResponseReturnValue:
    """Set free what is left of a request."""
    form = RestForm()
    if not form.validate_on_submit():
        return _show_rest(request_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    with acting() as session:
        reference = returning.release_rest(
            session,
            request_id,
            note=form.note.data or "",
            seen_version=form.seen,
            by=current_actor(),
            at=now(),
        ).reference
        return lead(
            url_for("office.funds.show_request", request_id=request_id),
            N_("The rest is free again."),
            N_("The subcommittee can approve it for others."),
            reference=reference,
        )
