"""The four doors, who stands at them, and the headers every answer carries."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv6Address
from ipaddress import ip_address
from ipaddress import ip_network

from flask import Blueprint
from flask import Flask
from flask import Response
from flask import current_app
from flask import g
from flask import redirect
from flask import request
from flask import url_for
from flask.sessions import SecureCookieSessionInterface
from flask.sessions import SessionMixin
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter import RateLimitExceeded
from flask_login import LoginManager
from flask_login import UserMixin
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest
from werkzeug.exceptions import LengthRequired
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.exceptions import RequestHeaderFieldsTooLarge
from werkzeug.exceptions import RequestURITooLarge
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.routing import IntegerConverter
from werkzeug.routing import Map

from portal.errors import N_
from portal.errors import ForbiddenError
from portal.errors import InputError
from portal.journal import Event
from portal.journal import note
from portal.journal import who_asks
from portal.roles import Actor
from portal.roles import Role

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# For the pages of a request's way in: they keep what is typed while there is no signal.
WITH_SCRIPT = f"{POLICY}; script-src 'self'; connect-src 'self'; worker-src 'self'"
# For pages that ask for a passkey.
WITH_PASSKEYS = f"{POLICY}; script-src 'self'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Whoever came once by HTTPS comes by nothing else for a year.
HTTPS_ALONE = "max-age=31536000; includeSubDomains"
READS = frozenset({"GET", "HEAD"})
PRIVATE = frozenset({"office", "treasury", "gate"})
ROW_NUMBER_MAX = 2**31 - 1
# Under this name Flask-Login finds in the cookie what it hands to its loader.
TOKEN = "_user_id"  # noqa: S105 - a name

public = Blueprint("public", __name__)
gate = Blueprint("gate", __name__)
office = Blueprint("office", __name__, url_prefix="/office")
treasury = Blueprint("treasury", __name__, url_prefix="/treasury")

login_manager = LoginManager()
csrf = CSRFProtect()


def visitor_address() -> str:
    """Return where a request comes from; a whole network of IPv6, which one household has."""
    told = request.remote_addr or ""
    try:
        address = ip_address(told)
    except ValueError:
        # A socket of this machine, or a proxy that writes more than the address.
        return told
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)


def _is_this_machine() -> bool:
    """Say whether this machine asks: who runs it, or a proxy of which the settings know nothing."""
    return visitor_address() in {"127.0.0.1", "::/64"}


limiter = Limiter(visitor_address, storage_uri="memory://", headers_enabled=False)
# What costs most on the public side. A school has one address for all its classes.
costly = limiter.shared_limit("600 per minute", scope="costly", exempt_when=_is_this_machine)
whole = limiter.shared_limit("30 per minute", scope="whole", exempt_when=_is_this_machine)


class NotForYouError(ForbiddenError):
    """This part of the portal belongs to another role."""

    def __init__(self) -> None:
        super().__init__(N_("This part of the portal is for treasurers."))


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Who is signed in on this request."""

    actor: Actor
    session_id: int


class UnreadableError(InputError):
    """A sign that no database keeps stands in what was sent."""

    def __init__(self) -> None:
        super().__init__(N_("What you sent holds a sign that cannot be kept. Type it again."))


# What a refusal means for the portal's safety; the first family that fits counts.
NOTED: tuple[tuple[type[Exception], Event], ...] = (
    (CSRFError, Event.TOKEN_MISSING),
    (RateLimitExceeded, Event.LIMIT_REACHED),
    (ForbiddenError, Event.REFUSED),
    (UnreadableError, Event.MALFORMED),
    (BadRequest, Event.MALFORMED),
    (LengthRequired, Event.MALFORMED),
    (RequestEntityTooLarge, Event.MALFORMED),
    (RequestHeaderFieldsTooLarge, Event.MALFORMED),
    (RequestURITooLarge, Event.MALFORMED),
    (UnsupportedMediaType, Event.MALFORMED),
)


def note_refusal(error: Exception) -> None:
    """Write a refusal into the journal, if it concerns the portal's safety."""
    for family, event in NOTED:
        if isinstance(error, family):
            note(event, cause=type(error).__name__)
            return


class RowNumber(IntegerConverter):
    """A number in an address: no row has a larger one, so there is no such page."""

    def __init__(self, map: Map) -> None:  # noqa: A002 - Werkzeug's own name
        super().__init__(map, max=ROW_NUMBER_MAX)


def row_number(text: str) -> int:
    """Read the number of a row from an address; raise `ValueError` for what no row has."""
    number = int(text)
    if not 0 < number <= ROW_NUMBER_MAX:
        message = f"no row has this number: {number}"
        raise ValueError(message)
    return number


class SessionsBehindDoors(SecureCookieSessionInterface):
    """Only pages behind a door with a session set a cookie, or vary by one."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Leave public answers as they are, whoever looked at the session meanwhile."""
        if door() in PRIVATE:
            super().save_session(app, session, response)


def cookie_name(name: str, *, is_https: bool) -> str:
    """Return what a cookie is called that a browser takes from this very host alone, by HTTPS."""
    return f"__Host-{name}" if is_https else name


def door() -> str:
    """Return the name of the door the page of this request hangs on."""
    return (request.blueprint or "").partition(".")[0]


def current_actor() -> Actor:
    """Return the signed-in person; the doors let nobody else come this far."""
    actor: Actor = current_user.actor
    return actor


def allow_passkeys() -> None:
    """Let the page of this request ask the browser for a passkey."""
    g.policy = WITH_PASSKEYS


def take_up_to(length: int) -> None:
    """Let somebody who is signed in send more in this request than others may, in bytes."""
    if current_user.is_authenticated:
        request.max_content_length = length


def guard(app: Flask) -> None:
    """Attach sign-in, form tokens, limits and headers to the app."""
    app.session_interface = SessionsBehindDoors()
    # It would put a digest of the visitor's address into the cookie.
    login_manager.session_protection = None
    login_manager.init_app(app)
    csrf.init_app(app)
    limiter.init_app(app)
    app.before_request(_readable)
    app.after_request(_add_headers)
    app.after_request(_close_unsent)


def _readable() -> None:
    """Refuse the one character that PostgreSQL cannot keep, wherever it was typed."""
    typed = (request.path, *request.args.values(), *request.form.values())
    if any("\0" in text for text in typed):
        raise UnreadableError


def _add_headers(response: Response) -> Response:
    if policy := g.get("policy"):
        response.headers["Content-Security-Policy"] = policy
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers["Strict-Transport-Security"] = HTTPS_ALONE
    if door() in PRIVATE:
        response.headers["Cache-Control"] = "no-store"
    return response


def _close_unsent(response: Response) -> Response:
    """Close the file of an answer that says "not modified": nobody reads it to its end."""
    if response.status_code == HTTPStatus.NOT_MODIFIED:
        response.close()
    return response


def must_keep_factor() -> bool:
    """Say whether who is signed in holds something that a password alone does not guard."""
    is_required: bool = current_app.config["FACTOR_REQUIRED"]
    return is_required and current_actor().is_guarded


def must_add_factor() -> bool:
    """Say whether who is signed in comes no further before they have a second factor."""
    return must_keep_factor() and not current_actor().has_factor


@office.before_request
def _signed_in() -> ResponseReturnValue | None:
    if current_user.is_authenticated:
        who_asks(current_actor().person_id)
        if current_actor().must_change_password:
            return redirect(url_for("gate.people.show_password"), HTTPStatus.SEE_OTHER)
        if must_add_factor():
            return redirect(url_for("gate.factor.show_factors"), HTTPStatus.SEE_OTHER)
        return None
    return redirect(url_for("gate.people.sign_in", next=wanted_page()))


def wanted_page() -> str | None:
    """Return where to come back to: the page asked for, or the one that a form was sent from."""
    return request.full_path.rstrip("?") if request.method in READS else came_from()


def came_from() -> str | None:
    """Return the page of ours that somebody came from; what stands before the host is a proxy's."""
    _scheme, _, sent_from = (request.referrer or "").partition("://")
    host, _, page = sent_from.partition("/")
    # Two slashes at the beginning would be another host's address.
    return f"/{page.lstrip('/')}" if host == request.host else None


@treasury.before_request
def _treasurer() -> ResponseReturnValue | None:
    answer = _signed_in()
    if answer is None and not current_actor().holds(Role.TREASURER):
        raise NotForYouError
    return answer
