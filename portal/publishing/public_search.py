"""The public search over requests: a page, and the download of exactly what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Blueprint
from flask import abort
from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.db import db
from portal.db import page_engine
from portal.downloads import CSV
from portal.downloads import OPEN_ENDING
from portal.downloads import csv_download
from portal.downloads import download
from portal.errors import N_
from portal.labels import TABLES
from portal.publishing.keeping import kept_by_readers
from portal.publishing.narrowing import narrowed
from portal.publishing.public_words import spoken_words
from portal.publishing.queries import STATUSES
from portal.publishing.queries import Names
from portal.publishing.queries import names
from portal.publishing.request_lines import csv_lines
from portal.publishing.request_sheet import request_sheet
from portal.publishing.searched import Found
from portal.publishing.searched import found
from portal.publishing.searching import TEXT_MAX
from portal.publishing.searching import Facet
from portal.publishing.searching import Order
from portal.publishing.searching import Search
from portal.security import costly
from portal.security import whole
from portal.thai import tidy
from portal.words import in_language
from portal.words import shown

bp = Blueprint("search", __name__)

KEY_MAX = 2**63 - 1
# What an address may hold as it is, as Flask writes it too.
_AS_THEY_ARE = "!$'()*,/:;?@"
_TITLES = {
    Facet.STATUS: N_("Where it stands"),
    Facet.YEAR: N_("Fiscal year"),
    Facet.CATEGORY: N_("Kind of help"),
    Facet.SUBCOMMITTEE: N_("Subcommittee"),
    Facet.FUND: N_("Fund"),
    Facet.KIND: N_("For whom"),
    Facet.AMOUNT: N_("Amount"),
}
# Where the names of a facet's codes stand, if not in the log.
_TABLES = {Facet.STATUS: "state", Facet.KIND: "kind", Facet.AMOUNT: "band"}


@dataclass(frozen=True, slots=True)
class Option:
    """One link of a facet."""

    label: str
    url: str
    count: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FacetLinks:
    """A facet as the page shows it."""

    title: str
    options: Sequence[Option]
    is_narrowed: bool


@bp.get("/requests")
@costly
@kept_by_readers
def list_requests() -> ResponseReturnValue:
    """Show the published requests that are searched for."""
    session, search = db.session(), _asked()
    known = names(session)
    page = found(session, search, known, spoken_words(search))
    return render_template(
        "public/search/list_requests.html",
        search=search,
        found=page,
        facets=_facets(search, page, known),
        orders=[(order, _link(search, sort=order.value), order is search.order) for order in Order],
        chosen=[
            (_label(facet, code, known), _link(search.without(facet)))
            for facet, code in search.narrowed.items()
        ],
        newer_url=_link(search, after=page.newer) if page.newer is not None else None,
        older_url=_link(search, before=page.older) if page.older is not None else None,
    )


@bp.get(f"/requests.{OPEN_ENDING}")
@whole
@kept_by_readers
def export_requests(ending: str) -> ResponseReturnValue:
    """Send all that is searched for."""
    session, search = db.session(), _asked()
    conditions, known = narrowed(search, spoken_words(search)), names(session)
    if ending == CSV:
        said = {key: in_language(name) for key, name in known.items()}
        return csv_download("requests", csv_lines(page_engine(), said, search, conditions))
    return download(request_sheet(page_engine(), known, search, conditions), ending)


def _asked() -> Search:
    typed = request.args
    narrowed_by = {facet: typed[facet.value] for facet in Facet if typed.get(facet.value)}
    if narrowed_by.get(Facet.STATUS, STATUSES[0]) not in STATUSES:
        abort(HTTPStatus.NOT_FOUND)
    order = typed.get("sort", "")
    return Search(
        text=tidy(typed.get("q", ""))[:TEXT_MAX],
        narrowed=narrowed_by,
        order=Order(order) if order in set(Order) else Order.NEWEST_ACT,
        before=_key("before"),
        after=_key("after"),
    )


def _key(name: str) -> int | None:
    key = request.args.get(name, None, type=int)
    return None if key is None else min(max(key, 0), KEY_MAX)


def _link(search: Search, **more: str | int) -> str:
    # A page has some ninety of these; `url_for` would look the page up for each.
    asked = urlencode({**search.address, **more}, safe=_AS_THEY_ARE)
    page = f"{request.script_root}{request.path}"
    return f"{page}?{asked}" if asked else page


def _facets(search: Search, page: Found, known: Names) -> Iterator[FacetLinks]:
    for facet, title in _TITLES.items():
        chosen = search.narrowed.get(facet)
        options = [
            Option(
                label=_label(facet, one.code, known),
                url=_link(search.narrow(facet, one.code)),
                count=f"{one.count:,}",
                is_chosen=one.code == chosen,
            )
            for one in page.facets[facet]
        ]
        every = Option(gettext("All"), _link(search.without(facet)), "", chosen is None)
        yield FacetLinks(gettext(title), [every, *options], chosen is not None)


def _label(facet: Facet, code: str, known: Names) -> str:
    """Return the name of a code in the language of the page, or a code that nothing has."""
    table = _TABLES.get(facet)
    if table is not None:
        return shown(code, table) if code in TABLES[table] else code
    name = known.get((facet.value, code))
    return code if name is None else in_language(name)
