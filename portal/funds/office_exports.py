"""The office's lists as files: every row of the list, in CSV or as a workbook."""

from __future__ import annotations

from flask import Blueprint
from flask import request
from flask.typing import ResponseReturnValue

from portal.db import db
from portal.downloads import ENDING
from portal.downloads import download
from portal.funds import queries
from portal.funds.forms import filters_of
from portal.funds.request_sheet import request_sheet
from portal.funds.request_sheet import waiting_to_be_signed
from portal.security import current_actor
from portal.youths.opened import keep_reads
from portal.youths.rules import ReadPage

bp = Blueprint("exports", __name__)


@bp.get(f"/requests.{ENDING}")
def export_requests(ending: str) -> ResponseReturnValue:
    """Send the list of requests as it is narrowed; an officer's can be imported again."""
    by, filters = current_actor(), filters_of(request.args)
    keep_reads(queries.youths_among(*queries.listed(db.session(), by, filters)), ReadPage.LIST)
    return download(request_sheet(db.engine, by, filters), ending)


@bp.get(f"/decisions.{ENDING}")
def export_decisions(ending: str) -> ResponseReturnValue:
    """Send the list of what waits for this person's signature."""
    by = current_actor()
    keep_reads(queries.youths_among(queries.waits_to_be_signed(by)), ReadPage.LIST)
    return download(waiting_to_be_signed(db.engine, by), ending)
