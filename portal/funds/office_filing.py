"""The office's pages of a request's way in: the form, the check of the answers, what comes next."""

from __future__ import annotations

from http import HTTPStatus
from uuid import uuid4

from flask import Blueprint
from flask import Response
from flask import current_app
from flask import make_response
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import RuleError
from portal.funds import drafting
from portal.funds import filing
from portal.funds import lookups
from portal.funds.check_page import check_page
from portal.funds.choices import choices
from portal.funds.forms import SendForm
from portal.funds.queries import request_row
from portal.funds.request_forms import PersonForm
from portal.funds.request_forms import ProjectForm
from portal.funds.request_forms import RequestForm
from portal.funds.request_forms import typed
from portal.funds.request_page import RequestPage
from portal.funds.request_page import amendable_page
from portal.funds.rulebook import TargetStep
from portal.funds.rules import ASKERS
from portal.funds.rules import Kind
from portal.funds.rules import RequestNotFoundError
from portal.funds.rules import RoleNeededError
from portal.funds.rules import State
from portal.funds.urgency import Asked
from portal.funds.urgency import NoUrgentLaneError
from portal.funds.urgency import OverUrgentCeilingError
from portal.funds.urgency import UrgentReasonMissingError
from portal.roles import Role
from portal.security import WITH_SCRIPT
from portal.security import current_actor
from portal.thai import bangkok_day
from portal.words import say
from portal.youths.opened import keep_read
from portal.youths.rules import ReadPage

bp = Blueprint("filing", __name__)

# What is put right on the page that is being sent; other refusals have a page of their own.
URGENT_REFUSALS = (OverUrgentCeilingError, UrgentReasonMissingError, NoUrgentLaneError)
UNSENT = frozenset({State.DRAFT, State.RETURNED})


@bp.get("/requests/new")
def new_request() -> ResponseReturnValue:
    """Show the form of a new request."""
    if not ASKERS & current_actor().roles:
        raise RoleNeededError(ASKERS)
    return _show_form(_form(_kind(), {"form_key": str(uuid4())}))


@bp.post("/requests/new")
def add_request() -> ResponseReturnValue:
    """Keep a new request as a draft, or send one that was looked over while there was no signal."""
    form = _form(_kind())
    if not form.validate_on_submit():
        return _show_form(form), HTTPStatus.UNPROCESSABLE_ENTITY
    by, at = current_actor(), now()
    answer = form.answer(finder=by.name, organisation="", requested_on=bangkok_day(at))
    file = filing.send_form if form.is_to_be_sent.data else filing.keep_form
    try:
        with transaction() as session:
            fund_request = file(session, answer, by=by, at=at)
            request_id, state = fund_request.id, fund_request.state
    except RuleError as error:
        form.form_errors.append(say(error))
        return _show_form(form), HTTPStatus.UNPROCESSABLE_ENTITY
    view = ".show_check" if state in UNSENT else ".show_sent"
    return redirect(url_for(view, request_id=request_id), HTTPStatus.SEE_OTHER)


@bp.get("/requests/new/worker.js")
def send_worker() -> Response:
    """Send the script that opens the empty form where there is no signal, and nothing else."""
    response = current_app.send_static_file("intake-worker.js")
    response.headers["Service-Worker-Allowed"] = url_for(".new_request")
    return _with_script(response)


@bp.get("/requests/<int:request_id>/amend")
def show_amend(request_id: int) -> ResponseReturnValue:
    """Show the form of a draft or returned request, filled in."""
    page = amendable_page(db.session(), request_id, current_actor(), on=bangkok_day(now()))
    keep_read(page.youth_id, ReadPage.AMENDMENT)
    return _show_form(_form(page.row.kind, typed(page), page=page), page=page)


@bp.post("/requests/<int:request_id>/amend")
def amend_request(request_id: int) -> ResponseReturnValue:
    """Change a draft or returned request."""
    page = amendable_page(db.session(), request_id, current_actor(), on=bangkok_day(now()))
    form = _form(page.row.kind, page=page)
    if not form.validate_on_submit():
        return _show_form(form, page=page), HTTPStatus.UNPROCESSABLE_ENTITY
    answer = form.answer(
        finder=page.finder, organisation=page.organisation, requested_on=page.row.requested_on
    )
    with transaction() as session:
        drafting.amend_request(
            session,
            request_id,
            answer,
            seen_version=form.seen_version.data or 0,
            by=current_actor(),
            at=now(),
        )
    return redirect(url_for(".show_check", request_id=request_id), HTTPStatus.SEE_OTHER)


def _kind() -> str:
    return request.args.get("kind", Kind.YOUTH)


def _form(
    kind: str, filled: dict[str, object] | None = None, *, page: RequestPage | None = None
) -> RequestForm:
    form = ProjectForm(data=filled) if kind == Kind.PROJECT else PersonForm(data=filled)
    is_officer = current_actor().holds(Role.OFFICER)
    return form.offer(
        choices(db.session()),
        str(get_locale()),
        is_at_desk=page is not None and is_officer,
        # What has lines shows them to whoever changes it.
        has_lines=is_officer or bool(page and page.lines),
    )


def _show_form(form: RequestForm, page: RequestPage | None = None) -> Response:
    shown = render_template(
        "office/filing/new_request.html",
        form=form,
        page=page,
        is_for_person=form.kind is Kind.YOUTH,
        edition=current_app.config["EDITION"],
    )
    return _with_script(make_response(shown))


@bp.get("/requests/<int:request_id>/check")
def show_check(request_id: int) -> ResponseReturnValue:
    """Show what was typed, and what the public will see, before it is sent."""
    by = current_actor()
    row = request_row(db.session(), request_id, by)
    if row is not None and row.state not in UNSENT:
        return redirect(url_for(".show_sent", request_id=request_id), HTTPStatus.SEE_OTHER)
    return _show_check(request_id, SendForm(formdata=None))


def _show_check(request_id: int, form: SendForm) -> Response:
    page = amendable_page(db.session(), request_id, current_actor(), on=bangkok_day(now()))
    keep_read(page.youth_id, ReadPage.AMENDMENT)
    form.seen_version.data = form.seen_version.data or page.row.version
    if not form.is_submitted():
        form.is_urgent.data, form.urgent_reason.data = page.row.is_urgent, page.urgent_reason
    shown = render_template(
        "office/filing/show_check.html",
        check=check_page(db.session(), page, at=now()),
        form=form,
        lane=lookups.urgent_lane(db.session(), bangkok_day(now())),
    )
    return _with_script(make_response(shown))


@bp.post("/requests/<int:request_id>/submit")
def submit_request(request_id: int) -> ResponseReturnValue:
    """Send a request to its subcommittee."""
    form = SendForm()
    if not form.validate_on_submit():
        return redirect(url_for(".show_check", request_id=request_id), HTTPStatus.SEE_OTHER)
    asked = Asked(bool(form.is_urgent.data), (form.urgent_reason.data or "").strip())
    try:
        with transaction() as session:
            filing.send_draft(
                session,
                request_id,
                filing.Sending(bool(form.has_consent.data), asked),
                seen_version=form.seen_version.data or 0,
                by=current_actor(),
                at=now(),
            )
    except URGENT_REFUSALS as error:
        form.form_errors.append(say(error))
        return _show_check(request_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for(".show_sent", request_id=request_id), HTTPStatus.SEE_OTHER)


@bp.get("/requests/<int:request_id>/sent")
def show_sent(request_id: int) -> ResponseReturnValue:
    """Show the number of what was sent, what happens next, and by when."""
    session = db.session()
    row = request_row(session, request_id, current_actor())
    if row is None or row.reference is None:
        raise RequestNotFoundError
    keep_read(row.youth_id, ReadPage.REQUEST)
    day = bangkok_day(now())
    shown = render_template(
        "office/filing/show_sent.html",
        row=row,
        days={step: lookups.target_days(session, step, day=day) for step in TargetStep},
    )
    return _with_script(make_response(shown))


def _with_script(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = WITH_SCRIPT
    return response
