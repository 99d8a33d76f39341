"""Forms that act once: what a double click or a lost answer sends again is answered, not done.

The form inherits `OnceForm`, which gives the page a key; the view is marked `@once`, acts within
`acting()` and says there by `lead()` where that led.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from functools import partial
from functools import wraps
from http import HTTPStatus
from typing import Any
from typing import ParamSpec

from flask import Response
from flask import current_app
from flask import g
from flask import make_response
from flask import redirect
from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf import FlaskForm
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from wtforms import HiddenField
from wtforms.widgets import HiddenInput

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import PortalError
from portal.journal import Event
from portal.journal import note
from portal.people import keys
from portal.people.keys import AlreadyDoneError
from portal.people.keys import Led
from portal.people.keys import Sent
from portal.security import current_actor
from portal.words import SeenVersion
from portal.words import say_next

KEY = "once_key"
# What a form sent again may have otherwise: it says who sends it, not what is sent.
_LEFT_OUT = frozenset({KEY, "csrf_token", "password", "code", "credential"})
_Given = ParamSpec("_Given")


def once_key(key: str = "") -> Markup:
    """Return the hidden field with a form's key: a new one, unless the form was sent before.

    A browser must not bring back an old key when the page is loaded again.
    """
    field = Markup('<input type="hidden" name="{}" value="{}" autocomplete="off">')
    return field.format(KEY, key or keys.new_form_key())


class _KeyInput(HiddenInput):
    def __call__(self, field: Any, **_: object) -> Markup:  # WTForms' own signature
        return once_key(field.data or "")


class _KeyField(HiddenField):
    """A form's key; it is called the same whatever the form puts before its other names."""

    widget = _KeyInput()

    def __init__(self, *args: Any, _prefix: str = "", **kwargs: Any) -> None:  # WTForms' own
        super().__init__(*args, **kwargs)


class OnceForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A form that moves money or decides about it: sent twice, it acts once."""

    once_key = _KeyField()


class StepForm(SeenVersion, OnceForm):
    """One step, taken once, on a thing whose version the page showed."""


def once(
    view: Callable[_Given, ResponseReturnValue],
) -> Callable[_Given, ResponseReturnValue]:
    """Let a view act once for each form: the same form again is answered as it was before."""

    @wraps(view)
    def answer(*args: _Given.args, **kwargs: _Given.kwargs) -> ResponseReturnValue:
        g.sent, g.led = _sent(), None
        try:
            return _answered(partial(view, *args, **kwargs))
        except keys.FormKeyUsedError:
            note(Event.KEY_REUSED)
            raise

    return answer


def _answered(act: Callable[[], ResponseReturnValue]) -> Response:
    """Act; where that is refused, and it was done before, answer as it was answered then."""
    try:
        answered = make_response(act())
    except (AlreadyDoneError, PortalError):
        earlier = recalled()
        if earlier is None:
            raise
        return _answer(earlier)
    if answered.status_code >= HTTPStatus.BAD_REQUEST:
        earlier = recalled()
        return _answer(earlier) if earlier else answered
    if g.led is not None:
        _tell(g.led)
    return answered


@contextmanager
def acting(part: str = "") -> Iterator[Session]:
    """Give a transaction that holds the key of the form; `part` names one of several acts."""
    with transaction() as session:
        keys.take_key(session, g.sent, part, at=now())
        yield session
        keys.keep_led(session, g.sent, part, g.led)


def lead(url: str, what: str = "", why: str = "", **facts: Any) -> Response:
    """Lead to a page that says what was done, if `what` says it; it is kept with the act.

    The texts are marked by `N_`; one of the facts may be the `reference` of what was acted on.
    """
    reference = facts.pop("reference", None)
    g.led = Led(url, _said(what, facts), _said(why, facts), reference)
    return _to(g.led)


def _said(text: str, facts: Mapping[str, object]) -> str:
    # Of nothing gettext would make its own heading.
    return str(gettext(text, **facts)) if text else ""


def recalled(part: str = "") -> Led | None:
    """Return where this form, or a part of it, led when it was sent before."""
    # What this request has read till now is older.
    db.session.close()
    return keys.led_before(db.session(), g.sent, part)


def check_unchanged() -> None:
    """Refuse a form of several acts if its key was used for something else."""
    keys.check_unchanged(db.session(), g.sent)


def _answer(led: Led) -> Response:
    _tell(led)
    return _to(led)


def _tell(led: Led) -> None:
    if led.what:
        say_next(led.what, led.why, led.reference)


def _to(led: Led) -> Response:
    # Flask's own answer is one of ours.
    response: Any = redirect(led.url, HTTPStatus.SEE_OTHER)
    answer: Response = response
    return answer


def _sent() -> Sent:
    key = keys.read_form_key(request.form.get(KEY, ""))
    return Sent(current_actor().person_id, key, _digest())


def _digest() -> str:
    """Return a keyed digest of what is sent, for there are private words in it."""
    typed = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name.rpartition("-")[2] not in _LEFT_OUT
    ]
    files = [(name, _file(file)) for name, file in request.files.items(multi=True)]
    told = ["once", request.endpoint, request.full_path, typed, files]
    key: bytes = current_app.extensions["session_info"]()["hash_key"]
    return hmac.new(key, json.dumps(told).encode(), hashlib.sha256).hexdigest()


def _file(file: FileStorage) -> tuple[str, str]:
    """Return a file's name and digest, and leave it as it was."""
    digest = hashlib.file_digest(file.stream, "sha256").hexdigest()  # type: ignore[arg-type]  # it reads
    file.stream.seek(0)
    return file.filename or "", digest
