"""The office's pages about findings and concerns: what waits, one of them, acting on it."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue

from portal.clock import now
from portal.concerns import findings
from portal.concerns import queries
from portal.concerns import service
from portal.concerns.codes import ConcernAction
from portal.concerns.codes import FindingAction
from portal.concerns.forms import ConcernActForm
from portal.concerns.forms import FindingActForm
from portal.concerns.forms import FindingForm
from portal.db import db
from portal.db import transaction
from portal.errors import N_
from portal.roles import Role
from portal.security import current_actor
from portal.words import tell

bp = Blueprint("concerns", __name__)

FINDING_ACTS = {
    FindingAction.ANSWER: findings.answer_finding,
    FindingAction.CLOSE: findings.close_finding,
    FindingAction.REOPEN: findings.reopen_finding,
}
CONCERN_ACTS = {
    ConcernAction.TAKE_UP: service.take_up_concern,
    ConcernAction.ANSWER: service.answer_concern,
    ConcernAction.PASS: service.pass_concern,
}
# What the next page says after an act.
_DONE = {
    FindingAction.ANSWER: (
        N_("You answered the finding."),
        N_("An auditor closes it, or asks again."),
    ),
    FindingAction.CLOSE: (N_("You closed the finding."), N_("Its answer did.")),
    FindingAction.REOPEN: (N_("The finding is open again."), N_("It waits for another answer.")),
}
_DONE_CONCERN = {
    ConcernAction.TAKE_UP: (N_("You look into this concern."), N_("Answer it when you know more.")),
    ConcernAction.ANSWER: (
        N_("You answered the concern."),
        N_("Its reporter reads the answer, and may write again."),
    ),
}


@bp.get("/findings")
def list_findings() -> ResponseReturnValue:
    """Show the findings, those that wait first."""
    by = current_actor()
    rows, count = queries.findings(db.session(), by)
    return render_template(
        "office/concerns/list_findings.html", rows=rows, count=count, raises=by.holds(Role.AUDITOR)
    )


@bp.get("/findings/new")
def new_finding() -> ResponseReturnValue:
    """Show the form for a finding at the entry that the address names, by its id or its index."""
    return _show_finding_form(FindingForm(eid=request.args.get("eid", "").strip()))


@bp.post("/findings/new")
def raise_finding() -> ResponseReturnValue:
    """Raise a finding."""
    form = FindingForm()
    if not form.validate_on_submit():
        return _show_finding_form(form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction() as session:
        finding = findings.raise_finding(session, form.answer(), by=current_actor(), at=now())
        finding_id, number = finding.id, finding.number
    tell(N_("The finding is raised."), N_("It waits for an answer from somebody else."), number)
    return redirect(url_for(".show_finding", finding_id=finding_id), HTTPStatus.SEE_OTHER)


def _show_finding_form(form: FindingForm) -> str:
    entry = findings.found_entry(db.session(), form.eid.data or "", by=current_actor())
    form.eid.data = entry.eid
    return render_template("office/concerns/new_finding.html", form=form, entry=entry)


@bp.get("/findings/<int:finding_id>")
def show_finding(finding_id: int) -> ResponseReturnValue:
    """Show the one page of a finding."""
    return _show_finding(finding_id, FindingActForm())


@bp.post("/findings/<int:finding_id>")
def act_on_finding(finding_id: int) -> ResponseReturnValue:
    """Answer a finding, close it, or open it again."""
    form = FindingActForm()
    page = queries.finding_page(db.session(), finding_id, current_actor())
    if not form.offer(page.offers).validate_on_submit():
        return _show_finding(finding_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    action = FindingAction(form.action.data)
    with transaction() as session:
        FINDING_ACTS[action](
            session,
            finding_id,
            form.answer(),
            seen_version=form.seen_version.data or 0,
            by=current_actor(),
            at=now(),
        )
    tell(*_DONE[action], page.row.number)
    return redirect(url_for(".show_finding", finding_id=finding_id), HTTPStatus.SEE_OTHER)


def _show_finding(finding_id: int, form: FindingActForm) -> str:
    page = queries.finding_page(db.session(), finding_id, current_actor())
    if not form.is_submitted():
        form.seen_version.data = page.version
    return render_template(
        "office/concerns/show_finding.html", page=page, form=form.offer(page.offers)
    )


@bp.get("/concerns")
def list_concerns() -> ResponseReturnValue:
    """Show the concerns of this person's desks, those that wait first."""
    rows, count = queries.concerns(db.session(), current_actor())
    return render_template("office/concerns/list_concerns.html", rows=rows, count=count)


@bp.get("/concerns/<int:concern_id>")
def show_concern(concern_id: int) -> ResponseReturnValue:
    """Show the one page of a concern."""
    return _show_concern(concern_id, ConcernActForm())


@bp.post("/concerns/<int:concern_id>")
def act_on_concern(concern_id: int) -> ResponseReturnValue:
    """Look into a concern, answer it, or pass it on."""
    form = ConcernActForm()
    page = queries.concern_page(db.session(), concern_id, current_actor())
    if not form.offer(page.offers).validate_on_submit():
        return _show_concern(concern_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    action = ConcernAction(form.action.data)
    with transaction() as session:
        CONCERN_ACTS[action](
            session,
            concern_id,
            form.answer(),
            seen_version=form.seen_version.data or 0,
            by=current_actor(),
            at=now(),
        )
    if action is ConcernAction.PASS:
        tell(N_("You passed the concern on."), N_("You do not see it any more."), page.row.number)
        return redirect(url_for(".list_concerns"), HTTPStatus.SEE_OTHER)
    tell(*_DONE_CONCERN[action], page.row.number)
    return redirect(url_for(".show_concern", concern_id=concern_id), HTTPStatus.SEE_OTHER)


def _show_concern(concern_id: int, form: ConcernActForm) -> str:
    page = queries.concern_page(db.session(), concern_id, current_actor())
    if not form.is_submitted():
        form.seen_version.data = page.version
    return render_template(
        "office/concerns/show_concern.html", page=page, form=form.offer(page.offers)
    )
