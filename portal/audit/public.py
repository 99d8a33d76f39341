"""The published log as plain files, for anybody with any tool; no session, any origin."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint
from flask import Response
from flask import current_app
from flask import send_from_directory

from portal.audit import queries
from portal.audit.folder import Folder
from portal.audit.proving import prove
from portal.db import db

bp = Blueprint("audit", __name__)

FOR_EVER = "public, max-age=31536000, immutable"


def _folder() -> Path:
    path: Path = current_app.extensions["install"].folder.path
    return path


@bp.get("/log/checkpoint")
def send_checkpoint() -> Response:
    """Send the newest signed checkpoint."""
    return _open(send_from_directory(_folder(), "checkpoint", mimetype="text/plain"), "no-cache")


@bp.get("/log/tile/<path:name>")
def send_tile(name: str) -> Response:
    """Send a tile or an entry bundle: it never changes."""
    sent = send_from_directory(_folder() / "tile", name, mimetype="application/octet-stream")
    return _open(sent, FOR_EVER)


@bp.get("/log/policy")
def send_policy() -> Response:
    """Send the key of the log, in the form of a C2SP tlog-policy."""
    text = f"log {current_app.extensions['install'].signer.vkey}\nquorum none\n"
    return _open(Response(text, mimetype="text/plain"), "no-cache")


@bp.get("/proof/<eid>.tlog-proof")
def send_proof(eid: str) -> Response:
    """Send the proof file of an entry: its bytes, its place, and the checkpoint that covers it."""
    index = queries.position(db.session(), eid)
    proof = prove(Folder(_folder()), index)
    response = Response(str(proof), mimetype="text/plain")
    response.headers["Content-Disposition"] = f"attachment; filename={eid}.tlog-proof"
    return _open(response, "no-cache")


def _open(response: Response, cache_control: str) -> Response:
    response.headers["Cache-Control"] = cache_control
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
