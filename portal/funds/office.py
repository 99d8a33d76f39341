"""The office's pages about fund requests: what waits, one request, deciding, importing."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Blueprint
from flask import Response
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import N_
from portal.errors import InputError
from portal.errors import PortalError
from portal.errors import RuleError
from portal.funds import drafting
from portal.funds import intake
from portal.funds import queries
from portal.funds import service
from portal.funds import workbook
from portal.funds.forms import BulkForm
from portal.funds.forms import DecisionAnswer
from portal.funds.forms import DecisionForm
from portal.funds.forms import PersonForm
from portal.funds.forms import Pick
from portal.funds.forms import ProjectForm
from portal.funds.forms import RequestForm
from portal.funds.forms import SeenVersion
from portal.funds.forms import UploadForm
from portal.funds.forms import picks
from portal.funds.queries import Filters
from portal.funds.queries import RequestRow
from portal.funds.rules import ASKERS
from portal.funds.rules import SIGNERS
from portal.funds.rules import Action
from portal.funds.rules import Kind
from portal.funds.rules import RoleNeededError
from portal.funds.rules import State
from portal.funds.workbook import Refusal
from portal.labels import REFUSALS
from portal.roles import Role
from portal.security import current_actor
from portal.sheets import read_tables
from portal.sheets import write_workbook
from portal.thai import bangkok_day
from portal.words import say

bp = Blueprint("funds", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# What the page says after an act that led to this state.
DONE: Mapping[tuple[Action, State], tuple[str, str]] = {
    (Action.SUBMIT, State.SUBMITTED): (
        N_("The request is sent."),
        N_("It waits for the subcommittee's chair."),
    ),
    (Action.WITHDRAW, State.WITHDRAWN): (
        N_("The request is withdrawn."),
        N_("Nobody decides on it any more."),
    ),
    (Action.RETURN, State.RETURNED): (
        N_("You returned the request for correction."),
        N_("It waits for the requester, who sees your reason."),
    ),
    (Action.APPROVE, State.SUBMITTED): (
        N_("You signed the request."),
        N_("It waits for the next signature."),
    ),
    (Action.APPROVE, State.APPROVED): (
        N_("You approved the request."),
        N_("The money is set aside, and a treasurer can pay it."),
    ),
    (Action.REJECT, State.REJECTED): (
        N_("You did not approve the request."),
        N_("It ends here; the requester sees your reason."),
    ),
}


@bp.get("/")
def show_home() -> ResponseReturnValue:
    """Show what waits for the signed-in person."""
    by = current_actor()
    return render_template(
        "office/funds/show_home.html",
        asks=bool(ASKERS & by.roles),
        decides=bool(SIGNERS & by.roles),
        pays=by.holds(Role.TREASURER),
        imports=by.holds(Role.OFFICER),
        latest=queries.requests(db.session(), by, Filters()),
        to_decide=queries.to_decide(db.session(), by),
        to_correct=queries.to_correct(db.session(), by),
        in_payment=queries.in_payment(db.session(), by),
    )


@bp.get("/requests")
def list_requests() -> ResponseReturnValue:
    """Show the requests this person may see."""
    filters = Filters(
        state=request.args.get("state", ""),
        subcommittee=request.args.get("subcommittee", ""),
        text=request.args.get("text", "").strip(),
    )
    page = max(1, request.args.get("page", 1, type=int))
    return render_template(
        "office/funds/list_requests.html",
        found=queries.requests(db.session(), current_actor(), filters, page=page),
        filters=filters,
        choices=queries.choices(db.session()),
    )


@bp.get("/requests/<int:request_id>")
def show_request(request_id: int) -> ResponseReturnValue:
    """Show the one page of a request."""
    return _show_request(request_id, DecisionForm())


def _show_request(request_id: int, form: DecisionForm) -> str:
    by = current_actor()
    page = queries.request_page(db.session(), request_id, by)
    if not form.is_submitted():
        form.seen_version.data = page.row.version
    return render_template(
        "office/funds/show_request.html",
        page=page,
        form=form.offer(page.offers),
        decides=bool(SIGNERS & by.roles),
        pays=by.holds(Role.TREASURER),
    )


@bp.post("/requests/<int:request_id>/decide")
def decide_request(request_id: int) -> ResponseReturnValue:
    """Record one decision of a chair."""
    form = DecisionForm()
    if not form.validate_on_submit():
        return _show_request(request_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    answer = form.answer()
    reference, state = _decide(request_id, answer)
    _flash_done(answer.action, state, reference)
    return redirect(url_for(".show_request", request_id=request_id), HTTPStatus.SEE_OTHER)


def _flash_done(action: Action, state: State, reference: str | None) -> None:
    what, why = DONE[action, state]
    _flash(_(what), _(why), reference)


def _flash(what: str, why: str, reference: str | None = None) -> None:
    notice: Any = {
        "what": what,
        "why": why,
        "reference": reference,
    }  # base_office.html spells it out
    flash(notice, "success")


def _decide(request_id: int, answer: DecisionAnswer) -> tuple[str | None, State]:
    by, at = current_actor(), now()
    with transaction() as session:
        match answer.action:
            case Action.RETURN:
                decided = service.return_request(
                    session,
                    request_id,
                    service.Grounds(answer.reason, answer.note),
                    seen_version=answer.seen_version,
                    by=by,
                    at=at,
                )
            case Action.REJECT:
                decided = service.reject_request(
                    session,
                    request_id,
                    service.Grounds(answer.reason, answer.note),
                    seen_version=answer.seen_version,
                    by=by,
                    at=at,
                )
            case _:
                decided = service.approve_request(
                    session,
                    request_id,
                    note=answer.note,
                    seen_version=answer.seen_version,
                    by=by,
                    at=at,
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
    return _show_decisions(page=max(1, request.args.get("page", 1, type=int)))


def _show_decisions(
    *, page: int = 1, outcomes: Sequence[Outcome] = (), is_none_ticked: bool = False
) -> str:
    return render_template(
        "office/funds/show_decisions.html",
        found=queries.to_decide(db.session(), current_actor(), page=page),
        form=BulkForm(),
        outcomes=outcomes,
        is_none_ticked=is_none_ticked,
        decides=bool(SIGNERS & current_actor().roles),
    )


@bp.post("/decisions")
def decide_requests() -> ResponseReturnValue:
    """Approve every ticked request: each an act of its own, which may be refused on its own."""
    form = BulkForm()
    if not form.validate_on_submit():
        return redirect(url_for(".show_decisions"), HTTPStatus.SEE_OTHER)
    ticked = picks(request.form.getlist("pick"))
    if not ticked:
        return _show_decisions(is_none_ticked=True), HTTPStatus.UNPROCESSABLE_ENTITY
    return _show_decisions(outcomes=[_approve_one(pick) for pick in ticked])


def _approve_one(pick: Pick) -> Outcome:
    by = current_actor()
    row = queries.request_row(db.session(), pick.request_id, by)
    try:
        with transaction() as session:
            state = service.approve_request(
                session,
                pick.request_id,
                note="",
                seen_version=pick.seen_version,
                by=by,
                at=now(),
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
    _flash_kept()
    return redirect(url_for(".show_request", request_id=request_id), HTTPStatus.SEE_OTHER)


@bp.get("/requests/<int:request_id>/amend")
def show_amend(request_id: int) -> ResponseReturnValue:
    """Show the form of a draft or returned request, filled in."""
    page = queries.amendable_page(db.session(), request_id, current_actor())
    form = _form(page.row.kind, queries.typed(page))
    return _show_form(form, page=page)


@bp.post("/requests/<int:request_id>/amend")
def amend_request(request_id: int) -> ResponseReturnValue:
    """Change a draft or returned request."""
    page = queries.amendable_page(db.session(), request_id, current_actor())
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
    _flash_kept()
    return redirect(url_for(".show_request", request_id=request_id), HTTPStatus.SEE_OTHER)


def _flash_kept() -> None:
    _flash(_("What you wrote is kept."), _("Nothing is sent yet. Look it over, then send it."))


def _form(kind: str, typed: dict[str, object] | None = None) -> RequestForm:
    form = ProjectForm(data=typed) if kind == Kind.PROJECT else PersonForm(data=typed)
    return form.offer(queries.choices(db.session()), str(get_locale()))


def _show_form(form: RequestForm, page: queries.RequestPage | None = None) -> str:
    return render_template(
        "office/funds/new_request.html", form=form, page=page, is_for_person=form.kind is Kind.YOUTH
    )


@bp.post("/requests/<int:request_id>/submit")
def submit_request(request_id: int) -> ResponseReturnValue:
    """Send a request to its subcommittee."""
    form = SeenVersion()
    if form.validate_on_submit():
        with transaction() as session:
            changed = service.submit_request(
                session,
                request_id,
                seen_version=form.seen_version.data or 0,
                by=current_actor(),
                at=now(),
            )
            reference, state = changed.reference, changed.state
        _flash_done(Action.SUBMIT, state, reference)
    return redirect(url_for(".show_request", request_id=request_id), HTTPStatus.SEE_OTHER)


@bp.post("/requests/<int:request_id>/withdraw")
def withdraw_request(request_id: int) -> ResponseReturnValue:
    """Take a request back."""
    form = SeenVersion()
    if form.validate_on_submit():
        with transaction() as session:
            changed = service.withdraw_request(
                session,
                request_id,
                seen_version=form.seen_version.data or 0,
                by=current_actor(),
                at=now(),
            )
            reference, state = changed.reference, changed.state
        _flash_done(Action.WITHDRAW, state, reference)
    return redirect(url_for(".show_request", request_id=request_id), HTTPStatus.SEE_OTHER)


@bp.get("/import")
def show_import() -> ResponseReturnValue:
    """Show the form to upload a workbook."""
    _need_officer()
    return _show_import(UploadForm())


def _show_import(form: UploadForm) -> str:
    runs = queries.import_runs(db.session(), current_actor())
    return render_template(
        "office/funds/show_import.html", form=form, columns=workbook.Column, runs=runs
    )


@bp.get("/import/form.xlsx")
def download_form() -> ResponseReturnValue:
    """Give an empty workbook with the columns that an import reads."""
    _need_officer()
    return _workbook(write_workbook({_("Requests"): [list(workbook.Column)]}), "requests.xlsx")


def _workbook(content: bytes, name: str) -> Response:
    disposition = f"attachment; filename={name}"
    return Response(content, mimetype=XLSX, headers={"Content-Disposition": disposition})


@bp.post("/import")
def import_requests() -> ResponseReturnValue:
    """Import the accepted rows of a workbook and keep the refused ones to be corrected."""
    _need_officer()
    form = UploadForm()
    if not form.validate_on_submit():
        return _show_import(form), HTTPStatus.UNPROCESSABLE_ENTITY
    upload, by, at = form.workbook.data, current_actor(), now()
    file_name = upload.filename or ""
    try:
        answers = workbook.judge(read_tables(upload.read(), name=file_name), _names())
    except InputError as error:
        form.workbook.errors = [say(error)]
        return _show_import(form), HTTPStatus.UNPROCESSABLE_ENTITY
    corrections = write_workbook({_("Requests"): workbook.correction_sheet(answers, _reasons())})
    with transaction() as session:
        imported = intake.import_requests(session, answers, by=by, at=at)
        run_id = intake.keep_run(
            session,
            answers,
            imported,
            file_name=file_name,
            corrections=corrections,
            by=by,
            at=at,
        ).id
    return redirect(url_for(".show_import_run", run_id=run_id), HTTPStatus.SEE_OTHER)


def _names() -> workbook.Names:
    return intake.names(db.session())


def _reasons() -> dict[Refusal, str]:
    return {refusal: _(REFUSALS[refusal]) for refusal in Refusal}


def _need_officer() -> None:
    if not current_actor().holds(Role.OFFICER):
        raise RoleNeededError({Role.OFFICER})


@bp.get("/import/<int:run_id>")
def show_import_run(run_id: int) -> ResponseReturnValue:
    """Show what an upload did: rows taken, rows refused and why."""
    run = queries.import_run(db.session(), run_id, current_actor())
    return render_template("office/funds/show_import_run.html", run=run)


@bp.get("/import/<int:run_id>/corrections.xlsx")
def download_corrections(run_id: int) -> ResponseReturnValue:
    """Give the refused rows back as a workbook to correct and import again."""
    content = queries.corrections(db.session(), run_id, current_actor())
    return _workbook(content, f"corrections-{run_id}.xlsx")
