"""The published log as plain files, for anybody with any tool; no session, any origin."""

from __future__ import annotations

from flask import Blueprint
from flask import Response
from flask import current_app
from flask import jsonify
from flask import render_template
from flask import send_from_directory
from markupsafe import Markup

from portal.audit import queries
from portal.audit import verifier
from portal.audit.entry import unix_text
from portal.audit.folder import Folder
from portal.audit.proving import prove
from portal.audit.witnessing import NEWEST
from portal.audit.witnessing import POLICY
from portal.audit.witnessing import WITNESSED
from portal.audit.witnessing import Standing
from portal.audit.witnessing import heads
from portal.audit.witnessing import published_policy
from portal.db import db
from portal.errors import N_
from portal.words import in_both

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


@bp.get("/v")
def show_verifier() -> Response:
    """Show the page that checks documents and proofs in the browser."""
    settings = current_app.extensions["install"].settings
    page = render_template(
        "public/audit/show_verifier.html",
        N_=N_,
        both=_both,
        verifier=verifier,
        address=settings.base_url,
        policy=_policy(),
    )
    response = Response(page)
    response.headers["Content-Security-Policy"] = verifier.HEADER
    return _open(response, "no-cache")


def _policy() -> dict[str, str]:
    """Return the name of the log and its policy; before anything is published, neither."""
    folder = _folder()
    if not (folder.path / POLICY).exists():
        return {"origin": "", "text": ""}
    origin = published_policy(folder).logs[0].name
    return {"origin": origin, "text": folder.read(POLICY).decode()}


def _both(text: str) -> Markup:
    """Write a text in both languages; the style of the page shows one."""
    thai, english = in_both({text: text})[text]
    spans = Markup('<span class="th" lang="th">{}</span><span class="en" lang="en">{}</span>')
    return spans.format(thai, english)


def _open(response: Response, cache_control: str) -> Response:
    response.headers["Cache-Control"] = cache_control
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
