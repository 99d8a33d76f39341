"""The office's page about who acts for a chair: the list, appointing, ending."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import N_
from portal.errors import RuleError
from portal.funds import acting
from portal.funds.acting_rules import check_appoints
from portal.funds.deciding_forms import ActingForm
from portal.people.again import asks_again
from portal.security import current_actor
from portal.thai import bangkok_day
from portal.words import say
from portal.words import tell

bp = Blueprint("acting", __name__)


@bp.get("/acting")
def list_terms() -> ResponseReturnValue:
    """Show who acts for which chair, and the form to appoint somebody."""
    return _show(ActingForm(formdata=None))


def _show(form: ActingForm) -> str:
    session, by = db.session(), current_actor()
    return render_template(
        "office/acting/list_terms.html",
        rows=acting.terms(session, by, today=bangkok_day(now())),
        form=_offer(form),
        appoints=bool(acting.appointable(session, by)),
    )


def _offer(form: ActingForm) -> ActingForm:
    session, by = db.session(), current_actor()
    subcommittees, people = acting.appointable(session, by), acting.candidates(session, by)
    return form.offer(subcommittees, people, str(get_locale()))


@bp.post("/acting")
@asks_again
def appoint_acting_chair() -> ResponseReturnValue:
    """Let somebody act for a chair for some days."""
    by = current_actor()
    check_appoints(by)
    form = _offer(ActingForm())
    if not form.validate_on_submit():
        return _show(form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with transaction() as session:
            number = acting.appoint_acting_chair(session, form.answer(), by=by, at=now()).number
    except RuleError as error:
        form.form_errors.append(say(error))
        return _show(form), HTTPStatus.UNPROCESSABLE_ENTITY
    tell(N_("The acting chair is appointed."), N_("Every decision of theirs says so."), number)
    return redirect(url_for(".list_terms"), HTTPStatus.SEE_OTHER)


@bp.post("/acting/<int:term_id>/end")
def end_acting_chair(term_id: int) -> ResponseReturnValue:
    """End an appointment before its last day."""
    with transaction() as session:
        number = acting.end_acting_chair(session, term_id, by=current_actor(), at=now()).number
    tell(N_("The appointment is ended."), N_("The chair alone decides again."), number)
    return redirect(url_for(".list_terms"), HTTPStatus.SEE_OTHER)
