"""Showing once more who one is, before something weighty: a page left open does nothing.

Who has a second factor uses that, others write their password. Before money goes it is asked each
time; before the rest, not within some minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import current_app
from flask import redirect
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from wtforms import PasswordField
from wtforms.validators import InputRequired

from portal.clock import instant
from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.journal import Event
from portal.journal import note
from portal.passkeys import PasskeyRefusedError
from portal.passkeys import Site
from portal.passkeys import asking
from portal.people import carried
from portal.people import factor_page
from portal.people.factor_forms import CodeForm
from portal.people.factor_rules import CodesWaitError
from portal.people.factor_rules import WrongCodeError
from portal.people.guessing import checked_password
from portal.people.once import StepForm
from portal.people.passwords import EndedPasswordError
from portal.people.passwords import WrongPasswordError
from portal.people.tries import TooManyTriesError
from portal.people.trying import try_code
from portal.people.trying import use_passkey
from portal.security import allow_passkeys
from portal.security import current_actor
from portal.security import wanted_page
from portal.words import at_most
from portal.words import say


def site_here() -> Site:
    """Return the site that passkeys are made for."""
    return Site.at(current_app.extensions["install"].settings.base_url)


def passkey_question(person_id: int | None) -> str:
    """Return what the page needs to ask for a passkey of somebody, or nothing if there is none."""
    site = site_here()
    if not site.takes_passkeys:
        return ""
    known = () if person_id is None else factor_page.credential_ids(db.session(), person_id)
    if person_id is not None and not known:
        return ""
    allow_passkeys()
    return asking(site, challenge=carried.ask(at=instant()), known=known)


def check_factor(form: CodeForm, person_id: int) -> bool:
    """Say whether the code, or the passkey's answer, is this person's; else the form says so."""
    try:
        _check_factor(form, person_id)
    except (PasskeyRefusedError, CodesWaitError, WrongCodeError) as error:
        note(Event.FACTOR_FAILED, person_id=person_id)
        form.refuse(say(error))
        return False
    return True


def _check_factor(form: CodeForm, person_id: int) -> None:
    if answer := form.credential.data:
        at = instant()
        challenge = carried.asked(at=at)
        with transaction() as session:
            use_passkey(session, answer, challenge, person_id=person_id, at=at)
        return
    with transaction() as session:
        is_right = try_code(session, person_id, form.code.data or "", at=now())
    # Raised when the try is committed: it counts.
    if not is_right:
        raise WrongCodeError


def is_password(field: PasswordField) -> bool:
    """Say whether it is the password of who is signed in; else the field says what is wrong."""
    by = current_actor()
    try:
        checked_password(by.username, field.data or "")
    except (WrongPasswordError, EndedPasswordError, TooManyTriesError) as error:
        note(Event.PASSWORD_FAILED, person_id=by.person_id, cause=type(error).__name__)
        is_wrong = isinstance(error, WrongPasswordError)
        field.errors = [gettext("This is not your password.") if is_wrong else say(error)]
        return False
    return True


class ProofForm(CodeForm):
    """Whatever shows that it is who is signed in."""

    password = PasswordField(
        _("Your password"), validators=[InputRequired(_("Write your password.")), at_most(200)]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # WTForms' own signature
        super().__init__(*args, **kwargs)
        for name in ("password",) if current_actor().has_factor else ("code", "credential"):
            del self[name]

    @property
    def question(self) -> str:
        """Return what the page needs to ask for a passkey, or nothing."""
        return passkey_question(current_actor().person_id) if "credential" in self else ""

    def is_theirs(self) -> bool:
        """Say whether it was shown; else the field says what is wrong."""
        if not self.validate_on_submit():
            return False
        if "code" in self:
            return check_factor(self, current_actor().person_id)
        return is_password(self.password)


class AgainForm(ProofForm, StepForm):
    """A step for which who is signed in shows each time that it is them."""


View = Callable[..., ResponseReturnValue]


def asks_again(view: View) -> View:
    """Let a page be seen, and a form be sent, only shortly after somebody showed who they are."""

    @wraps(view)
    def asking(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        return way_to_proof() or view(*args, **kwargs)

    return asking


def way_to_proof() -> ResponseReturnValue | None:
    """Return the way to the page that asks who one is, if it was not shown a moment ago."""
    if not current_user.is_authenticated or carried.is_proved(at=now()):
        return None
    return redirect(
        url_for("gate.second.show_again", next=wanted_page() or ""), HTTPStatus.SEE_OTHER
    )
