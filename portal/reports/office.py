"""The office's pages of reports: the list, one of them, and the step that comes next."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import Response
from flask import current_app
from flask import redirect
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue

from portal.archive import Archive
from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import N_
from portal.publishing.public_reports import TYPES
from portal.publishing.report_codes import ReportFile
from portal.reports import queries
from portal.reports import service
from portal.reports.asking import ask_report
from portal.reports.asking import periods_to_report
from portal.reports.forms import AnswerForm
from portal.reports.forms import PeriodForm
from portal.roles import Role
from portal.security import current_actor
from portal.words import SeenVersion
from portal.words import tell

bp = Blueprint("reports", __name__, url_prefix="/reports")

_FILE = f"<any({','.join(ReportFile)}):name>"


@bp.get("")
def list_reports() -> ResponseReturnValue:
    """Show the reports, those that wait for this person first."""
    return _show_reports(PeriodForm())


@bp.post("")
def ask_for_report() -> ResponseReturnValue:
    """Ask the worker for a report, made from what is published now."""
    form = PeriodForm()
    if not form.validate_on_submit():
        return _show_reports(form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction() as session:
        ask_report(session, form.period.data, by=current_actor(), at=now())
    tell(N_("The report is being made."), N_("It appears here in a minute; you may leave."))
    return redirect(url_for(".list_reports"), HTTPStatus.SEE_OTHER)


def _show_reports(form: PeriodForm) -> str:
    session, by = db.session(), current_actor()
    found = queries.reports(session, by)
    prepares = by.holds(Role.OFFICER)
    form.offer(periods_to_report(session) if prepares else [])
    return render_template(
        "office/reports/list_reports.html", found=found, form=form, prepares=prepares
    )


@bp.get("/<int:report_id>")
def show_report(report_id: int) -> ResponseReturnValue:
    """Show the one page of a report."""
    return _show_report(report_id, AnswerForm())


def _show_report(report_id: int, form: AnswerForm) -> str:
    page = queries.report_page(db.session(), report_id, current_actor())
    if not form.is_submitted():
        form.seen_version.data = page.version
    return render_template("office/reports/show_report.html", page=page, form=form)


@bp.post("/<int:report_id>/answer")
def answer_report(report_id: int) -> ResponseReturnValue:
    """Say as the auditor what to think of a report."""
    form = AnswerForm()
    page = queries.report_page(db.session(), report_id, current_actor())
    if not form.validate_on_submit():
        return _show_report(report_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction() as session:
        service.answer_report(
            session,
            report_id,
            form.answer(),
            seen_version=form.seen,
            by=current_actor(),
            at=now(),
        )
    tell(
        N_("You answered the report."),
        N_("The chair of the driving committee publishes it."),
        page.row.reference,
    )
    return redirect(url_for(".show_report", report_id=report_id), HTTPStatus.SEE_OTHER)


@bp.get("/<int:report_id>/publish")
def show_publish(report_id: int) -> ResponseReturnValue:
    """Show what publishing would do, before the button."""
    page = queries.page_to_publish(db.session(), report_id, current_actor())
    form = SeenVersion(seen_version=page.version)
    return render_template("office/reports/show_publish.html", page=page, form=form)


@bp.post("/<int:report_id>/publish")
def publish_report(report_id: int) -> ResponseReturnValue:
    """Publish a report."""
    form = SeenVersion()
    if not form.validate_on_submit():
        return _show_report(report_id, AnswerForm()), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction() as session:
        report = service.publish_report(
            session, report_id, seen_version=form.seen, by=current_actor(), at=now()
        )
        reference = report.reference
    tell(N_("The report is published."), N_("Everybody can read it for ever."), reference)
    return redirect(url_for(".show_report", report_id=report_id), HTTPStatus.SEE_OTHER)


@bp.get(f"/<int:report_id>/{_FILE}")
def send_file(report_id: int, name: str) -> Response:
    """Give out a file of a report, byte for byte as it was made."""
    report = queries.report_file_of(db.session(), report_id, current_actor())
    file = ReportFile(name)
    archive: Archive = current_app.extensions["install"].reports
    return Response(
        archive.read(report.digest(file)),
        mimetype=TYPES[file],
        headers={"Content-Disposition": f"attachment; filename={report.reference}.{name}"},
    )
