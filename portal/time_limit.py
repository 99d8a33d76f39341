"""A time limit on each question of a page to the database: none keeps others waiting.

A public page may take less time than one behind a door, and what is done there.

Downloads are not among them: they are read as fast as their reader takes them.
"""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from flask import Flask
from flask import current_app
from psycopg.errors import QueryCanceled
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy import text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.orm import Session

from portal.db import db
from portal.errors import N_
from portal.errors import BusyError
from portal.security import PRIVATE
from portal.security import door

OPTION = "milliseconds_max"
# How many steps SQLite makes between two looks at the clock: far less than a millisecond.
STEPS = 10_000


class TookTooLongError(BusyError):
    """A question took longer than a page may."""

    def __init__(self) -> None:
        super().__init__(
            N_("This took longer than a page may take, and was stopped. Ask for less.")
        )


def attach(app: Flask, engine: Engine) -> None:
    """Limit the pages of this app, which read from this engine."""
    app.before_request(_limit)
    keep_to_limits(engine)


def keep_to_limits(engine: Engine) -> None:
    """Let the sessions of an engine be limited."""
    event.listen(engine, "handle_error", _explain)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "before_cursor_execute", _start_clock)
        event.listen(engine, "checkin", _stop_clock)


def _limit() -> None:
    """Before anything is asked, who has signed in included."""
    name = "OFFICE_QUERY_MS" if door() in PRIVATE else "PUBLIC_QUERY_MS"
    limit(db.session(), milliseconds=current_app.config[name])


def limit(session: Session, *, milliseconds: int) -> None:
    """Let each statement of this session take so long, from its next transaction on."""
    session.info[OPTION] = milliseconds


@event.listens_for(Session, "after_begin")
def _carry_over(session: Session, _transaction: object, connection: Connection) -> None:
    milliseconds = session.info.get(OPTION)
    if milliseconds is None:
        return
    if connection.dialect.name == "postgresql":
        until_the_end = text("SELECT set_config('statement_timeout', :milliseconds, true)")
        connection.execute(until_the_end, {"milliseconds": str(milliseconds)})
    else:
        connection.execution_options(**{OPTION: milliseconds})


def _start_clock(connection: Connection, cursor: Any, *_: object) -> None:  # the driver's own class
    milliseconds = connection.get_execution_options().get(OPTION)
    if milliseconds is not None:
        until = time.monotonic() + milliseconds / 1000
        cursor.connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)


def _stop_clock(connection: Any, _record: object) -> None:  # the driver's own class
    """Whoever gets the connection next may take their time."""
    if connection is not None:
        connection.set_progress_handler(None, 0)


def _explain(context: ExceptionContext) -> None:
    if _was_stopped(context.original_exception):
        raise TookTooLongError from context.original_exception


def _was_stopped(error: BaseException) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
    return isinstance(error, QueryCanceled)
