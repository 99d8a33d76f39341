"""The office's pages of papers: asking for one, how far it is, and the paper itself."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
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
from portal.funds.documents import DocumentKind
from portal.funds.models import FundRequest
from portal.funds.sheet_rules import TERMS
from portal.funds.sheet_rules import About
from portal.funds.sheet_rules import SheetKind
from portal.funds.sheets_issued import SheetRow
from portal.funds.sheets_issued import sheet_row
from portal.jobs.queries import JobRow
from portal.jobs.queries import job_row
from portal.payments.asking import ask_sheet
from portal.payments.batch_page import paid_in
from portal.payments.models import Payment
from portal.payments.sheet_table import SEE
from portal.payments.sheet_table import TELL
from portal.roles import Role
from portal.security import current_actor
from portal.youths.opened import keep_read
from portal.youths.opened import keep_reads
from portal.youths.rules import ReadPage

bp = Blueprint("sheets", __name__)

_KIND = f"<any({','.join(TELL)}):kind>"


@bp.post(f"/papers/{_KIND}/<about>")
def ask_paper(kind: str, about: str) -> ResponseReturnValue:
    """Ask the worker for a paper; its job has a page."""
    with transaction() as session:
        job_id = ask_sheet(session, SheetKind(kind), about, by=current_actor(), at=now())
    return redirect(url_for(".show_job", job_id=job_id), HTTPStatus.SEE_OTHER)


@dataclass(frozen=True, slots=True)
class JobPage:
    """A job, what it makes, the page of what that is about, and the paper once it is made."""

    row: JobRow
    paper: str
    back_url: str
    result_url: str | None


@bp.get("/jobs/<int:job_id>")
def show_job(job_id: int) -> ResponseReturnValue:
    """Show how far a paper is to whoever asked for it, as long as they may see what it is about."""
    by = current_actor()
    row = job_row(db.session(), job_id, by)
    paper, about = row.asked["paper"], row.asked["about"]
    kind = About.REQUEST if paper in set(DocumentKind) else TERMS[SheetKind(paper)].about
    SEE[kind](db.session(), about, by)
    page = JobPage(row, paper, BACK[kind](about), _result_url(row, about))
    return render_template("office/sheets/show_job.html", page=page)


def _result_url(row: JobRow, about: str) -> str | None:
    if row.result is None:
        return None
    table, _, number = row.result.partition(":")
    if table == "document":
        return url_for("office.papers.send_document", request_id=about, document_id=number)
    return url_for(".send_paper", sheet_id=number)


def _request_url(about: str) -> str:
    return url_for("office.funds.show_request", request_id=about, _anchor="papers")


def _payment_url(about: str) -> str:
    """Return the payment's page to a treasurer, its request's page to others."""
    if current_actor().holds(Role.TREASURER):
        return url_for("treasury.payments.show_payment", payment_id=about, _anchor="papers")
    return _request_url(str(db.session.get_one(Payment, int(about)).fund_request_id))


def _batch_url(about: str) -> str:
    return url_for("treasury.batches.show_batch", batch_id=about, _anchor="papers")


def _month_url(about: str) -> str:
    account, month = about[:-8], about[-7:]
    return url_for("treasury.statements.show_sheet", account=account, month=month, _anchor="papers")


def _donation_url(about: str) -> str:
    return url_for("office.money.show_donation", reference=about, _anchor="papers")


BACK: Mapping[About, Callable[[str], str]] = {
    About.REQUEST: _request_url,
    About.PAYMENT: _payment_url,
    About.BATCH: _batch_url,
    About.MONTH: _month_url,
    About.DONATION: _donation_url,
}


@bp.get("/papers/<int:sheet_id>.pdf")
def send_paper(sheet_id: int) -> ResponseReturnValue:
    """Give out a paper, byte for byte as it was issued, to those who may see what it is about."""
    row = sheet_row(db.session(), sheet_id)
    SEE[TERMS[row.kind].about](db.session(), row.about.partition(":")[2], current_actor())
    _keep_reads(row)
    archive: Archive = current_app.extensions["install"].archive
    return Response(
        archive.read(row.digest),
        mimetype="application/pdf",
        headers={"Content-Disposition": f"attachment; filename={row.file_name}"},
    )


def _keep_reads(row: SheetRow) -> None:
    """Keep that somebody read of whom the paper is about."""
    if row.fund_request_id is not None:
        fund_request = db.session.get_one(FundRequest, row.fund_request_id)
        keep_read(fund_request.youth_id, ReadPage.PAPER)
    elif row.kind is SheetKind.REMITTANCE:
        keep_reads(paid_in(int(row.about.partition(":")[2])), ReadPage.PAPER)
