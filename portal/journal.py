"""The journal of what concerns the portal's safety: one line each, in codes and numbers alone.

It tells who by number, where by the view's name, and never what somebody typed. The address of who
asked stands there under a key of the day: tries from one place are seen to be of one place, and
tomorrow's word for it is another.
"""

from __future__ import annotations

import hmac
import logging
import re
from enum import StrEnum

from flask import current_app
from flask import g
from flask import has_request_context
from flask import request

from portal.clock import now

LOGGER = logging.getLogger("portal.security")
# A fact is a code of ours: no blank, so no sentence, and no sign that ends a line.
CODE = re.compile(r"[A-Za-z0-9_.:-]{0,64}")
# Where a request carries its name, and what happened while it was answered.
REQUEST_ID = "portal.request_id"
EVENTS = "portal.events"


class Event(StrEnum):
    """What concerns the portal's safety."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_THROTTLED = "sign_in_throttled"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an event
    PASSWORD_FAILED = "password_failed"  # noqa: S105 - the same
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    FACTOR_FAILED = "factor_failed"
    FACTOR_RESET = "factor_reset"
    IDENTITY_BOUND = "identity_bound"
    IDENTITY_UNBOUND = "identity_unbound"
    PROVIDER_FAILED = "provider_failed"
    REFUSED = "refused"
    TOKEN_MISSING = "token_missing"  # noqa: S105 - the same
    LIMIT_REACHED = "limit_reached"
    MALFORMED = "malformed"
    UPLOAD_REFUSED = "upload_refused"
    EXPORT_MADE = "export_made"
    KEY_REUSED = "key_reused"


# What happens on a good day; of everything else somebody may want to know at once.
ORDINARY = frozenset(
    {
        Event.SIGNED_IN,
        Event.SIGNED_OUT,
        Event.SESSION_ENDED,
        Event.PASSWORD_CHANGED,
        Event.FACTOR_ADDED,
        Event.IDENTITY_BOUND,
        Event.EXPORT_MADE,
    }
)


def note(event: Event, *, person_id: int | None = None, **facts: str | int) -> None:
    """Write a line of the journal; who is signed in behind a door is known, others may be named."""
    for name, fact in facts.items():
        if isinstance(fact, str) and not CODE.fullmatch(fact):
            message = f"{name} is no code"
            raise ValueError(message)
    told = where() | {"person_id": person_id or _who(), "source": _source()} | facts
    if has_request_context():
        request.environ.setdefault(EVENTS, []).append(event.value)
    level = logging.INFO if event in ORDINARY else logging.WARNING
    kept = {name: fact for name, fact in told.items() if fact is not None}
    LOGGER.log(level, event.value, extra={"facts": kept})


def where() -> dict[str, str | int | None]:
    """Return the name of the request that is answered, and of the view that answers it."""
    if not has_request_context():
        return {}
    return {"request_id": request.environ.get(REQUEST_ID), "view": request.endpoint}


def _who() -> int | None:
    return g.get("person_id") if has_request_context() else None


def who_asks(person_id: int) -> None:
    """Keep who is signed in on this request, for what is written of it."""
    g.person_id = person_id


def _source() -> str | None:
    if not has_request_context():
        return None
    secret = str(current_app.secret_key).encode()
    place = f"journal {now().date()} {request.remote_addr}"
    return hmac.digest(secret, place.encode(), "sha256").hex()[:16]
