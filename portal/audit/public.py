"""The published log as plain files, for anybody with any tool; no session, any origin."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint
from flask import Response
from flask import current_app
from flask import render_template
from flask import send_from_directory
from markupsafe import Markup

from portal.audit import queries
from portal.audit import verifier
from portal.audit.folder import Folder
from portal.audit.proving import prove
from portal.db import db
from portal.errors import N_
from portal.words import in_both

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
    return _open(Response(_policy(), mimetype="text/plain"), "no-cache")


def _policy() -> str:
    return f"log {current_app.extensions['install'].signer.vkey}\nquorum none\n"


@bp.get("/proof/<eid>.tlog-proof")
def send_proof(eid: str) -> Response:
    """Send the proof file of an entry: its bytes, its place, and the checkpoint that covers it."""
    index = queries.position(db.session(), eid)
    proof = prove(Folder(_folder()), index)
    response = Response(str(proof), mimetype="text/plain")
    response.headers["Content-Disposition"] = f"attachment; filename={eid}.tlog-proof"
    return _open(response, "no-cache")


@bp.get("/v")
def show_verifier() -> Response:
    """Show the page that checks documents and proofs in the browser."""
    install = current_app.extensions["install"]
    page = render_template(
        "public/audit/show_verifier.html",
        N_=N_,
        both=_both,
        verifier=verifier,
        address=install.settings.base_url,
        policy={"origin": install.signer.vkey.name, "text": _policy()},
    )
    response = Response(page)
    response.headers["Content-Security-Policy"] = verifier.HEADER
    return _open(response, "no-cache")


def _both(text: str) -> Markup:
    """Write a text in both languages; the style of the page shows one."""
    thai, english = in_both({text: text})[text]
    spans = Markup('<span class="th" lang="th">{}</span><span class="en" lang="en">{}</span>')
    return spans.format(thai, english)


def _open(response: Response, cache_control: str) -> Response:
    response.headers["Cache-Control"] = cache_control
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
