"""The office's page about one's own sessions: where one is signed in, and ending them."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import N_
from portal.journal import Event
from portal.journal import note
from portal.people import sessions
from portal.people.known import session_limits
from portal.people.session_rules import Ending
from portal.security import current_actor
from portal.words import tell

bp = Blueprint("sessions", __name__, url_prefix="/sessions")


@bp.get("")
def list_sessions() -> ResponseReturnValue:
    """Show where somebody is signed in."""
    limits = session_limits()
    return render_template(
        "office/sessions/list_sessions.html",
        sessions=sessions.open_sessions(
            db.session(), current_actor().person_id, limits=limits, at=now()
        ),
        this_id=current_user.session_id,
        form=FlaskForm(),
        limits=limits,
    )


@bp.post("/<int:session_id>/end")
def end_session(session_id: int) -> ResponseReturnValue:
    """End one of one's own sessions; this one too, which signs out here."""
    with transaction() as session:
        sessions.end_own_session(session, session_id, by=current_actor(), at=now())
    note(Event.SESSION_ENDED, cause=Ending.BY_OWNER.value)
    tell(N_("The session is ended."), N_("Nobody comes further with it on that device."))
    return redirect(url_for(".list_sessions"), HTTPStatus.SEE_OTHER)


@bp.post("/end-others")
def end_other_sessions() -> ResponseReturnValue:
    """End all of one's own sessions but this one."""
    by, this = current_actor(), current_user.session_id
    with transaction() as session:
        sessions.end_sessions(session, by.person_id, Ending.BY_OWNER, but=this, at=now())
    note(Event.SESSION_ENDED, cause=Ending.BY_OWNER.value)
    tell(N_("All other sessions are ended."), N_("You are signed in here alone."))
    return redirect(url_for(".list_sessions"), HTTPStatus.SEE_OTHER)
