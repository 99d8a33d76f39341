"""What the portal knows of a browser: how long it stays signed in, and who signed in before.

The second stands in a cookie that opens nothing: whoever has it only waits for their own failed
tries, not for those of others.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256

from flask import Response
from flask import current_app
from flask import request
from itsdangerous import BadData
from itsdangerous import URLSafeTimedSerializer

from portal.people.session_rules import Limits
from portal.security import cookie_name

LASTS = timedelta(days=180)
# So many people of one phone are remembered.
PEOPLE_MAX = 5


def session_limits() -> Limits:
    """Return how long sessions last in this install."""
    limits: Limits = current_app.config["SESSION_LIMITS"]
    return limits


def known_device(username: str) -> str | None:
    """Return the mark of this browser for an account, if somebody signed in to it here."""
    return _marks().get(_whose(username))


def remember_device(response: Response, username: str) -> None:
    """Let the browser show from now on that somebody signed in to this account here."""
    whose, marks = _whose(username), _marks()
    mark = marks.pop(whose, None) or secrets.token_urlsafe(16)
    newest = [*marks.items(), (whose, mark)][-PEOPLE_MAX:]
    response.set_cookie(
        _cookie_name(),
        _serializer().dumps(dict(newest)),
        max_age=LASTS,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def _marks() -> dict[str, str]:
    try:
        marks: dict[str, str] = _serializer().loads(
            request.cookies.get(_cookie_name(), ""), max_age=int(LASTS.total_seconds())
        )
    except BadData:
        return {}
    return marks


def _whose(username: str) -> str:
    """Return what stands for an account: nobody reads a name out of a phone's cookies."""
    key: str = current_app.config["SECRET_KEY"]
    return hmac.new(key.encode(), f"known {username}".encode(), sha256).hexdigest()[:32]


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="known device")


def _cookie_name() -> str:
    return cookie_name("known", is_https=current_app.config["SESSION_COOKIE_SECURE"])
