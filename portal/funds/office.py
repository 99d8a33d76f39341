"""The office's pages about fund requests: what waits, one request, asking, deciding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import PortalError
from portal.errors import RuleError
from portal.funds import drafting
from portal.funds import lookups
from portal.funds import queries
from portal.funds import service
from portal.funds.choices import choices
from portal.funds.forms import BulkForm
from portal.funds.forms import DecisionAnswer
from portal.funds.forms import DecisionForm
from portal.funds.forms import Pick
from portal.funds.notices import tell_done
from portal.funds.notices import tell_kept
from portal.funds.queries import Filters
from portal.funds.queries import RequestRow
from portal.funds.request_forms import PersonForm
from portal.funds.request_forms import ProjectForm
from portal.funds.request_forms import RequestForm
from portal.funds.request_forms import typed
from portal.funds.request_page import RequestPage
from portal.funds.request_page import amendable_page
from portal.funds.request_view import RequestForms
from portal.funds.request_view import show_request_page
from portal.funds.rules import ASKERS
from portal.funds.rules import SIGNERS
from portal.funds.rules import Action
from portal.funds.rules import Kind
from portal.funds.rules import RoleNeededError
from portal.funds.rules import State
from portal.roles import Role
from portal.security import current_actor
from portal.security import row_number
from portal.thai import bangkok_day
from portal.words import SeenVersion
from portal.words import say

bp = Blueprint("funds", __name__)

# What a requester, and a chair who does not approve, does with a request.
ASK = {Action.SUBMIT: service.submit_request, Action.WITHDRAW: service.withdraw_request}
DECLINE = {Action.RETURN: service.return_request, Action.REJECT: service.reject_request}


@bp.get("/")
def show_home() -> ResponseReturnValue:
    """Show what waits for the signed-in person."""
    session, by = db.session(), current_actor()
    decides, pays = bool(SIGNERS & by.roles), by.holds(Role.TREASURER)
    is_reader = not decides and not pays
    return render_template(
        "office/funds/show_home.html",
        asks=bool(ASKERS & by.roles),
        decides=decides,
        pays=pays,
        imports=by.holds(Role.OFFICER),
        clock=lookups.clock(session, at=now()),
        to_decide=queries.to_decide(session, by, length=queries.HOME_LENGTH),
        in_payment=queries.in_payment(session, by, length=queries.HOME_LENGTH),
        to_correct=queries.to_correct(session, by, length=queries.HOME_LENGTH),
        latest=is_reader and queries.requests(session, by, Filters(), length=queries.HOME_LENGTH),
    )


@bp.get("/requests")
def list_requests() -> ResponseReturnValue:
    """Show the requests this person may see."""
    filters = Filters(
        state=request.args.get("state", ""),
        subcommittee=request.args.get("subcommittee", ""),
        text=request.args.get("text", "").strip(),
        youth=request.args.get("youth", 0, type=row_number),
    )
    return render_template(
        "office/funds/list_requests.html",
        found=queries.requests(db.session(), current_actor(), filters, page=_page()),
        filters=filters,
        clock=lookups.clock(db.session(), at=now()),
        choices=choices(db.session()),
    )


def _page() -> int:
    return max(1, request.args.get("page", 1, type=int))


@bp.get("/requests/<int:request_id>")
def show_request(request_id: int) -> ResponseReturnValue:
    """Show the one page of a request."""
    return show_request_page(request_id)


@bp.post("/requests/<int:request_id>/decide")
def decide_request(request_id: int) -> ResponseReturnValue:
    """Record one decision of a chair."""
    form = DecisionForm()
    if not form.validate_on_submit():
        page = show_request_page(request_id, RequestForms(decision=form))
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    answer = form.answer()
    reference, state = _decide(request_id, answer)
    tell_done(answer.action, state, reference)
    return redirect(url_for(".show_request", request_id=request_id), HTTPStatus.SEE_OTHER)


def _decide(request_id: int, answer: DecisionAnswer) -> tuple[str | None, State]:
    seen_version, by, at = answer.seen_version, current_actor(), now()
    with transaction() as session:
        if answer.action is Action.APPROVE:
            decided = service.approve_request(
                session, request_id, note=answer.note, seen_version=seen_version, by=by, at=at
            )
        else:
            grounds = service.Grounds(answer.reason, answer.note)
            decided = DECLINE[answer.action](
                session, request_id, grounds, seen_version=seen_version, by=by, at=at
            )
        return decided.reference, decided.state


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one of several decisions ended: the state it led to, or why it was refused."""

    row: RequestRow | None
    state: State | None
    refusal: PortalError | None


@bp.get("/decisions")
def show_decisions() -> ResponseReturnValue:
    """Show the requests that wait for this person's signature."""
    return _show_decisions(page=_page())


def _show_decisions(
    form: BulkForm | None = None, *, page: int = 1, outcomes: Sequence[Outcome] = ()
) -> str:
    return render_template(
        "office/funds/show_decisions.html",
        found=queries.to_decide(db.session(), current_actor(), page=page),
        form=form or BulkForm(formdata=None),
        outcomes=outcomes,
        is_none_ticked=form is not None and not form.picked,
        clock=lookups.clock(db.session(), at=now()),
        decides=bool(SIGNERS & current_actor().roles),
    )


@bp.post("/decisions")
def decide_requests() -> ResponseReturnValue:
    """Approve every ticked request: each an act of its own, which may be refused on its own."""
    form = BulkForm()
    if not form.validate_on_submit() or not form.picked:
        return _show_decisions(form), HTTPStatus.UNPROCESSABLE_ENTITY
    return _show_decisions(outcomes=[_approve_one(pick) for pick in form.picked])


def _approve_one(pick: Pick) -> Outcome:
    by, at = current_actor(), now()
    row = queries.request_row(db.session(), pick.request_id, by)
    try:
        with transaction() as session:
            declared = service.declare_interest(
                session,
                pick.request_id,
                is_related=False,
                how="",
                seen_version=pick.seen_version,
                by=by,
                at=at,
            )
            state = service.approve_request(
                session, pick.request_id, note="", seen_version=declared.version, by=by, at=at
            ).state
    except PortalError as refusal:
        return Outcome(row, None, refusal)
    return Outcome(row, state, None)


@bp.get("/requests/new")
def new_request() -> ResponseReturnValue:
    """Show the form of a new request."""
    if not ASKERS & current_actor().roles:
        raise RoleNeededError(ASKERS)
    return _show_form(_form(request.args.get("kind", Kind.YOUTH)))


@bp.post("/requests/new")
def add_request() -> ResponseReturnValue:
    """Keep a new request as a draft."""
    form = _form(request.args.get("kind", Kind.YOUTH))
    if not form.validate_on_submit():
        return _show_form(form), HTTPStatus.UNPROCESSABLE_ENTITY
    by, at = current_actor(), now()
    answer = form.answer(finder=by.name, organisation="", requested_on=bangkok_day(at))
    try:
        with transaction() as session:
            request_id = drafting.draft_request(session, answer, by=by, at=at).id
    except RuleError as error:
        form.form_errors.append(say(error))
        return _show_form(form), HTTPStatus.UNPROCESSABLE_ENTITY
    tell_kept()
    return redirect(url_for(".show_request", request_id=request_id), HTTPStatus.SEE_OTHER)


@bp.get("/requests/<int:request_id>/amend")
def show_amend(request_id: int) -> ResponseReturnValue:
    """Show the form of a draft or returned request, filled in."""
    page = amendable_page(db.session(), request_id, current_actor(), on=bangkok_day(now()))
    form = _form(page.row.kind, typed(page))
    return _show_form(form, page=page)


@bp.post("/requests/<int:request_id>/amend")
def amend_request(request_id: int) -> ResponseReturnValue:
    """Change a draft or returned request."""
    page = amendable_page(db.session(), request_id, current_actor(), on=bangkok_day(now()))
    form = _form(page.row.kind)
    if not form.validate_on_submit():
        return _show_form(form, page=page), HTTPStatus.UNPROCESSABLE_ENTITY
    answer = form.answer(
        finder=page.finder, organisation=page.organisation, requested_on=page.row.requested_on
    )
    try:
        with transaction() as session:
            drafting.amend_request(
                session,
                request_id,
                answer,
                seen_version=form.seen_version.data or 0,
                by=current_actor(),
                at=now(),
            )
    except RuleError as error:
        form.form_errors.append(say(error))
        return _show_form(form, page=page), HTTPStatus.UNPROCESSABLE_ENTITY
    tell_kept()
    return redirect(url_for(".show_request", request_id=request_id), HTTPStatus.SEE_OTHER)


def _form(kind: str, filled: dict[str, object] | None = None) -> RequestForm:
    form = ProjectForm(data=filled) if kind == Kind.PROJECT else PersonForm(data=filled)
    return form.offer(choices(db.session()), str(get_locale()))


def _show_form(form: RequestForm, page: RequestPage | None = None) -> str:
    return render_template(
        "office/funds/new_request.html", form=form, page=page, is_for_person=form.kind is Kind.YOUTH
    )


@bp.post("/requests/<int:request_id>/submit")
def submit_request(request_id: int) -> ResponseReturnValue:
    """Send a request to its subcommittee."""
    return _take_step(request_id, Action.SUBMIT)


@bp.post("/requests/<int:request_id>/withdraw")
def withdraw_request(request_id: int) -> ResponseReturnValue:
    """Take a request back."""
    return _take_step(request_id, Action.WITHDRAW)


def _take_step(request_id: int, action: Action) -> ResponseReturnValue:
    form = SeenVersion()
    if form.validate_on_submit():
        with transaction() as session:
            fund_request = ASK[action](
                session,
                request_id,
                seen_version=form.seen_version.data or 0,
                by=current_actor(),
                at=now(),
            )
            reference, state = fund_request.reference, fund_request.state
        tell_done(action, state, reference)
    return redirect(url_for(".show_request", request_id=request_id), HTTPStatus.SEE_OTHER)
