# ruff: noqa: S608 - every word of these statements is our own
"""What SQLite refuses on the portal's own connections, where no login stands between."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from portal.db import KEPT
from portal.db import LASTING
from portal.db import PASSING
from portal.db import Base
from portal.db import db
from portal.db import writing
from tests.conftest import Portal
from tests.conftest import owners
from tests.world import World

pytestmark = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)

PORTAL = Path(__file__).parents[2] / "portal"


def key(table: str) -> str:
    """Return the first column of a table's key."""
    return next(iter(Base.metadata.tables[table].primary_key)).name


REFUSED = (
    *(f"UPDATE {table} SET {key(table)} = {key(table)}" for table in sorted(KEPT | PASSING)),
    *(f"DELETE FROM {table}" for table in sorted(KEPT | LASTING)),
    "INSERT INTO log_entry VALUES (1, '', x'7b7d') ON CONFLICT DO UPDATE SET body = x'7b7d'",
    "INSERT INTO log_seq VALUES (0, 2) ON CONFLICT (idx) DO UPDATE SET seqno = excluded.seqno",
    "WITH one AS (SELECT 1) UPDATE log_entry SET body = x'7b7d' WHERE seqno IN one",
    "INSERT INTO log_pending (seqno) VALUES (1)",
    "REPLACE INTO log_pending SELECT * FROM log_pending",
    "DROP TABLE log_entry",
    "DROP TABLE log_pending",
    "DROP TABLE youth",
    "DROP TRIGGER log_entry_no_update",
    "DROP TRIGGER log_entry_waits",
    "DROP TRIGGER payment_needs_entry",
    "DROP INDEX uq_payment_alive",
    "ALTER TABLE log_entry RENAME TO old_entry",
    "ALTER TABLE log_seq ADD COLUMN more",
    "ALTER TABLE payment DROP COLUMN bank_reference",
    "CREATE TRIGGER mine BEFORE INSERT ON log_entry BEGIN SELECT RAISE(IGNORE); END",
    "CREATE TEMP TRIGGER mine BEFORE INSERT ON log_entry BEGIN SELECT RAISE(IGNORE); END",
    # It would hide the log from every later act of this connection.
    "CREATE TEMP TABLE log_entry (seqno, eid, body)",
    "CREATE TEMP VIEW log_entry AS SELECT 1",
    "CREATE TABLE mine (id)",
    "CREATE INDEX mine ON payment (state)",
    "CREATE VIRTUAL TABLE mine USING fts5(body)",
    "REINDEX",
    "ANALYZE",
    "ATTACH ':memory:' AS other",
    "DETACH other",
    "PRAGMA writable_schema = ON",
    "PRAGMA WRITABLE_SCHEMA(1)",
    "PRAGMA main.writable_schema = RESET",
    "PRAGMA recursive_triggers = off",
    "PRAGMA foreign_keys = off",
    "PRAGMA defer_foreign_keys = on",
    "PRAGMA ignore_check_constraints = on",
    "PRAGMA synchronous = off",
    "PRAGMA journal_mode = off",
    "PRAGMA schema_version = 1",
    "PRAGMA user_version = 1",
    "PRAGMA trusted_schema = 0",
)


@pytest.fixture(autouse=True)
def told(portal: Portal) -> Portal:
    """Tell one request from the field to the bank; it is still to be published."""
    with writing(db.engine, portal.install.session_info()) as session:
        World(session).confirmed()
    return portal


def said(engine: Engine, statement: str) -> str:
    """Return what SQLite says to this statement, which is undone if it passes."""
    try:
        with Session(engine) as session:
            session.execute(text(statement))
    except DatabaseError as error:
        return str(error.orig)
    return ""


def test_what_only_the_owner_does_is_refused() -> None:
    answers = {statement: said(db.engine, statement) for statement in REFUSED}
    assert answers == dict.fromkeys(REFUSED, "not authorized")


def test_it_is_the_guard_that_refuses() -> None:
    answers = {statement: said(owners(), statement) for statement in REFUSED}
    assert [statement for statement, answer in answers.items() if "author" in answer] == []


def test_a_connection_stays_guarded() -> None:
    statement = "DELETE FROM log_seq"
    with db.engine.connect() as first, db.engine.connect() as second:
        for connection in (first, second.execution_options(writes=True)):
            for _ in range(2):
                with pytest.raises(DatabaseError, match="not authorized"):
                    connection.execute(text(statement))
                connection.rollback()
    db.engine.dispose()
    assert said(db.engine, statement) == "not authorized"


def test_what_works_needs_no_more(told: Portal) -> None:
    with Session(db.engine) as session:
        for statement in (
            "SELECT sql FROM sqlite_master",
            "PRAGMA foreign_keys",
            "PRAGMA table_info(log_entry)",
            "SAVEPOINT one",
            "UPDATE balance SET satang = satang",
            "DELETE FROM private_field WHERE subject = 'youth:0'",
        ):
            session.execute(text(statement))
    assert told.install.publish(db.engine) is not None


def test_guard_and_triggers_keep_the_same_tables() -> None:
    with db.engine.connect() as connection:
        triggers = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        found = {
            verb: set(re.findall(rf"^(\w+)_no_{verb}$", names, re.MULTILINE))
            for names in ["\n".join(triggers)]
            for verb in ("update", "delete")
        }
    # What is decided once is kept from then on.
    once = {"private_field", "erasure", "opening", "consent", "attachment"}
    assert found == {"update": KEPT | once, "delete": KEPT | LASTING}
    assert Base.metadata.tables.keys() >= KEPT | LASTING | PASSING


def test_nothing_in_the_portal_goes_round_the_guard() -> None:
    # A restore and a move fill a database that holds nothing yet, and refuse every other.
    allowed = {
        "owners_engine": {PORTAL / name for name in ("db.py", "cli_backup.py", "moving.py")},
        "set_authorizer": {PORTAL / "db.py"},
    }
    for word, paths in allowed.items():
        assert {path for path in PORTAL.rglob("*.py") if word in path.read_text("utf-8")} == paths
