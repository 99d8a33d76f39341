"""The four doors, who stands at them, and the headers every answer carries."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint
from flask import Flask
from flask import Response
from flask import redirect
from flask import request
from flask import url_for
from flask.sessions import SecureCookieSessionInterface
from flask.sessions import SessionMixin
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_login import UserMixin
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.routing import IntegerConverter
from werkzeug.routing import Map

from portal.errors import N_
from portal.errors import ForbiddenError
from portal.errors import InputError
from portal.roles import Actor
from portal.roles import Role

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# For the pages of a request's way in: they keep what is typed while there is no signal.
WITH_SCRIPT = f"{POLICY}; script-src 'self'; connect-src 'self'; worker-src 'self'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
READS = frozenset({"GET", "HEAD"})
PRIVATE = frozenset({"office", "treasury", "gate"})
ROW_NUMBER_MAX = 2**31 - 1

public = Blueprint("public", __name__)
gate = Blueprint("gate", __name__)
office = Blueprint("office", __name__, url_prefix="/office")
treasury = Blueprint("treasury", __name__, url_prefix="/treasury")

login_manager = LoginManager()
csrf = CSRFProtect()
limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=False)


class NotForYouError(ForbiddenError):
    """This part of the portal belongs to another role."""

    def __init__(self) -> None:
        super().__init__(N_("This part of the portal is for treasurers."))


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Who is signed in on this request."""

    actor: Actor
    session_key: str

    def get_id(self) -> str:
        """Return what the cookie holds: the person, and the key that a new password changes."""
        return f"{self.actor.person_id}:{self.session_key}"


class UnreadableError(InputError):
    """A sign that no database keeps stands in what was sent."""

    def __init__(self) -> None:
        super().__init__(N_("What you sent holds a sign that cannot be kept. Type it again."))


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


def door() -> str:
    """Return the name of the door the page of this request hangs on."""
    return (request.blueprint or "").partition(".")[0]


def current_actor() -> Actor:
    """Return the signed-in person; the doors let nobody else come this far."""
    actor: Actor = current_user.actor
    return actor


def take_up_to(length: int) -> None:
    """Let somebody who is signed in send more in this request than others may, in bytes."""
    if current_user.is_authenticated:
        request.max_content_length = length


def guard(app: Flask) -> None:
    """Attach sign-in, form tokens, limits and headers to the app."""
    app.session_interface = SessionsBehindDoors()
    login_manager.init_app(app)
    csrf.init_app(app)
    limiter.init_app(app)
    app.before_request(_readable)
    app.after_request(_add_headers)


def _readable() -> None:
    """Refuse the one character that PostgreSQL cannot keep, wherever it was typed."""
    typed = (request.path, *request.args.values(), *request.form.values())
    if any("\0" in text for text in typed):
        raise UnreadableError


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if door() in PRIVATE:
        response.headers["Cache-Control"] = "no-store"
    return response


@office.before_request
def _signed_in() -> ResponseReturnValue | None:
    if current_user.is_authenticated:
        if current_actor().must_change_password:
            return redirect(url_for("gate.people.show_password"), HTTPStatus.SEE_OTHER)
        return None
    wanted = request.full_path.rstrip("?") if request.method in READS else None
    return redirect(url_for("gate.people.sign_in", next=wanted))


@treasury.before_request
def _treasurer() -> ResponseReturnValue | None:
    answer = _signed_in()
    if answer is None and not current_actor().holds(Role.TREASURER):
        raise NotForYouError
    return answer
