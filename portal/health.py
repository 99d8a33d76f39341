"""Whether the portal lives, and whether it can do its work: for proxies, monitors and upgrades."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from functools import cache
from http import HTTPStatus

from alembic.script import ScriptDirectory
from flask import Blueprint
from flask import Response
from flask import current_app
from flask import jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.clock import now
from portal.db import db
from portal.errors import PortalError
from portal.install import Install
from portal.standing import free_bytes
from portal.standing import waiting_entries

# Publishing takes seconds: what waits longer waits for somebody to look.
LOG_LATE = timedelta(minutes=10)
# Papers, the log and the database's own journals need room to be written whole.
ROOM_BYTES_MIN = 512 * 1024 * 1024

bp = Blueprint("health", __name__)


class Part(StrEnum):
    """What must be well before the portal can do its work."""

    DATABASE = "database"
    MIGRATIONS = "migrations"
    LOG = "log"
    DISK = "disk"
    KEYS = "keys"


@bp.get("/healthz")
def send_health() -> Response:
    """Say that this process answers; nothing else is looked at."""
    return _never_kept(jsonify(ok=True))


@bp.get("/healthz/ready")
def send_readiness() -> tuple[Response, HTTPStatus]:
    """Say whether everything is there that work needs, and which part is not."""
    found = {part: _is_well(look) for part, look in PARTS.items()}
    status = HTTPStatus.OK if all(found.values()) else HTTPStatus.SERVICE_UNAVAILABLE
    return _never_kept(jsonify(ready=all(found.values()), parts=found)), status


def _never_kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_well(look: Callable[[], bool]) -> bool:
    """Look at a part; what it says when it fails is for the journal of who runs the portal."""
    try:
        return look()
    except (SQLAlchemyError, PortalError, OSError, sqlite3.Error):
        return False
    finally:
        db.session.rollback()


def _database_answers() -> bool:
    return bool(db.session.scalar(text("SELECT 1")) == 1)


def is_migrated() -> bool:
    """Say whether the database has the newest tables that this code knows."""
    known = newest_migration(current_app.config["MIGRATIONS_DIR"])
    return bool(db.session.scalar(text("SELECT version_num FROM alembic_version")) == known)


@cache
def newest_migration(folder: str) -> str | None:
    """Return the newest migration of this code; to find it, every file of the folder is run."""
    return ScriptDirectory(folder).get_current_head()


def _log_is_in_time() -> bool:
    return waiting_entries(db.session(), at=now()).oldest <= LOG_LATE


def _disk_has_room() -> bool:
    return free_bytes(_install()) >= ROOM_BYTES_MIN


def _keys_are_readable() -> bool:
    install = _install()
    # Opening the store would make a missing one anew.
    are_there = all(os.access(path, os.R_OK) for path in install.key_files)
    return are_there and install.vault.destroyed() is not None


def _install() -> Install:
    install: Install = current_app.extensions["install"]
    return install


PARTS: Mapping[Part, Callable[[], bool]] = {
    Part.DATABASE: _database_answers,
    Part.MIGRATIONS: is_migrated,
    Part.LOG: _log_is_in_time,
    Part.DISK: _disk_has_room,
    Part.KEYS: _keys_are_readable,
}
