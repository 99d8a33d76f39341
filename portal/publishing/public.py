"""The public pages: figures, requests and the log, from published tables alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint
from flask import current_app
from flask import jsonify
from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from portal.db import db
from portal.publishing import queries
from portal.publishing.concern_figures import concern_page
from portal.publishing.donation_page import donation_page
from portal.publishing.donation_page import donations
from portal.publishing.drawings import Chart
from portal.publishing.drawings import month_chart
from portal.publishing.drawings import parts_chart
from portal.publishing.drawings import share_chart
from portal.publishing.figures import every_figure
from portal.publishing.keeping import POSITION_MAX
from portal.publishing.keeping import before
from portal.publishing.keeping import for_any_origin
from portal.publishing.keeping import kept_by_readers
from portal.publishing.log_page import log_page
from portal.publishing.open_page import told_counts
from portal.publishing.part_page import Month
from portal.publishing.part_page import whole_months
from portal.publishing.queries import FrontPage
from portal.publishing.request_page import public_request

bp = Blueprint("publishing", __name__)


@dataclass(frozen=True, slots=True)
class Drawings:
    """What is drawn on the front page; no bars while nothing is paid."""

    share: Markup
    subcommittees: Chart | None
    months: Chart | None


@bp.get("/")
@kept_by_readers
def show_front() -> ResponseReturnValue:
    """Show how much came in, went out, is left, and how fast."""
    page = queries.front_page(db.session())
    months = whole_months(db.session()) if page else []
    drawings = _drawings(page, months) if page else None
    return render_template(
        "public/publishing/show_front.html", page=page, drawings=drawings, months=months
    )


def _drawings(page: FrontPage, months: Sequence[Month]) -> Drawings:
    figures = page.figures
    share = share_chart(
        figures,
        gettext(
            "Paid out, approved but not yet paid, kept by the bank, and left; "
            "the amounts stand above."
        ),
    )
    if not figures.disbursed:
        return Drawings(share, None, None)
    return Drawings(
        share,
        subcommittees=parts_chart("subcommittee", page.subcommittees, figures),
        months=month_chart("paid-by-month", months),
    )


@bp.get("/requests/<reference>")
@kept_by_readers
def show_request(reference: str) -> ResponseReturnValue:
    """Show one request as the log tells it."""
    page = public_request(db.session(), reference)
    return render_template("public/publishing/show_request.html", page=page)


@bp.get("/donations")
@kept_by_readers
def list_donations() -> ResponseReturnValue:
    """Show the published donations, the newest first."""
    found = donations(db.session(), before=before())
    return render_template("public/publishing/list_donations.html", found=found)


@bp.get("/donations/<reference>")
@kept_by_readers
def show_donation(reference: str) -> ResponseReturnValue:
    """Show where a donation went: the allocations and payments it became part of."""
    after = min(request.args.get("after", -1, type=int), POSITION_MAX)
    page = donation_page(db.session(), reference, after=after)
    return render_template("public/publishing/show_donation.html", page=page, after=after)


@bp.get("/concerns/figures")
@kept_by_readers
def show_concern_figures() -> ResponseReturnValue:
    """Show how many concerns and findings there are, and what came of them."""
    path = current_app.extensions["install"].open_data
    return render_template(
        "public/publishing/show_concern_figures.html",
        page=concern_page(db.session()),
        concern_counts=told_counts(path, "concerns_received", "concerns_answered"),
        finding_counts=told_counts(path, "findings_raised"),
    )


@bp.get("/log")
@kept_by_readers
def show_log() -> ResponseReturnValue:
    """Show the checkpoint and the entries of the log."""
    page = log_page(db.session(), before=before())
    return render_template("public/publishing/show_log.html", page=page)


@bp.get("/log/about")
@kept_by_readers
def show_about_log() -> ResponseReturnValue:
    """Say in everyday words what the log proves and what it does not."""
    base_url = current_app.extensions["install"].settings.base_url
    return render_template("public/publishing/show_about_log.html", log_url=f"{base_url}/log")


@bp.get("/api/v1/figures")
@for_any_origin
@kept_by_readers
def send_figures() -> ResponseReturnValue:
    """Send every public figure and the log it comes from, for other people's programs."""
    return jsonify(every_figure(db.session()))
