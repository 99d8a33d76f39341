"""The office's pages about sealed values: asking for them, granting it, taking the file."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import Response
from flask import current_app
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.people import openings
from portal.people.again import asks_again
from portal.people.forms import OpeningForm
from portal.people.forms import VerdictForm
from portal.people.rules import GRANTERS
from portal.roles import Role
from portal.security import current_actor

bp = Blueprint("people", __name__)


@bp.get("/openings")
def list_openings() -> ResponseReturnValue:
    """Show who asked to open which sealed values, and how it was decided."""
    by = current_actor()
    return render_template(
        "office/people/list_openings.html",
        rows=openings.openings(db.session(), by),
        form=VerdictForm(),
        asks=by.holds(Role.AUDITOR),
        decides=bool(GRANTERS & by.roles),
    )


@bp.get("/openings/new")
def new_opening() -> ResponseReturnValue:
    """Show what can be opened of one entry."""
    eid = request.args.get("eid", "").strip()
    sealed = openings.sealed(db.session(), eid, current_actor())
    return _show_form(OpeningForm(eid=eid), sealed)


@bp.post("/openings/new")
def ask_opening() -> ResponseReturnValue:
    """Ask for sealed values of one entry."""
    form = OpeningForm()
    sealed = openings.sealed(db.session(), form.eid.data or "", current_actor())
    if not form.offer(sealed.fields).validate_on_submit():
        return _show_form(form, sealed), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction() as session:
        openings.ask_opening(session, form.answer(), by=current_actor(), at=now())
    return redirect(url_for(".list_openings"), HTTPStatus.SEE_OTHER)


def _show_form(form: OpeningForm, sealed: openings.Sealed) -> str:
    return render_template(
        "office/people/new_opening.html", form=form.offer(sealed.fields), sealed=sealed
    )


@bp.post("/openings/<int:opening_id>/decide")
@asks_again
def decide_opening(opening_id: int) -> ResponseReturnValue:
    """Grant or refuse."""
    form = VerdictForm()
    if form.validate_on_submit():
        decide = openings.grant_opening if form.is_granted else openings.refuse_opening
        with transaction() as session:
            decide(session, opening_id, by=current_actor(), at=now())
    return redirect(url_for(".list_openings"), HTTPStatus.SEE_OTHER)


@bp.get("/openings/<int:opening_id>.json")
def download_opening(opening_id: int) -> ResponseReturnValue:
    """Send the file that opens what was granted."""
    install = current_app.extensions["install"]
    file = openings.opening_file(
        db.session(), install.folder, install.vault, opening_id, by=current_actor()
    )
    response = Response(str(file), mimetype="application/json")
    response.headers["Content-Disposition"] = f"attachment; filename=opening-{opening_id}.json"
    return response
