"""The open API: read-only JSON for other people's programs, and the feed of payments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint
from flask import Response
from flask import current_app
from flask import jsonify
from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue

from portal.db import db
from portal.errors import N_
from portal.errors import InputError
from portal.labels import Name
from portal.publishing.keeping import for_any_origin
from portal.publishing.keeping import kept_by_readers
from portal.publishing.models import PublishedRequest
from portal.publishing.open_api import KEY_PATTERN
from portal.publishing.open_api import LIMIT_MAX
from portal.publishing.open_api import LIMIT_USUAL
from portal.publishing.open_api import PATHS
from portal.publishing.open_api import SEARCH_PARAMETERS
from portal.publishing.open_api import Json
from portal.publishing.open_api import document
from portal.publishing.part_page import as_of
from portal.publishing.part_page import part_list
from portal.publishing.payment_pages import PaidOut
from portal.publishing.payment_pages import payment_lines
from portal.publishing.payment_pages import public_payment
from portal.publishing.public_words import spoken_words
from portal.publishing.queries import foundation_name
from portal.publishing.queries import names
from portal.publishing.report_page import newest_reports
from portal.publishing.request_page import published_request
from portal.publishing.searched import found
from portal.publishing.searching import TEXT_MAX
from portal.publishing.searching import Facet
from portal.publishing.searching import Order
from portal.publishing.searching import Search
from portal.security import costly

bp = Blueprint("api", __name__, url_prefix="/api/v1")

_KINDS: Mapping[str, str] = {
    "funds": "fund",
    "subcommittees": "subcommittee",
    "categories": "category",
}


KEY_MAX = 2**63 - 1
REPORTS_IN_FEED = 20


class ParameterError(InputError):
    """A parameter of an address that the API cannot read."""

    def __init__(self, name: str) -> None:
        super().__init__(N_("The parameter {name} cannot be read."), name=name)


@bp.get("/")
@for_any_origin
@kept_by_readers
def send_index() -> ResponseReturnValue:
    """Say what there is."""
    addresses = {
        path.strip("/"): f"{_base()}{path}" for path in PATHS if "{" not in path and path != "/"
    }
    return jsonify(addresses | {"openapi": f"{_base()}/openapi.json"})


@bp.get("/openapi.json")
@for_any_origin
@kept_by_readers
def send_document() -> ResponseReturnValue:
    """Describe the API in a form that programs read."""
    name = foundation_name(db.session())
    base_url = current_app.extensions["install"].settings.base_url
    return jsonify(document(base_url, name.en if name else "Portal"))


@bp.get(f"/<any({','.join(_KINDS)}):kinds>")
@for_any_origin
@kept_by_readers
def send_parts(kinds: str) -> ResponseReturnValue:
    """Send all funds, subcommittees or kinds of help, and their money."""
    parts = part_list(db.session(), _KINDS[kinds]).parts
    items = [
        {
            "code": part.code,
            "name": _named(part.name),
            "given_satang": part.given.satang,
            "approved_satang": part.approved.satang,
            "committed_satang": part.committed.satang,
            "disbursed_satang": part.disbursed.satang,
        }
        for part in parts
    ]
    return jsonify({"items": items})


@bp.get("/requests")
@costly
@for_any_origin
@kept_by_readers
def send_requests() -> ResponseReturnValue:
    """Send a page of what a search finds."""
    session, search = db.session(), _asked()
    limit = _limit()
    page = found(session, search, names(session), spoken_words(search), length=limit)
    address = {**search.address, "limit": str(limit), "before": str(page.older)}
    return jsonify(
        {
            "items": [_request(row) for row in page.rows],
            "count": page.count,
            "satang": page.amount.satang,
            "next": None if page.older is None else f"{_base()}/requests?{urlencode(address)}",
        }
    )


@bp.get("/requests/<reference>")
@for_any_origin
@kept_by_readers
def send_request(reference: str) -> ResponseReturnValue:
    """Send one request."""
    return jsonify(_request(published_request(db.session(), reference)))


@bp.get("/payments")
@costly
@for_any_origin
@kept_by_readers
def send_payments() -> ResponseReturnValue:
    """Send a page of confirmed payments."""
    page = payment_lines(db.session(), before=_before())
    later = None if page.older is None else f"{_base()}/payments?before={page.older}"
    return jsonify({"items": [_payment(line) for line in page.lines], "next": later})


@bp.get("/payments/<reference>")
@for_any_origin
@kept_by_readers
def send_payment(reference: str) -> ResponseReturnValue:
    """Send one confirmed payment."""
    return jsonify(_payment(public_payment(db.session(), reference).payment))


@bp.get("/feed.atom")
@for_any_origin
@kept_by_readers
def send_feed() -> ResponseReturnValue:
    """Send the newest confirmed payments and published reports as a feed to subscribe to."""
    session = db.session()
    feed = render_template(
        "public/api/feed.atom",
        lines=payment_lines(session).lines,
        reports=newest_reports(session, REPORTS_IN_FEED),
        as_of=as_of(session),
        base_url=_site(),
    )
    return Response(feed, mimetype="application/atom+xml")


def _site() -> str:
    return f"{current_app.extensions['install'].settings.base_url}{request.script_root}"


def _base() -> str:
    return f"{_site()}/api/v1"


def _named(name: Name) -> Json:
    return {"th": name.th, "en": name.en}


def _request(row: PublishedRequest) -> Json:
    return {
        "reference": row.reference,
        "status": row.status,
        "kind": row.kind,
        "fund": row.fund,
        "subcommittee": row.subcommittee,
        "category": row.category,
        "purpose": row.purpose,
        "fiscal_year": row.fiscal_year,
        "satang": row.satang,
        "approved_satang": row.approved_satang,
        "disbursed_satang": row.disbursed_satang,
        "is_urgent": row.is_urgent,
        "submitted_at": row.submitted_at,
        "decided_at": row.decided_at or None,
        "paid_at": row.paid_at or None,
        "newest_entry": row.last_index,
        "url": f"{_site()}/requests/{row.reference}",
    }


def _payment(line: PaidOut) -> Json:
    return {
        "reference": line.reference,
        "request": line.request,
        "fund": _named(line.fund),
        "subcommittee": _named(line.subcommittee),
        "category": _named(line.category),
        "satang": line.amount.satang,
        "confirmed_at": line.at.isoformat(),
        "entry": line.index,
        "url": f"{_site()}/payments/{line.reference}",
    }


def _asked() -> Search:
    """Read the search, or refuse what the document does not allow."""
    for parameter in SEARCH_PARAMETERS:
        _check(parameter)
    typed = request.args
    return Search(
        text=typed.get("q", ""),
        narrowed={facet: typed[facet.value] for facet in Facet if facet.value in typed},
        order=Order(typed.get("sort", Order.NEWEST_ACT)),
        before=_before(),
    )


def _check(parameter: Json) -> None:
    """Refuse a parameter that is not as its schema says."""
    name, schema = parameter["name"], parameter["schema"]
    values = request.args.getlist(name)
    if not values:
        return
    is_good = (
        len(values) == 1
        and ("enum" not in schema or values[0] in schema["enum"])
        and ("pattern" not in schema or re.fullmatch(schema["pattern"], values[0]) is not None)
    )
    if not is_good or len(values[0]) > schema.get("maxLength", TEXT_MAX):
        raise ParameterError(name)


def _limit() -> int:
    written = request.args.get("limit", str(LIMIT_USUAL))
    if not re.fullmatch("[0-9]{1,3}", written) or not 1 <= int(written) <= LIMIT_MAX:
        raise ParameterError("limit")
    return int(written)


def _before() -> int | None:
    written = request.args.get("before")
    if written is None:
        return None
    if not re.fullmatch(KEY_PATTERN, written):
        raise ParameterError("before")
    return min(int(written), KEY_MAX)
