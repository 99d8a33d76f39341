"""The office's pages about fund requests: the list, one request, deciding."""

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

from portal.clock import now
from portal.db import db
from portal.errors import PortalError
from portal.funds import lookups
from portal.funds import queries
from portal.funds import service
from portal.funds.choices import choices
from portal.funds.forms import BulkForm
from portal.funds.forms import DecisionAnswer
from portal.funds.forms import DecisionForm
from portal.funds.forms import Pick
from portal.funds.forms import filters_of
from portal.funds.notices import DONE
from portal.funds.queries import RequestRow
from portal.funds.request_view import RequestForms
from portal.funds.request_view import show_request_page
from portal.funds.rules import SIGNERS
from portal.funds.rules import Action
from portal.funds.rules import State
from portal.people.keys import AlreadyDoneError
from portal.people.once import StepForm
from portal.people.once import acting
from portal.people.once import check_unchanged
from portal.people.once import lead
from portal.people.once import once
from portal.security import current_actor

bp = Blueprint("funds", __name__)

# What a chair who does not approve does with a request.
DECLINE = {Action.RETURN: service.return_request, Action.REJECT: service.reject_request}


@bp.get("/requests")
def list_requests() -> ResponseReturnValue:
    """Show the requests this person may see."""
    filters = filters_of(request.args)
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
@once
def decide_request(request_id: int) -> ResponseReturnValue:
    """Record one decision of a chair."""
    form = DecisionForm()
    if not form.validate_on_submit():
        page = show_request_page(request_id, RequestForms(decision=form))
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    return _decide(request_id, form.answer())


def _decide(request_id: int, answer: DecisionAnswer) -> ResponseReturnValue:
    seen_version, by, at = answer.seen_version, current_actor(), now()
    with acting() as session:
        if answer.action is Action.APPROVE:
            decided = service.approve_request(
                session, request_id, note=answer.note, seen_version=seen_version, by=by, at=at
            )
        else:
            grounds = service.Grounds(answer.reason, answer.note)
            decided = DECLINE[answer.action](
                session, request_id, grounds, seen_version=seen_version, by=by, at=at
            )
        done = DONE[answer.action, decided.state]
        return lead(_url(request_id), *done, reference=decided.reference)


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
@once
def decide_requests() -> ResponseReturnValue:
    """Approve every ticked request: each an act of its own, which may be refused on its own."""
    form = BulkForm()
    if not form.validate_on_submit() or not form.picked:
        return _show_decisions(form), HTTPStatus.UNPROCESSABLE_ENTITY
    check_unchanged()
    return _show_decisions(outcomes=[_approve_one(pick) for pick in form.picked])


def _approve_one(pick: Pick) -> Outcome:
    by, at = current_actor(), now()
    row = queries.request_row(db.session(), pick.request_id, by)
    try:
        with acting(f"{pick.request_id}") as session:
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
            lead(_url(pick.request_id))
    except AlreadyDoneError:
        row = queries.request_row(db.session(), pick.request_id, by)
        return Outcome(row, row.state if row else None, None)
    except PortalError as refusal:
        return Outcome(row, None, refusal)
    return Outcome(row, state, None)


@bp.post("/requests/<int:request_id>/withdraw")
@once
def withdraw_request(request_id: int) -> ResponseReturnValue:
    """Take a request back."""
    form = StepForm()
    if form.validate_on_submit():
        with acting() as session:
            fund_request = service.withdraw_request(
                session,
                request_id,
                seen_version=form.seen,
                by=current_actor(),
                at=now(),
            )
            done = DONE[Action.WITHDRAW, fund_request.state]
            return lead(_url(request_id), *done, reference=fund_request.reference)
    return redirect(_url(request_id), HTTPStatus.SEE_OTHER)


def _url(request_id: int) -> str:
    return url_for(".show_request", request_id=request_id)
