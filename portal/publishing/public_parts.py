"""The public pages of funds, subcommittees and kinds of help, payments, times and places."""

from __future__ import annotations

from flask import Blueprint
from flask import Response
from flask import current_app
from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext

from portal.db import db
from portal.errors import N_
from portal.errors import NotFoundError
from portal.publishing.drawings import CHARTS
from portal.publishing.drawings import IMAGE_WIDTH
from portal.publishing.drawings import Chart
from portal.publishing.drawings import day_chart
from portal.publishing.drawings import image
from portal.publishing.drawings import month_chart
from portal.publishing.drawings import part_months
from portal.publishing.drawings import parts_chart
from portal.publishing.figure_images import FIGURES
from portal.publishing.figure_images import Picture
from portal.publishing.figure_images import embedding
from portal.publishing.figure_images import figure_image
from portal.publishing.figure_images import pictures
from portal.publishing.figures import figures
from portal.publishing.keeping import before
from portal.publishing.keeping import for_any_origin
from portal.publishing.keeping import kept_by_readers
from portal.publishing.part_page import AsOf
from portal.publishing.part_page import as_of
from portal.publishing.part_page import part_list
from portal.publishing.part_page import part_page
from portal.publishing.part_page import whole_months
from portal.publishing.payment_pages import payment_lines
from portal.publishing.payment_pages import public_payment
from portal.publishing.time_page import place_page
from portal.publishing.time_page import time_page
from portal.security import costly
from portal.thai import bangkok_day
from portal.thai import short_day

bp = Blueprint("parts", __name__)

KINDS = {"funds": "fund", "subcommittees": "subcommittee", "categories": "category"}
_KINDS = f"<any({','.join(KINDS)}):kinds>"
# An image brings its letters along, and does nothing else.
IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; sandbox"


class ChartNotPublishedError(NotFoundError):
    """There is no chart of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(N_("There is no chart {name}."), name=name)


@bp.get(f"/{_KINDS}")
@kept_by_readers
def list_parts(kinds: str) -> ResponseReturnValue:
    """Show all funds, subcommittees or kinds of help, and their money."""
    session, kind = db.session(), KINDS[kinds]
    page = part_list(session, kind)
    return render_template(
        "public/parts/list_parts.html",
        page=page,
        kinds=kinds,
        chart=parts_chart(kind, page.parts, figures(session))
        if any(part.disbursed for part in page.parts)
        else None,
    )


@bp.get(f"/{_KINDS}/<code>")
@kept_by_readers
def show_part(kinds: str, code: str) -> ResponseReturnValue:
    """Show one fund, subcommittee or kind of help."""
    page = part_page(db.session(), KINDS[kinds], code)
    return render_template(
        "public/parts/show_part.html",
        page=page,
        kinds=kinds,
        chart=month_chart(f"{kinds}/{code}", page.months),
    )


@bp.get("/payments")
@costly
@kept_by_readers
def list_payments() -> ResponseReturnValue:
    """Show what the bank has confirmed, the newest first."""
    start = before()
    session = db.session()
    now = as_of(session)
    months = whole_months(session)
    return render_template(
        "public/parts/list_payments.html",
        found=payment_lines(session, before=start),
        months=months,
        chart=month_chart("paid-by-month", months),
        as_of=now,
        is_first=start is None,
    )


@bp.get("/payments/<reference>")
@kept_by_readers
def show_payment(reference: str) -> ResponseReturnValue:
    """Show one payment as the log tells it."""
    page = public_payment(db.session(), reference)
    return render_template("public/parts/show_payment.html", page=page)


@bp.get("/service-times")
@kept_by_readers
def show_times() -> ResponseReturnValue:
    """Show how long requests take."""
    page = time_page(db.session())
    return render_template("public/parts/show_times.html", page=page, chart=day_chart(page))


@bp.get("/places")
@kept_by_readers
def show_places() -> ResponseReturnValue:
    """Show how many requests there are for projects, by amphoe."""
    return render_template("public/parts/show_places.html", page=place_page(db.session()))


@bp.get("/charts")
@kept_by_readers
def list_charts() -> ResponseReturnValue:
    """Show every image that other pages may show, with the line of HTML for each."""
    session = db.session()
    page, base = as_of(session), _base_url() + request.script_root
    return render_template(
        "public/parts/list_charts.html",
        as_of=page,
        pictures=[(one, embedding(base, one)) for one in pictures(session)],
    )


@bp.get("/charts/<name>.svg")
@costly
@for_any_origin
@kept_by_readers
def send_chart(name: str) -> ResponseReturnValue:
    """Send a chart or a single figure as an image that other pages may show."""
    session = db.session()
    if name in FIGURES:
        return _sent(figure_image(session, name, _source(as_of(session))))
    if name not in CHARTS:
        raise ChartNotPublishedError(name)
    return _image(CHARTS[name](session), as_of(session))


@bp.get(f"/charts/{_KINDS}/<code>.svg")
@costly
@for_any_origin
@kept_by_readers
def send_part_chart(kinds: str, code: str) -> ResponseReturnValue:
    """Send the chart of one fund, subcommittee or kind of help as an image."""
    session = db.session()
    return _image(part_months(session, KINDS[kinds], code, name=f"{kinds}/{code}"), as_of(session))


def _image(chart: Chart, now: AsOf) -> Response:
    return _sent(image(chart, _source(now), is_narrow=request.args.get("narrow") == "1"))


def _source(now: AsOf) -> str:
    source: str = gettext(
        "Source: %(address)s, public log, %(count)s entries, %(day)s",
        address=_base_url().partition("://")[2],
        count=f"{now.log_size:,}",
        day=short_day(bangkok_day(now.newest_at), str(get_locale())),
    )
    return source


def _sent(drawn: str) -> Response:
    answer = Response(drawn, mimetype="image/svg+xml")
    answer.headers["Content-Security-Policy"] = IMAGE_POLICY
    return answer


def _base_url() -> str:
    url: str = current_app.extensions["install"].settings.base_url
    return url


@bp.app_template_global()
def embedding_here(chart: Chart) -> str:
    """Return the line of HTML with which another page shows a chart and leads to this page."""
    picture = Picture(chart.name, chart.title, request.path, IMAGE_WIDTH)
    return embedding(_base_url() + request.script_root, picture)
