"""The public pages of reports, and their files: once published they never change."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from flask import Blueprint
from flask import Response
from flask import current_app
from flask import render_template
from flask import send_file
from flask.typing import ResponseReturnValue

from portal.archive import Archive
from portal.db import db
from portal.publishing.keeping import kept_by_readers
from portal.publishing.report_codes import ReportFile
from portal.publishing.report_page import digest_of
from portal.publishing.report_page import public_report
from portal.publishing.report_page import published_report
from portal.publishing.report_page import published_reports
from portal.security import whole

bp = Blueprint("reports", __name__, url_prefix="/reports")

FOR_EVER = "public, max-age=31536000, immutable"
TYPES: Mapping[ReportFile, str] = {
    ReportFile.THAI: "application/pdf",
    ReportFile.ENGLISH: "application/pdf",
    ReportFile.PACK: "application/zip",
}
_FILE = f"<any({','.join(ReportFile)}):name>"


def _archive() -> Archive:
    archive: Archive = current_app.extensions["install"].reports
    return archive


@bp.get("")
@kept_by_readers
def list_reports() -> ResponseReturnValue:
    """Show the published reports, by year."""
    return render_template(
        "public/reports/list_reports.html", years=published_reports(db.session())
    )


@bp.get("/<reference>")
@kept_by_readers
def show_report(reference: str) -> ResponseReturnValue:
    """Show what a report tells in short, its files, and who prepared, answered and published it."""
    page = public_report(db.session(), reference, _archive())
    return render_template("public/reports/show_report.html", page=page)


@bp.get(f"/<reference>/{_FILE}")
@whole
def send_report(reference: str, name: str) -> Response:
    """Send a file of a report, byte for byte as its digest stands in the log."""
    row, file = published_report(db.session(), reference), ReportFile(name)
    digest = digest_of(row, file)
    response = send_file(
        BytesIO(_archive().read(digest)),
        mimetype=TYPES[file],
        download_name=f"{reference}.{name}",
        etag=digest,
        conditional=True,
    )
    response.headers["Cache-Control"] = FOR_EVER
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
