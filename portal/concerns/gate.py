"""The gate for concerns: anybody tells one without an account, and follows it with a code."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import Response
from flask import make_response
from flask import redirect
from flask import render_template
from flask import session as cookie
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clock import now
from portal.concerns import queries
from portal.concerns import service
from portal.concerns.forms import CodeForm
from portal.concerns.forms import ConcernForm
from portal.concerns.forms import MoreForm
from portal.concerns.forms import ReporterForm
from portal.concerns.rules import UnknownCodeError
from portal.db import db
from portal.db import transaction
from portal.errors import RuleError
from portal.security import csrf
from portal.security import limiter
from portal.words import say

bp = Blueprint("concerns", __name__)

# For how long a code that was entered opens its concern: others may use the same computer.
OPEN_SECONDS = 30 * 60
_RECEIPT, _FOLLOWED = "concern_receipt", "concern_followed"


@bp.get("/concerns")
def new_concern() -> ResponseReturnValue:
    """Show the form for a concern."""
    return _show_form(ConcernForm())


def _show_form(form: ConcernForm) -> str:
    return render_template("gate/concerns/new_concern.html", form=form)


def _come_again(_limit: object) -> Response:
    """Give back what was typed when too much came from one address in a minute."""
    form = ConcernForm()
    form.form_errors.append(_("Too much came from your address just now. Send it in a minute."))
    return make_response(_show_form(form), HTTPStatus.TOO_MANY_REQUESTS)


@bp.post("/concerns")
@limiter.limit("10 per minute", on_breach=_come_again)
def receive_concern() -> ResponseReturnValue:
    """Take a concern in, and show the code on the next page, this once."""
    form = ConcernForm()
    if not form.validate_on_submit():
        return _show_form(form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction() as session:
        receipt = service.receive_concern(session, form.answer(), at=now())
    cookie[_RECEIPT] = [receipt.number, receipt.code]
    return redirect(url_for(".show_receipt"), HTTPStatus.SEE_OTHER)


@bp.get("/concerns/received")
def show_receipt() -> ResponseReturnValue:
    """Show the number and the code of what was just received, and forget them."""
    number, code = cookie.pop(_RECEIPT, (None, None))
    return render_template("gate/concerns/show_receipt.html", number=number, code=code)


@bp.get("/concerns/follow")
def follow_concern() -> ResponseReturnValue:
    """Ask for the code, or show the concern whose code was entered."""
    concern_id = _followed()
    if concern_id is None:
        return _show_code_form(CodeForm())
    return _show_followed(concern_id, MoreForm())


def _followed() -> int | None:
    """Return the concern whose code this browser gave a short while ago."""
    concern_id, until = cookie.get(_FOLLOWED, (None, 0))
    return concern_id if now().timestamp() < until else None


def _show_code_form(form: CodeForm) -> str:
    return render_template("gate/concerns/follow_concern.html", form=form)


def _show_followed(concern_id: int, form: MoreForm) -> str:
    page = queries.followed_concern(db.session(), concern_id)
    return render_template("gate/concerns/show_concern.html", page=page, form=form)


@bp.post("/concerns/follow")
@limiter.limit("10 per minute")
def enter_code() -> ResponseReturnValue:
    """Open the concern of a code; what was written without the code comes along."""
    form = CodeForm()
    if not form.validate_on_submit():
        return _show_code_form(form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        # Only a session for acts knows the key of the codes.
        with transaction() as session:
            concern_id = service.followed(session, form.code.data or "")
    except UnknownCodeError as error:
        form.code.errors = [say(error)]
        return _show_code_form(form), HTTPStatus.UNPROCESSABLE_ENTITY
    cookie[_FOLLOWED] = [concern_id, now().timestamp() + OPEN_SECONDS]
    if form.words.data:
        return _add_words(concern_id)
    return redirect(url_for(".follow_concern"), HTTPStatus.SEE_OTHER)


@bp.post("/concerns/follow/words")
@limiter.limit("10 per minute")
def add_words() -> ResponseReturnValue:
    """Add what the reporter writes later."""
    concern_id = _followed()
    if concern_id is None:
        return _show_code_form(CodeForm()), HTTPStatus.UNPROCESSABLE_ENTITY
    return _add_words(concern_id)


def _add_words(concern_id: int) -> ResponseReturnValue:
    form = MoreForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                service.add_words(session, concern_id, form.answer(), at=now())
        except RuleError as error:
            form.words.errors = [say(error)]
        else:
            return redirect(url_for(".follow_concern"), HTTPStatus.SEE_OTHER)
    return _show_followed(concern_id, form), HTTPStatus.UNPROCESSABLE_ENTITY


@bp.post("/concerns/follow/close")
def close_concern() -> ResponseReturnValue:
    """Close a concern: the answer does."""
    concern_id = _followed()
    if concern_id is not None and ReporterForm().validate_on_submit():
        with transaction() as session:
            service.close_concern(session, concern_id, at=now())
    return redirect(url_for(".follow_concern"), HTTPStatus.SEE_OTHER)


@bp.post("/concerns/follow/leave")
def leave_concern() -> ResponseReturnValue:
    """Forget on this computer which concern was followed."""
    cookie.pop(_FOLLOWED, None)
    return redirect(url_for(".new_concern"), HTTPStatus.SEE_OTHER)


# Their forms check the token themselves: when a page was open too long, what was typed comes back.
for view in (receive_concern, enter_code, add_words):
    csrf.exempt(view)
