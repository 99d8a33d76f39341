"""The office's pages that ask for papers about a fund request and give them out."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint
from flask import Response
from flask import current_app
from flask import redirect
from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.archive import Archive
from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.funds.decision_sheet import decision_sheet
from portal.funds.documents import DocumentKind
from portal.funds.issued import issued_document
from portal.funds.issuing import Sheet
from portal.funds.issuing import ask_document
from portal.funds.models import FundRequest
from portal.funds.queries import request_row
from portal.funds.rules import RequestNotFoundError
from portal.security import current_actor
from portal.youths.opened import keep_read
from portal.youths.rules import ReadPage

bp = Blueprint("papers", __name__)

# What a paper of each kind tells.
SHEETS: Mapping[DocumentKind, Callable[[Session, FundRequest], Sheet]] = {
    DocumentKind.DECISION: decision_sheet
}
_KIND = f"<any({','.join(DocumentKind)}):kind>"


@bp.post(f"/requests/<int:request_id>/documents/{_KIND}")
def make_document(request_id: int, kind: str) -> ResponseReturnValue:
    """Ask the worker for a paper about a request; its job has a page."""
    which = DocumentKind(kind)
    with transaction() as session:
        job_id = ask_document(
            session, request_id, which, SHEETS[which], by=current_actor(), at=now()
        )
    return redirect(url_for("office.sheets.show_job", job_id=job_id), HTTPStatus.SEE_OTHER)


@bp.get("/requests/<int:request_id>/documents/<int:document_id>.pdf")
def send_document(request_id: int, document_id: int) -> ResponseReturnValue:
    """Give out a paper, byte for byte as it was issued, to those who may see its request."""
    row = request_row(db.session(), request_id, current_actor())
    if row is None:
        raise RequestNotFoundError
    document = issued_document(db.session(), request_id, document_id)
    keep_read(row.youth_id, ReadPage.PAPER)
    archive: Archive = current_app.extensions["install"].archive
    disposition = f"attachment; filename={document.file_name}"
    return Response(
        archive.read(document.digest),
        mimetype="application/pdf",
        headers={"Content-Disposition": disposition},
    )
