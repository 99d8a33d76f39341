"""Showing the one page of a payment, with the forms that a treasurer may fill in there."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template

from portal.clock import now
from portal.db import db
from portal.funds.lookups import clock
from portal.payments.forms import ConfirmForm
from portal.payments.forms import RefundForm
from portal.payments.forms import ReturnForm
from portal.payments.forms import VoidForm
from portal.payments.payment_page import payment_page
from portal.payments.rules import PaymentAction
from portal.payments.rules import PaymentState
from portal.people.again import AgainForm
from portal.security import current_actor
from portal.youths.opened import keep_read
from portal.youths.rules import ReadPage


@dataclass(frozen=True, slots=True)
class PaymentForms:
    """The form that was sent and refused is shown as it was filled in; the others are new."""

    release: AgainForm | None = None
    confirm: ConfirmForm | None = None
    void: VoidForm | None = None
    bounce: ReturnForm | None = None
    refund: RefundForm | None = None


def show_payment_page(payment_id: int, forms: PaymentForms | None = None) -> str:
    """Show one payment and its next step."""
    forms = forms or PaymentForms()
    page = payment_page(db.session(), payment_id, current_actor())
    keep_read(page.request.youth_id if page.request else None, ReadPage.PAYMENT)
    seen = {"seen_version": page.row.version}
    # What the bank has not confirmed comes back whole.
    is_whole = page.row.state is PaymentState.SENT
    whole = seen | ({"amount": str(page.row.amount)} if is_whole else {})
    release = forms.release or AgainForm(data=seen, formdata=None)
    confirm = forms.confirm or ConfirmForm(data=seen, formdata=None)
    void = forms.void or VoidForm(data=seen, formdata=None)
    bounce = forms.bounce or ReturnForm(data=whole, formdata=None)
    refund = forms.refund or RefundForm(data=seen, formdata=None)
    return render_template(
        "treasury/payments/show_payment.html",
        page=page,
        row=page.row,
        due=page.request and clock(db.session(), at=now()).due(page.request),
        release_form=release,
        form=confirm,
        void_form=void,
        bounce_form=bounce,
        refund_form=refund,
        bounce=page.back(PaymentAction.BOUNCE),
        refund=page.back(PaymentAction.REFUND),
        sent_form=next((one for one in (release, void, bounce, refund) if one.errors), confirm),
    )
