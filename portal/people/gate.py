"""The gate: signing in and out, and choosing a password."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import make_response
from flask import redirect
from flask import render_template
from flask import request
from flask import session as cookie
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.db import writing
from portal.errors import ForbiddenError
from portal.errors import RuleError
from portal.journal import Event
from portal.journal import note
from portal.people import carried
from portal.people import passwords
from portal.people import sessions
from portal.people.again import asks_again
from portal.people.again import is_password
from portal.people.again import passkey_question
from portal.people.forms import NewPasswordForm
from portal.people.forms import SignInForm
from portal.people.guessing import checked_password
from portal.people.known import remember_device
from portal.people.known import session_limits
from portal.people.models import Person
from portal.people.models import WebSession
from portal.people.queries import as_actor
from portal.people.session_rules import SEEN_EVERY
from portal.people.session_rules import Ending
from portal.people.session_rules import device
from portal.people.session_rules import ended_by_time
from portal.people.tries import TooManyTriesError
from portal.people.vouching import provider_name
from portal.roles import Actor
from portal.roles import Role
from portal.security import TOKEN
from portal.security import SignedIn
from portal.security import current_actor
from portal.security import limiter
from portal.thai import bangkok_day
from portal.words import say

bp = Blueprint("people", __name__)


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Show the form to sign in, and why the session of this browser ended."""
    return show_sign_in(SignInForm(next=request.args.get("next", "")))


def show_sign_in(form: SignInForm) -> str:
    """Show the form to sign in, and the way in by passkey where browsers make them."""
    kept = sessions.find_session(db.session(), cookie.get(TOKEN, ""))
    return render_template(
        "gate/people/sign_in.html",
        form=form,
        ended_for=kept.ended_for if kept else None,
        limits=session_limits(),
        question=passkey_question(None),
        provider=provider_name(),
    )


@bp.post("/sign-in")
@limiter.limit("60 per minute")
def check_sign_in() -> ResponseReturnValue:
    """Sign somebody in whose username and password are right."""
    form = SignInForm()
    if not form.validate_on_submit():
        return show_sign_in(form), HTTPStatus.UNPROCESSABLE_ENTITY
    answer = form.answer()
    try:
        person = checked_password(answer.username, answer.password)
    except ForbiddenError as error:
        note(Event.SIGN_IN_FAILED)
        form.password.errors = [say(error)]
        return show_sign_in(form), HTTPStatus.FORBIDDEN
    except TooManyTriesError as error:
        note(Event.SIGN_IN_THROTTLED)
        form.form_errors.append(say(error))
        wait = {"Retry-After": str(error.seconds)}
        return show_sign_in(form), HTTPStatus.TOO_MANY_REQUESTS, wait
    return go_on(person, answer.wanted)


def go_on(person: Person, wanted: str, *, is_proof: bool = True) -> ResponseReturnValue:
    """Lead somebody who took the first step to the second, if they have one."""
    if not person.has_factor:
        return begin(person, wanted, is_proof=is_proof)
    carried.remember_password(person, wanted, at=now())
    return redirect(url_for("gate.second.show_second"), HTTPStatus.SEE_OTHER)


def begin(person: Person, wanted: str, *, is_proof: bool = True) -> ResponseReturnValue:
    """Begin the session of somebody who has shown who they are, and lead them on.

    Where somebody else vouched for them, they show it here before anything weighty.
    """
    actor, username = as_actor(person), person.username
    with transaction() as session:
        named = device(request.user_agent.string)
        token = sessions.begin_session(session, actor.person_id, named, at=now())
    # Nothing that this browser carried before goes into the new session.
    cookie.clear()
    cookie[TOKEN] = token
    if is_proof:
        carried.arrive(at=now())
    note(Event.SIGNED_IN, person_id=actor.person_id)
    response = make_response(redirect(target(wanted, actor), HTTPStatus.SEE_OTHER))
    remember_device(response, username)
    return response


def target(wanted: str, actor: Actor) -> str:
    """Return where to go: the page that was asked for, if it is one of ours."""
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    # Without the tab that browsers leave out, "/<tab>/host" is another host's address.
    if is_ours and wanted.isprintable():
        return request.script_root + wanted.removeprefix(request.script_root)
    is_treasurer = actor.holds(Role.TREASURER)
    return url_for("treasury.payments.show_queue" if is_treasurer else "office.home.show_home")


def load_signed_in(token: str) -> SignedIn | None:
    """Return who is signed in by this token; write down that they were seen, or that it is over."""
    kept = sessions.find_session(db.session(), token)
    if kept is None or kept.ended_at is not None:
        return None
    at, limits = now(), session_limits()
    why = ended_by_time(kept.began_at, kept.seen_at, limits=limits, at=at)
    if why is not None or at - kept.seen_at >= SEEN_EVERY:
        _keep_up(kept, why)
    if why is not None or not kept.person.is_active:
        return None
    return SignedIn(as_actor(kept.person, on=bangkok_day(at)), kept.id)


def _keep_up(kept: WebSession, why: Ending | None) -> None:
    """Write what is new of a session, in a transaction beside the page's own."""
    with writing(db.engine, {}) as session:
        if why is None:
            sessions.see_session(session, kept.id, at=now())
        else:
            sessions.end_session(session, kept.id, why, person_id=kept.person_id, at=now())
            note(Event.SESSION_ENDED, person_id=kept.person_id, cause=why.value)


@bp.get("/password")
@asks_again
def show_password() -> ResponseReturnValue:
    """Show the form to choose one's own password."""
    if not current_user.is_authenticated:
        return redirect(url_for(".sign_in"))
    return _show_password(NewPasswordForm())


def _show_password(form: NewPasswordForm) -> str:
    return render_template(
        "gate/people/show_password.html", form=form, must=current_actor().must_change_password
    )


@bp.post("/password")
@limiter.limit("10 per minute")
@asks_again
def change_password() -> ResponseReturnValue:
    """Take the password that the person chose; their other sessions end."""
    if not current_user.is_authenticated:
        return redirect(url_for(".sign_in"), HTTPStatus.SEE_OTHER)
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return _show_password(form), HTTPStatus.UNPROCESSABLE_ENTITY
    if not is_password(form.old):
        return _show_password(form), HTTPStatus.UNPROCESSABLE_ENTITY
    answer, person_id = form.answer(), current_actor().person_id
    try:
        with transaction() as session:
            passwords.change_password(session, person_id, old=answer.old, new=answer.new, at=now())
    except RuleError as error:
        form.new.errors = [say(error)]
        return _show_password(form), HTTPStatus.UNPROCESSABLE_ENTITY
    note(Event.PASSWORD_CHANGED, person_id=person_id)
    return begin(db.session.get_one(Person, person_id), "")


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Sign out: the session ends here and on the server."""
    if current_user.is_authenticated:
        by = current_user
        with transaction() as session:
            sessions.end_session(
                session,
                by.session_id,
                Ending.SIGNED_OUT,
                person_id=by.actor.person_id,
                at=now(),
            )
        note(Event.SIGNED_OUT, person_id=by.actor.person_id)
    cookie.clear()
    response = redirect(url_for("public.publishing.show_front"), HTTPStatus.SEE_OTHER)
    # A phone goes from hand to hand: what was typed and not sent goes with the session.
    response.headers["Clear-Site-Data"] = '"storage"'
    return response
