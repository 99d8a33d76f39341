"""The administrator's page of the jobs that failed for good."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import N_
from portal.jobs import queries
from portal.jobs import service
from portal.security import current_actor
from portal.words import tell

bp = Blueprint("jobs", __name__, url_prefix="/jobs")


@bp.get("/failed")
def list_failed() -> ResponseReturnValue:
    """Show the jobs that nobody tries any more, and why."""
    rows = queries.dead_jobs(db.session(), current_actor())
    return render_template("office/jobs/list_failed.html", rows=rows)


@bp.post("/<int:job_id>/retry")
def retry_job(job_id: int) -> ResponseReturnValue:
    """Have a job tried again."""
    with transaction() as session:
        service.retry_job(session, job_id, by=current_actor(), at=now())
    tell(N_("The job is tried again."), N_("The worker takes it up within a minute."))
    return redirect(url_for(".list_failed"), HTTPStatus.SEE_OTHER)
