"""The public pages: figures, requests and the log, from published tables alone."""

from __future__ import annotations

from flask import Blueprint
from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue

from portal.db import db
from portal.publishing import queries

bp = Blueprint("publishing", __name__)


@bp.get("/")
def show_front() -> ResponseReturnValue:
    """Show how much came in, went out, is left, and how fast."""
    return render_template(
        "public/publishing/show_front.html", page=queries.front_page(db.session)
    )


@bp.get("/requests")
def list_requests() -> ResponseReturnValue:
    """Show the published requests, newest act first."""
    status = request.args.get("status", "")
    found = queries.requests(
        db.session,
        queries.names(db.session),
        status=status,
        before=request.args.get("before", None, type=int),
    )
    return render_template("public/publishing/list_requests.html", found=found, status=status)


@bp.get("/requests/<reference>")
def show_request(reference: str) -> ResponseReturnValue:
    """Show one request as the log tells it."""
    return render_template(
        "public/publishing/show_request.html", page=queries.public_request(db.session, reference)
    )


@bp.get("/log")
def show_log() -> ResponseReturnValue:
    """Show the checkpoint and the entries of the log."""
    before = request.args.get("before", None, type=int)
    return render_template(
        "public/publishing/show_log.html", page=queries.log_page(db.session, before=before)
    )


@bp.get("/healthz")
def show_health() -> ResponseReturnValue:
    """Say that the portal answers and reads its database."""
    queries.foundation_name(db.session)
    return {"ok": True}
