"""The gate's second step: a code or a passkey after the password, or being asked again."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.clock import instant
from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.journal import Event
from portal.journal import note
from portal.passkeys import PasskeyRefusedError
from portal.people import carried
from portal.people.again import ProofForm
from portal.people.again import check_factor
from portal.people.again import passkey_question
from portal.people.carried import Halfway
from portal.people.factor_forms import CodeForm
from portal.people.forms import PasskeySignInForm
from portal.people.forms import SignInForm
from portal.people.gate import begin
from portal.people.gate import show_sign_in
from portal.people.gate import target
from portal.people.models import Person
from portal.people.trying import use_passkey
from portal.security import current_actor
from portal.security import limiter
from portal.words import say

bp = Blueprint("second", __name__)


@bp.get("/sign-in/second")
def show_second() -> ResponseReturnValue:
    """Show the form of the second step."""
    here = _halfway()
    return _show_second(here, CodeForm()) if here else _from_the_beginning()


def _halfway() -> Halfway | None:
    here = carried.halfway(at=now())
    person = db.session.get(Person, here.person_id) if here else None
    return here if here and person and here.is_of(person) else None


def _from_the_beginning() -> ResponseReturnValue:
    return redirect(url_for("gate.people.sign_in"), HTTPStatus.SEE_OTHER)


def _show_second(here: Halfway, form: CodeForm) -> str:
    question = passkey_question(here.person_id)
    return render_template("gate/second/show_second.html", form=form, question=question)


@bp.post("/sign-in/second")
@limiter.limit("10 per minute")
def check_second() -> ResponseReturnValue:
    """Sign somebody in whose password was right, and whose second factor is."""
    here, form = _halfway(), CodeForm()
    if here is None:
        return _from_the_beginning()
    if not form.validate_on_submit():
        return _show_second(here, form), HTTPStatus.UNPROCESSABLE_ENTITY
    if not check_factor(form, here.person_id):
        return _show_second(here, form), HTTPStatus.FORBIDDEN
    return begin(db.session.get_one(Person, here.person_id), here.wanted)


@bp.post("/sign-in/passkey")
@limiter.limit("10 per minute")
def sign_in_by_passkey() -> ResponseReturnValue:
    """Sign somebody in by a passkey alone: it is a device, and what unlocks the device."""
    form, at = PasskeySignInForm(), instant()
    wanted = form.next.data or ""
    if not form.validate_on_submit():
        return show_sign_in(SignInForm(next=wanted, formdata=None)), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        challenge = carried.asked(at=at)
        with transaction() as session:
            person = use_passkey(
                session, form.credential.data or "", challenge, person_id=None, at=at
            )
            person_id = person.id
    except PasskeyRefusedError as error:
        note(Event.FACTOR_FAILED)
        refused = SignInForm(next=wanted, formdata=None)
        refused.form_errors.append(say(error))
        return show_sign_in(refused), HTTPStatus.FORBIDDEN
    return begin(db.session.get_one(Person, person_id), wanted)


@bp.get("/again")
def show_again() -> ResponseReturnValue:
    """Ask who is signed in to show that it is them."""
    if not current_user.is_authenticated:
        return _from_the_beginning()
    return _show_again(ProofForm())


def _show_again(form: ProofForm) -> str:
    wanted = request.values.get("next", "")
    return render_template("gate/second/show_again.html", form=form, wanted=wanted)


@bp.post("/again")
@limiter.limit("10 per minute")
def check_again() -> ResponseReturnValue:
    """Note that it is them, and lead them back."""
    if not current_user.is_authenticated:
        return _from_the_beginning()
    form = ProofForm()
    if not form.is_theirs():
        return _show_again(form), HTTPStatus.UNPROCESSABLE_ENTITY
    carried.arrive(at=now())
    return redirect(target(request.form.get("next", ""), current_actor()), HTTPStatus.SEE_OTHER)
