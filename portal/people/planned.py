"""Forms that first show what they would do: the plan is seen, then carried out exactly so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import StringField

from portal.db import db
from portal.db import transaction
from portal.errors import InputError
from portal.errors import RuleError
from portal.words import say


class Planned(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A form whose final button carries a mark of exactly what was shown.

    Whoever types something else meanwhile is shown that first.
    """

    confirmed = StringField()

    def answer(self) -> Any:
        """Return what was typed, a frozen dataclass; each form has its own."""
        raise NotImplementedError


def mark(answer: object) -> str:
    """Return a short mark of an answer; another answer has another."""
    return sha256(repr(answer).encode()).hexdigest()[:16]


# Shows the form again, with what it would do once that is known to be possible.
Show = Callable[[Any], str]
Refused = tuple[str, HTTPStatus]


def settle(
    form: Planned,
    show: Show,
    *,
    plan: Callable[[Session, Any], object],
    act: Callable[[Session, Any], object],
    within: Callable[[], AbstractContextManager[Session]] = transaction,
) -> Refused | None:
    """Carry out what a form asks, once it was shown; return the page to show before that.

    A form that acts once is carried out `within` its own kind of transaction.
    """
    if not form.validate_on_submit():
        return show(None), HTTPStatus.UNPROCESSABLE_ENTITY
    answer = form.answer()
    try:
        plan(db.session(), answer)
        if form.confirmed.data != mark(answer):
            return show(answer), HTTPStatus.UNPROCESSABLE_ENTITY
        with within() as session:
            act(session, answer)
    except (RuleError, InputError) as error:
        form.form_errors.append(say(error))
        return show(None), HTTPStatus.UNPROCESSABLE_ENTITY
    return None
