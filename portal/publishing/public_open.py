"""The open data: a page for people, and the files as they were built, for programs."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from flask import Blueprint
from flask import Response
from flask import abort
from flask import current_app
from flask import make_response
from flask import render_template
from flask import request
from flask import send_file
from flask.typing import ResponseReturnValue

from portal.disk import digest
from portal.publishing.open_page import open_data
from portal.publishing.open_versions import CHANGES
from portal.publishing.open_versions import Versions
from portal.publishing.open_writing import SUMS
from portal.publishing.open_writing import read_sums
from portal.security import whole

bp = Blueprint("open_data", __name__, url_prefix="/open-data")

FOR_EVER = "public, max-age=31536000, immutable"
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "sqlite": "application/vnd.sqlite3",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _path() -> Path:
    path: Path = current_app.extensions["install"].open_data
    return path


@bp.get("/")
def show_open_data() -> ResponseReturnValue:
    """Show what there is to fetch, what it means, and what is not told."""
    page = open_data(_path())
    response = make_response(render_template("public/open_data/show_open_data.html", page=page))
    response.headers["Cache-Control"] = "public, no-cache"
    # Weak: a proxy may compress the page.
    response.add_etag(weak=True)
    return response.make_conditional(request)


@bp.get(f"/{CHANGES}")
def send_changes() -> Response:
    """Send the list of versions, and how each differs from the one before."""
    return _sent(_path(), CHANGES, "public, no-cache")


@bp.get("/<name>")
@whole
def send_newest(name: str) -> Response:
    """Send a file of the newest version."""
    return _sent(Versions(_path()).current, name, "public, no-cache")


@bp.get("/<version>/<name>")
@whole
def send_version(version: str, name: str) -> Response:
    """Send a file of a version: it never changes."""
    return _sent(Versions(_path()).folder(version), name, FOR_EVER)


def _sent(folder: Path | None, name: str, cache_control: str) -> Response:
    """Send a file that was built; only what a version lists, and the list of versions."""
    digests = _digests(folder) if folder else {}
    if folder is None or name not in digests:
        abort(HTTPStatus.NOT_FOUND)
    mimetype = TYPES.get(name.rpartition(".")[2], "text/plain; charset=utf-8")
    response = send_file(folder / name, mimetype=mimetype, etag=digests[name], conditional=True)
    response.headers["Cache-Control"] = cache_control
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _digests(folder: Path) -> dict[str, str]:
    own = CHANGES if folder == _path() else SUMS
    if not (folder / own).exists():
        return {}
    listed = read_sums(folder) if own == SUMS else {}
    return listed | {own: digest(folder / own)}
