"""The gate's way by who vouches for people: there, and back."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Blueprint
from flask import make_response
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import BusyError
from portal.errors import ForbiddenError
from portal.id_token import NotVouchedError
from portal.journal import Event
from portal.journal import note
from portal.people import carried
from portal.people import identities
from portal.people.carried import Journey
from portal.people.forms import SignInForm
from portal.people.gate import begin
from portal.people.gate import go_on
from portal.people.gate import show_sign_in
from portal.people.gate_factor import here
from portal.people.models import Person
from portal.people.vouching import BACK
from portal.people.vouching import provider_here
from portal.provider import Provider
from portal.provider import ProviderAwayError
from portal.provider import Way
from portal.security import current_actor
from portal.security import limiter
from portal.words import say

bp = Blueprint("provider", __name__)


@bp.post("/sign-in/provider")
@limiter.limit("20 per minute")
def set_out() -> ResponseReturnValue:
    """Lead somebody to who vouches for them, to sign in."""
    wanted = request.form.get("next", "")
    try:
        return lead_there(wanted)
    except ProviderAwayError as error:
        return _refused(error, wanted)


def lead_there(wanted: str, *, person_id: int | None = None) -> ResponseReturnValue:
    """Return a page that leads on to who vouches for people.

    It is no redirect: browsers would hold it, and each that follows at the provider, against the
    hosts to which our forms may lead.
    """
    provider, way = provider_here(), Way.new(now())
    address = provider.address(way)
    carried.set_out(Journey(way, wanted, request.script_root, person_id))
    page = render_template(
        "gate/provider/set_out.html",
        address=address,
        host=urlsplit(address).netloc,
        provider=provider.name,
    )
    response = make_response(page)
    response.headers["Refresh"] = f"0; url={address}"
    return response


@bp.get(BACK)
@limiter.limit("20 per minute")
def come_back() -> ResponseReturnValue:
    """Take the provider's answer, once: sign in, or bind, whoever set out in this browser."""
    provider, journey = provider_here(), carried.journey(at=now())
    if journey is None:
        return _refused(NotVouchedError(), "")
    if journey.root != request.script_root:
        return redirect(journey.root + request.full_path, HTTPStatus.SEE_OTHER)
    carried.end_journey()
    if journey.person_id is not None:
        return _bind(provider, journey, journey.person_id)
    try:
        return _sign_in(provider, journey)
    except (ForbiddenError, BusyError) as error:
        return _refused(error, journey.wanted)


def _sign_in(provider: Provider, journey: Journey) -> ResponseReturnValue:
    """Sign in who came back; a second factor that was shown there is not asked for again."""
    vouched = provider.vouch(journey.way, request.args)
    with transaction() as session:
        person_id = identities.person_of(session, vouched).id
    lead_on = begin if provider.is_strong(vouched) else go_on
    return lead_on(db.session.get_one(Person, person_id), journey.wanted, is_proof=False)


def _refused(error: ForbiddenError | BusyError, wanted: str) -> ResponseReturnValue:
    is_away = isinstance(error, BusyError)
    note(
        Event.PROVIDER_FAILED if is_away else Event.SIGN_IN_FAILED,
        cause=type(error).__name__,
    )
    form = SignInForm(next=wanted, formdata=None)
    form.form_errors.append(say(error))
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_away else HTTPStatus.FORBIDDEN
    return show_sign_in(form), status


def _bind(provider: Provider, journey: Journey, person_id: int) -> ResponseReturnValue:
    """Bind who is signed in, if it is still who set out."""
    vouched = provider.vouch(journey.way, request.args)
    if not current_user.is_authenticated or current_actor().person_id != person_id:
        raise NotVouchedError
    with transaction() as session:
        identities.bind_identity(session, vouched, here=here(), by=current_actor(), at=now())
    note(Event.IDENTITY_BOUND, person_id=person_id)
    return redirect(url_for("gate.identity.show_identity"), HTTPStatus.SEE_OTHER)
