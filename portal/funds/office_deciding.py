"""The office's pages around a decision: interests, checks, ratifying, revising."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from portal.clock import now
from portal.db import db
from portal.errors import N_
from portal.errors import RuleError
from portal.funds import answering
from portal.funds import ratifying
from portal.funds import service
from portal.funds.deciding_forms import InterestForm
from portal.funds.deciding_forms import OverrideForm
from portal.funds.deciding_forms import RatifyForm
from portal.funds.deciding_forms import ReviseForm
from portal.funds.line_forms import typed_rows
from portal.funds.request_page import revisable_page
from portal.funds.request_view import RequestForms
from portal.funds.request_view import show_request_page
from portal.funds.urgency import Verdict
from portal.people.again import asks_again
from portal.people.once import acting
from portal.people.once import lead
from portal.people.once import once
from portal.security import current_actor
from portal.thai import bangkok_day
from portal.words import say
from portal.youths.opened import keep_read
from portal.youths.rules import ReadPage

bp = Blueprint("deciding", __name__)


@bp.post("/requests/<int:request_id>/interest")
@once
def declare_interest(request_id: int) -> ResponseReturnValue:
    """Note whether somebody who is to decide is related."""
    form = InterestForm()
    if not form.validate_on_submit():
        return _show(request_id, RequestForms(interest=form))
    with acting() as session:
        reference = service.declare_interest(
            session,
            request_id,
            is_related=form.is_related,
            how=(form.how.data or "").strip(),
            seen_version=form.seen,
            by=current_actor(),
            at=now(),
        ).reference
        if not form.is_related:
            return lead(_url(request_id))
        what, why = N_("It is noted that you are related."), N_("Somebody else decides.")
        return lead(_url(request_id), what, why, reference=reference)


@bp.post("/requests/<int:request_id>/override")
@once
def override_check(request_id: int) -> ResponseReturnValue:
    """Answer for a check that stops a request."""
    form = OverrideForm()
    if not form.validate_on_submit():
        return _show(request_id, RequestForms(override=form))
    with acting() as session:
        reference = answering.override_check(
            session,
            request_id,
            form.check,
            note=(form.note.data or "").strip(),
            seen_version=form.seen,
            by=current_actor(),
            at=now(),
        ).reference
        what, why = N_("You answered for the check."), N_("Somebody else decides or pays now.")
        return lead(_url(request_id), what, why, reference=reference)


@bp.post("/requests/<int:request_id>/ratify")
@once
def ratify_request(request_id: int) -> ResponseReturnValue:
    """Note what the driving committee says of an urgent approval."""
    form = RatifyForm()
    if not form.validate_on_submit():
        return _show(request_id, RequestForms(ratify=form))
    with acting() as session:
        reference = ratifying.ratify_request(
            session,
            request_id,
            Verdict(form.verdict.data),
            note=(form.note.data or "").strip(),
            seen_version=form.seen,
            by=current_actor(),
            at=now(),
        ).reference
        what, why = N_("The verdict is recorded."), N_("Everybody can read it.")
        return lead(_url(request_id), what, why, reference=reference)


@bp.get("/requests/<int:request_id>/revise")
@asks_again
def show_revise(request_id: int) -> ResponseReturnValue:
    """Show what can be changed of an approved request, filled in."""
    page = revisable_page(db.session(), request_id, current_actor(), on=bangkok_day(now()))
    filled = {
        "seen_version": page.row.version,
        "amount": "" if page.lines else str(page.row.amount),
        "lines": typed_rows(page.lines),
        "payee_kind": page.payee_kind,
        "account_holder": page.payee_holder,
        "bank": page.payee_bank_code,
        "account_number": page.payee_account,
    }
    return _show_revise(request_id, ReviseForm(data=filled))


def _show_revise(request_id: int, form: ReviseForm) -> str:
    page = revisable_page(db.session(), request_id, current_actor(), on=bangkok_day(now()))
    keep_read(page.youth_id, ReadPage.AMENDMENT)
    return render_template(
        "office/deciding/show_revise.html",
        page=page,
        form=form.offer(str(get_locale())),
    )


@bp.post("/requests/<int:request_id>/revise")
@asks_again
@once
def revise_request(request_id: int) -> ResponseReturnValue:
    """Change an approved request; it is decided anew."""
    form = ReviseForm().offer(str(get_locale()))
    if not form.validate_on_submit():
        return _show_revise(request_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with acting() as session:
            reference = answering.revise_request(
                session,
                request_id,
                form.answer(),
                seen_version=form.seen,
                by=current_actor(),
                at=now(),
            ).reference
            return lead(
                _url(request_id),
                N_("The request is changed."),
                N_("The signatures are void; it waits for the subcommittee's chair again."),
                reference=reference,
            )
    except RuleError as error:
        form.form_errors.append(say(error))
        return _show_revise(request_id, form), HTTPStatus.UNPROCESSABLE_ENTITY


def _show(request_id: int, forms: RequestForms) -> ResponseReturnValue:
    return show_request_page(request_id, forms), HTTPStatus.UNPROCESSABLE_ENTITY


def _url(request_id: int) -> str:
    return url_for("office.funds.show_request", request_id=request_id)
