"""The gate's pages of one's own second factors: adding, naming, removing, recovery codes."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import current_app
from flask import redirect
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm

from portal import one_time
from portal.clock import instant
from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import ForbiddenError
from portal.errors import RuleError
from portal.journal import Event
from portal.journal import note
from portal.journal import who_asks
from portal.passkeys import read_new
from portal.people import carried
from portal.people import enrolling
from portal.people import factor_page
from portal.people.again import site_here
from portal.people.again import way_to_proof
from portal.people.factor_forms import AppForm
from portal.people.factor_forms import NameForm
from portal.people.factor_forms import PasskeyForm
from portal.people.factor_page import PasskeyRow
from portal.people.factor_rules import AppThereError
from portal.people.vouching import provider_name
from portal.qr import qr_svg
from portal.security import allow_passkeys
from portal.security import current_actor
from portal.security import limiter
from portal.security import must_add_factor
from portal.security import must_keep_factor
from portal.words import say

bp = Blueprint("factor", __name__, url_prefix="/factor")


@bp.before_request
def ask_who_it_is() -> ResponseReturnValue | None:
    """Let nobody see or change ways to sign in who did not show a moment ago who they are."""
    if not current_user.is_authenticated:
        return redirect(url_for("gate.people.sign_in"), HTTPStatus.SEE_OTHER)
    if current_actor().must_change_password:
        return redirect(url_for("gate.people.show_password"), HTTPStatus.SEE_OTHER)
    who_asks(current_actor().person_id)
    return way_to_proof()


@bp.get("")
def show_factors() -> ResponseReturnValue:
    """Show one's own second factors."""
    session, by = db.session(), current_actor()
    return render_template(
        "gate/factor/show_factors.html",
        factors=factor_page.factors(session, by.person_id),
        takes_passkeys=site_here().takes_passkeys,
        must=must_add_factor(),
        is_guarded=must_keep_factor(),
        form=FlaskForm(),
        provider=provider_name(),
    )


def here() -> int:
    """Return this session, which goes on where the others of the person end."""
    session_id: int = current_user.session_id
    return session_id


def _removed() -> ResponseReturnValue:
    note(Event.FACTOR_REMOVED)
    return redirect(url_for(".show_factors"), HTTPStatus.SEE_OTHER)


@bp.get("/app")
def show_app() -> ResponseReturnValue:
    """Show the secret of a new app as a QR code and as text."""
    factors = factor_page.factors(db.session(), current_actor().person_id)
    if factors.app_added_at is not None:
        raise AppThereError
    return _show_app(AppForm())


def _show_app(form: AppForm) -> str:
    install, by = current_app.extensions["install"], current_actor()
    offered = enrolling.offer_app(install.vault, by.person_id, form.token.data or "")
    form.token.data = offered.token
    address = one_time.address(offered.secret, username=by.username, issuer=site_here().host)
    return render_template(
        "gate/factor/show_app.html", form=form, secret=offered.secret, address=address, qr=qr_svg
    )


@bp.post("/app")
@limiter.limit("10 per minute")
def add_app() -> ResponseReturnValue:
    """Take the app whose first code was typed."""
    form, is_first = AppForm(), not current_actor().has_factor
    if not form.validate_on_submit():
        return _show_app(form), HTTPStatus.UNPROCESSABLE_ENTITY
    token, code = form.token.data or "", (form.code.data or "").replace(" ", "")
    try:
        with transaction() as session:
            enrolling.add_app(session, token, code, here=here(), by=current_actor(), at=now())
    except RuleError as error:
        form.code.errors = [say(error)]
        return _show_app(form), HTTPStatus.UNPROCESSABLE_ENTITY
    return _added(is_first=is_first)


def _added(*, is_first: bool) -> ResponseReturnValue:
    note(Event.FACTOR_ADDED)
    to = url_for(".offer_codes" if is_first else ".show_factors")
    return redirect(to, HTTPStatus.SEE_OTHER)


@bp.get("/app/remove")
def show_app_removal() -> ResponseReturnValue:
    """Show what removing the app means."""
    return render_template("gate/factor/show_app_removal.html", form=FlaskForm())


@bp.post("/app/remove")
def remove_app() -> ResponseReturnValue:
    """Forget the app."""
    must_keep_one = must_keep_factor()
    with transaction() as session:
        enrolling.remove_app(
            session, must_keep_one=must_keep_one, here=here(), by=current_actor(), at=now()
        )
    return _removed()


@bp.get("/passkeys/new")
def new_passkey() -> ResponseReturnValue:
    """Show the page on which the browser makes a passkey."""
    return _show_new(PasskeyForm())


def _show_new(form: PasskeyForm) -> str:
    allow_passkeys()
    key, challenge = current_app.extensions["install"].hash_key, carried.ask(at=instant())
    form.credential.data = ""
    plan = factor_page.plan_of_passkey(
        db.session(), site_here(), challenge, key=key, by=current_actor()
    )
    return render_template("gate/factor/new_passkey.html", form=form, plan=plan)


@bp.post("/passkeys/new")
@limiter.limit("10 per minute")
def add_passkey() -> ResponseReturnValue:
    """Take the passkey that the browser made."""
    form, at, is_first = PasskeyForm(), now(), not current_actor().has_factor
    if not form.validate_on_submit():
        return _show_new(form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        site, challenge = site_here(), carried.asked(at=at)
        made = read_new(site, form.credential.data or "", challenge=challenge)
        with transaction() as session:
            enrolling.add_passkey(
                session, made, form.name.text, here=here(), by=current_actor(), at=at
            )
    except (RuleError, ForbiddenError) as error:
        form.form_errors.append(say(error))
        return _show_new(form), HTTPStatus.UNPROCESSABLE_ENTITY
    return _added(is_first=is_first)


@bp.get("/passkeys/<int:passkey_id>")
def show_passkey(passkey_id: int) -> ResponseReturnValue:
    """Show one passkey: to name it, or to remove it."""
    row = _passkey(passkey_id)
    return _show_passkey(row, NameForm(name=row.name))


def _passkey(passkey_id: int) -> PasskeyRow:
    return factor_page.factors(db.session(), current_actor().person_id).passkey(passkey_id)


def _show_passkey(row: PasskeyRow, form: NameForm) -> str:
    return render_template("gate/factor/show_passkey.html", form=form, row=row)


@bp.post("/passkeys/<int:passkey_id>/rename")
def rename_passkey(passkey_id: int) -> ResponseReturnValue:
    """Call a passkey by another name."""
    form = NameForm()
    if not form.validate_on_submit():
        return _show_passkey(_passkey(passkey_id), form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction() as session:
        enrolling.rename_passkey(session, passkey_id, form.name.text, by=current_actor())
    return redirect(url_for(".show_factors"), HTTPStatus.SEE_OTHER)


@bp.post("/passkeys/<int:passkey_id>/remove")
def remove_passkey(passkey_id: int) -> ResponseReturnValue:
    """Forget a passkey."""
    must_keep_one = must_keep_factor()
    with transaction() as session:
        enrolling.remove_passkey(
            session,
            passkey_id,
            must_keep_one=must_keep_one,
            here=here(),
            by=current_actor(),
            at=now(),
        )
    return _removed()


@bp.get("/codes")
def offer_codes() -> ResponseReturnValue:
    """Show what recovery codes are for, before they are made."""
    factors = factor_page.factors(db.session(), current_actor().person_id)
    return render_template("gate/factor/offer_codes.html", factors=factors, form=FlaskForm())


@bp.post("/codes")
@limiter.limit("10 per minute")
def renew_codes() -> ResponseReturnValue:
    """Show ten new codes, this once: the portal keeps them only hashed, so no other page can."""
    with transaction() as session:
        codes = enrolling.renew_recovery_codes(session, by=current_actor())
    return render_template("gate/factor/renew_codes.html", codes=codes)
