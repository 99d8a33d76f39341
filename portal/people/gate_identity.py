"""The gate's page of one's own binding to who vouches for people: seeing, adding, removing it."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.journal import Event
from portal.journal import note
from portal.people import identities
from portal.people.gate_factor import ask_who_it_is
from portal.people.gate_factor import here
from portal.people.gate_provider import lead_there
from portal.people.vouching import provider_here
from portal.security import current_actor
from portal.security import limiter

bp = Blueprint("identity", __name__, url_prefix="/factor/identity")
bp.before_request(ask_who_it_is)


@bp.get("")
def show_identity() -> ResponseReturnValue:
    """Show whether one is bound, and what that means."""
    return render_template(
        "gate/identity/show_identity.html",
        provider=provider_here().name,
        bound_at=identities.bound_at(db.session(), current_actor().person_id),
        form=FlaskForm(),
    )


@bp.post("")
@limiter.limit("10 per minute")
def set_out_to_bind() -> ResponseReturnValue:
    """Lead who is signed in to who vouches for people, to be bound when they come back."""
    return lead_there("", person_id=current_actor().person_id)


@bp.post("/remove")
def unbind_identity() -> ResponseReturnValue:
    """Undo one's own binding."""
    provider_here()
    with transaction() as session:
        identities.unbind_identity(session, here=here(), by=current_actor(), at=now())
    note(Event.IDENTITY_UNBOUND)
    return redirect(url_for(".show_identity"), HTTPStatus.SEE_OTHER)
