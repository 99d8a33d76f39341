"""The public pages: figures, requests and the log, from published tables alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import ParamSpec

from flask import Blueprint
from flask import Response
from flask import abort
from flask import current_app
from flask import jsonify
from flask import make_response
from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext
from markupsafe import Markup

from portal import charts
from portal.charts import ChartText
from portal.charts import NameBar
from portal.charts import Tone
from portal.db import db
from portal.downloads import ENDING
from portal.downloads import download
from portal.publishing import queries
from portal.publishing.concern_figures import concern_page
from portal.publishing.donation_page import donation_page
from portal.publishing.donation_page import donations
from portal.publishing.figures import every_figure
from portal.publishing.log_page import log_page
from portal.publishing.open_page import told_counts
from portal.publishing.queries import FrontPage
from portal.publishing.request_page import public_request
from portal.publishing.request_sheet import request_sheet

bp = Blueprint("publishing", __name__)

Given = ParamSpec("Given")
View = Callable[Given, ResponseReturnValue]
# The largest number that a column of log positions holds.
POSITION_MAX = 2**63 - 1


def kept_by_readers(view: View[Given]) -> Callable[Given, Response]:
    """Let browsers and proxies keep a page, and tell them when it has not changed since."""

    @wraps(view)
    def answer(*args: Given.args, **kwargs: Given.kwargs) -> Response:
        tag = _edition()
        if request.if_none_match.contains_weak(tag):
            response = Response(status=HTTPStatus.NOT_MODIFIED)
        else:
            response = make_response(view(*args, **kwargs))
        # Weak: a proxy may compress the page.
        response.set_etag(tag, weak=True)
        response.headers["Cache-Control"] = "public, no-cache"
        return response

    return answer


def for_any_origin(view: Callable[Given, Response]) -> Callable[Given, Response]:
    """Let scripts on other people's pages read the answer: it is the same for everybody."""

    @wraps(view)
    def answer(*args: Given.args, **kwargs: Given.kwargs) -> Response:
        response = view(*args, **kwargs)
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    return answer


def _edition() -> str:
    """Name this edition of all public pages: the log, the language, and the portal's own files."""
    log = queries.edition(db.session())
    return f"{log}-{get_locale()}-{current_app.config['EDITION']}"


@dataclass(frozen=True, slots=True)
class Drawings:
    """What is drawn on the front page; no bars while nothing is paid."""

    share: Markup
    narrow: Markup | None
    wide: Markup | None


@bp.get("/")
@kept_by_readers
def show_front() -> ResponseReturnValue:
    """Show how much came in, went out, is left, and how fast."""
    page = queries.front_page(db.session())
    drawings = _drawings(page) if page else None
    return render_template("public/publishing/show_front.html", page=page, drawings=drawings)


def _drawings(page: FrontPage) -> Drawings:
    figures, is_english = page.figures, str(get_locale()) == "en"
    share = charts.share_bar(
        [
            charts.Part(figures.disbursed, Tone.ARRIVED),
            charts.Part(figures.committed, Tone.WAITING),
            charts.Part(figures.fees, Tone.LOST),
            charts.Part(figures.left, Tone.LEFT),
        ],
        text=ChartText(
            "share",
            gettext("How the money received divides"),
            gettext(
                "Paid out, approved but not yet paid, kept by the bank, and left; "
                "the amounts stand above."
            ),
        ),
    )
    if not figures.disbursed:
        return Drawings(share, None, None)
    bars = [
        NameBar(part.short.en if is_english else part.short.th, part.disbursed)
        for part in page.subcommittees
    ]
    text = ChartText(
        "paid",
        gettext("Money paid out, by subcommittee"),
        gettext("One bar for each subcommittee; the table under the chart has the same amounts."),
    )
    return Drawings(
        share,
        narrow=charts.bars_by_name(bars, text=text, width=charts.PHONE),
        wide=charts.bars_by_name(bars, text=text, width=charts.DESK),
    )


@bp.get("/requests")
@kept_by_readers
def list_requests() -> ResponseReturnValue:
    """Show the published requests, newest act first."""
    status, session = _status(), db.session()
    found = queries.requests(
        session, queries.names(session), statuses=[status] if status else (), before=_before()
    )
    return render_template("public/publishing/list_requests.html", found=found, status=status)


@bp.get(f"/requests.{ENDING}")
@kept_by_readers
def export_requests(ending: str) -> ResponseReturnValue:
    """Send the list of the published requests as it is narrowed."""
    known = queries.names(db.session())
    return download(request_sheet(db.engine, known, status=_status()), ending)


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
    found = donations(db.session(), before=_before())
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
    page = log_page(db.session(), before=_before())
    return render_template("public/publishing/show_log.html", page=page)


@bp.get("/log/about")
@kept_by_readers
def show_about_log() -> ResponseReturnValue:
    """Say in everyday words what the log proves and what it does not."""
    base_url = current_app.extensions["install"].settings.base_url
    return render_template("public/publishing/show_about_log.html", log_url=f"{base_url}/log")


def _status() -> str:
    status = request.args.get("status", "")
    if status not in {"", *queries.STATUSES}:
        abort(HTTPStatus.NOT_FOUND)
    return status


def _before() -> int | None:
    """Return the log position before which the page begins."""
    before = request.args.get("before", None, type=int)
    return None if before is None else min(max(before, 0), POSITION_MAX)


@bp.get("/api/v1/figures")
@for_any_origin
@kept_by_readers
def send_figures() -> ResponseReturnValue:
    """Send every public figure and the log it comes from, for other people's programs."""
    return jsonify(every_figure(db.session()))


@bp.get("/healthz")
def show_health() -> ResponseReturnValue:
    """Say that the portal answers and reads its database."""
    queries.foundation_name(db.session())
    return {"ok": True}
