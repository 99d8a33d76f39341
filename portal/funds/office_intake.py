"""The office's pages about workbooks: upload one, see what it did, fetch what was refused."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import Response
from flask import redirect
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.downloads import XLSX_TYPE
from portal.errors import InputError
from portal.funds import intake
from portal.funds import workbook
from portal.funds.forms import UploadForm
from portal.funds.import_runs import corrections
from portal.funds.import_runs import import_run
from portal.funds.import_runs import import_runs
from portal.funds.rules import RoleNeededError
from portal.journal import Event
from portal.journal import note
from portal.labels import REFUSALS
from portal.roles import Role
from portal.security import current_actor
from portal.sheets import read_tables
from portal.sheets import write_workbook
from portal.words import say

bp = Blueprint("intake", __name__)


@bp.get("/import")
def show_import() -> ResponseReturnValue:
    """Show the form to upload a workbook."""
    _need_officer()
    return _show_import(UploadForm())


def _show_import(form: UploadForm) -> str:
    return render_template(
        "office/intake/show_import.html",
        form=form,
        every_request=workbook.EVERY_REQUEST,
        person=workbook.PERSON_AND_CONSENT,
        project=workbook.PROJECT,
        runs=import_runs(db.session(), current_actor()),
    )


@bp.get("/import/form.xlsx")
def download_form() -> ResponseReturnValue:
    """Give an empty workbook with the columns that an import reads."""
    _need_officer()
    return _workbook(write_workbook({_("Requests"): [list(workbook.FORM)]}), "requests.xlsx")


def _workbook(content: bytes, name: str) -> Response:
    disposition = f"attachment; filename={name}"
    return Response(content, mimetype=XLSX_TYPE, headers={"Content-Disposition": disposition})


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
        tables = read_tables(upload.read(), name=file_name)
        answers = intake.judge(db.session(), tables)
    except InputError as error:
        note(Event.UPLOAD_REFUSED, cause=type(error).__name__)
        form.workbook.errors = [say(error)]
        return _show_import(form), HTTPStatus.UNPROCESSABLE_ENTITY
    to_correct = write_workbook({_("Requests"): workbook.correction_sheet(answers, _reasons())})
    with transaction() as session:
        imported = intake.import_requests(session, answers, by=by, at=at)
        run_id = intake.keep_run(
            session,
            answers,
            imported,
            file_name=file_name,
            corrections=to_correct,
            by=by,
            at=at,
        ).id
    return redirect(url_for(".show_import_run", run_id=run_id), HTTPStatus.SEE_OTHER)


def _reasons() -> dict[workbook.Refusal, str]:
    return {refusal: _(REFUSALS[refusal]) for refusal in workbook.Refusal}


def _need_officer() -> None:
    if not current_actor().holds(Role.OFFICER):
        raise RoleNeededError({Role.OFFICER})


@bp.get("/import/<int:run_id>")
def show_import_run(run_id: int) -> ResponseReturnValue:
    """Show what an upload did: rows taken, rows refused and why."""
    run = import_run(db.session(), run_id, current_actor())
    return render_template("office/intake/show_import_run.html", run=run)


@bp.get("/import/<int:run_id>/corrections.xlsx")
def download_corrections(run_id: int) -> ResponseReturnValue:
    """Give the refused rows back as a workbook to correct and import again."""
    content = corrections(db.session(), run_id, current_actor())
    return _workbook(content, f"corrections-{run_id}.xlsx")
