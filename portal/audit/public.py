"""The published log as plain files, for anybody with any tool; no session, any origin."""

from __future__ import annotations

from flask import Blueprint
from flask import Response
from flask import current_app
from flask import jsonify
from flask import send_from_directory

from portal.audit import queries
from portal.audit.entry import unix_text
from portal.audit.folder import Folder
from portal.audit.proving import prove
from portal.audit.witnessing import NEWEST
from portal.audit.witnessing import POLICY
from portal.audit.witnessing import WITNESSED
from portal.audit.witnessing import Standing
from portal.audit.witnessing import heads
from portal.db import db

bp = Blueprint("audit", __name__)

FOR_EVER = "public, max-age=31536000, immutable"


def _folder() -> Folder:
    folder: Folder = current_app.extensions["install"].folder
    return folder


@bp.get(f"/log/<any({NEWEST},{WITNESSED},{POLICY}):name>")
def send_text(name: str) -> Response:
    """Send the newest checkpoint, the newest that enough witnesses cosigned, or the policy.

    The policy names the keys of the log, its witnesses, and how many are enough (tlog-policy).
    """
    sent = send_from_directory(_folder().path, name, mimetype="text/plain")
    return _open(sent, "no-cache")


@bp.get("/log/tile/<path:name>")
def send_tile(name: str) -> Response:
    """Send a tile or an entry bundle: it never changes."""
    sent = send_from_directory(_folder().path / "tile", name, mimetype="application/octet-stream")
    return _open(sent, FOR_EVER)


@bp.get("/audit/status/<eid>")
def send_status(eid: str) -> Response:
    """Send how far an entry has come: committed, sequenced, published or witnessed."""
    index = queries.position(db.session(), eid)
    seen = heads(_folder())
    standing = seen.standing(index)
    told: dict[str, object] = {"eid": eid, "index": index, "standing": standing}
    told["published_size"] = seen.newest.checkpoint.size
    if seen.witnessed is not None and standing is Standing.WITNESSED:
        told["witnessed"] = {
            "size": seen.witnessed.checkpoint.size,
            "by": {name: unix_text(at) for name, at in seen.witnessed.witnessed.items()},
        }
    return _open(jsonify(told), "no-cache")


@bp.get("/proof/<eid>.tlog-proof")
def send_proof(eid: str) -> Response:
    """Send the proof file of an entry: its bytes, its place, and the checkpoint that covers it."""
    index = queries.position(db.session(), eid)
    proof = prove(_folder(), index, heads(_folder()).best_note(index))
    response = Response(str(proof), mimetype="text/plain")
    response.headers["Content-Disposition"] = f"attachment; filename={eid}.tlog-proof"
    return _open(response, "no-cache")


def _open(response: Response, cache_control: str) -> Response:
    response.headers["Cache-Control"] = cache_control
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
