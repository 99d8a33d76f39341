"""The gate: signing in and out, and choosing a password."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from flask_login import login_user
from flask_login import logout_user

from portal.db import db
from portal.db import transaction
from portal.errors import RuleError
from portal.people import service
from portal.people.forms import NewPasswordForm
from portal.people.forms import SignInForm
from portal.people.queries import as_actor
from portal.people.service import WrongPasswordError
from portal.roles import Actor
from portal.roles import Role
from portal.security import SignedIn
from portal.security import current_actor
from portal.security import limiter
from portal.words import say

bp = Blueprint("people", __name__)


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Show the form to sign in."""
    form = SignInForm(next=request.args.get("next", ""))
    return render_template("gate/people/sign_in.html", form=form)


@bp.post("/sign-in")
@limiter.limit("10 per minute")
def check_sign_in() -> ResponseReturnValue:
    """Sign somebody in whose username and password are right."""
    form = SignInForm()
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.validate_on_submit():
        answer = form.answer()
        try:
            person = service.check_password(db.session(), answer.username, answer.password)
        except WrongPasswordError as error:
            form.password.errors = [say(error)]
            status = HTTPStatus.FORBIDDEN
        else:
            actor = as_actor(person)
            login_user(SignedIn(actor, person.session_key))
            return redirect(_target(answer.wanted, actor), HTTPStatus.SEE_OTHER)
    return render_template("gate/people/sign_in.html", form=form), status


def _target(wanted: str, actor: Actor) -> str:
    """Return where to go: the page that was asked for, if it is one of ours."""
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    # Without the tab that browsers leave out, "/<tab>/host" is another host's address.
    if is_ours and wanted.isprintable():
        return request.script_root + wanted.removeprefix(request.script_root)
    is_treasurer = actor.holds(Role.TREASURER)
    return url_for("treasury.payments.show_queue" if is_treasurer else "office.home.show_home")


@bp.get("/password")
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
def change_password() -> ResponseReturnValue:
    """Take the password that the person chose; their other sessions end."""
    if not current_user.is_authenticated:
        return redirect(url_for(".sign_in"), HTTPStatus.SEE_OTHER)
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return _show_password(form), HTTPStatus.UNPROCESSABLE_ENTITY
    answer = form.answer()
    try:
        with transaction() as session:
            person = service.change_password(
                session, current_actor().person_id, old=answer.old, new=answer.new
            )
            signed_in = SignedIn(as_actor(person), person.session_key)
    except WrongPasswordError:
        form.old.errors = [gettext("This is not your password.")]
        return _show_password(form), HTTPStatus.UNPROCESSABLE_ENTITY
    except RuleError as error:
        form.new.errors = [say(error)]
        return _show_password(form), HTTPStatus.UNPROCESSABLE_ENTITY
    login_user(signed_in)
    return redirect(_target("", signed_in.actor), HTTPStatus.SEE_OTHER)


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Sign out."""
    logout_user()
    response = redirect(url_for("public.publishing.show_front"), HTTPStatus.SEE_OTHER)
    # A phone goes from hand to hand: what was typed and not sent goes with the session.
    response.headers["Clear-Site-Data"] = '"storage"'
    return response
