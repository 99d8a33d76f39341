"""What the database itself refuses, whoever asks: the second guard behind the services."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import closing
from uuid import uuid4

import pytest
from sqlalchemy import Connection
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.db import Base
from portal.db import db
from portal.db import writing
from tests.conftest import Portal
from tests.world import World

KEPT = (
    "log_entry",
    "log_seq",
    "journal_entry",
    "posting",
    "request_act",
    "request_duty",
    "donation",
    "allocation",
)
LASTING = ("fund_request", "payment", "balance", "counter", "payee_account")
AUDITED = {
    "fund_request": {
        "state": "'withdrawn'",
        "awarded_satang": "awarded_satang + 1",
        "sent_satang": "sent_satang - 1",
        "confirmed_satang": "0",
    },
    "payment": {
        "state": "'voided'",
        "amount_satang": "amount_satang + 1",
        "fund_request_id": "fund_request_id + 1",
        "payee_account_id": "payee_account_id + 1",
    },
}
KEPT_SAYS = {table: f"{table} is append-only" for table in KEPT}
LASTING_SAYS = {table: f"{table} is append-only" for table in LASTING}
# Each collides with what is there: on the row's number, or on what else must be unique.
SECOND_ENTRY = {
    "seqno": "SELECT seqno, '{eid}', body FROM log_entry WHERE seqno = 1",
    "eid": "SELECT 1000000, eid, body FROM log_entry WHERE seqno = 1",
}
OTHER_INDICES = {
    "an index again": "SELECT 0, seqno FROM log_seq WHERE idx = 0",
    "another entry": "SELECT 0, seqno FROM log_seq WHERE idx = 1",
    "an entry again": "SELECT max(idx) + 1, min(seqno) FROM log_seq",
    "a gap": "SELECT max(idx) + 2, max(seqno) + 1 FROM log_seq",
    "below zero": "SELECT -1, max(seqno) + 1 FROM log_seq",
}


@pytest.fixture
def told(portal: Portal) -> Portal:
    """A portal after one request from the field to the bank's answer."""
    with writing(db.engine, portal.install.session_info()) as session:
        World(session).confirmed()
    portal.install.publish(db.engine)
    return portal


@pytest.fixture
def postgresql(told: Portal) -> Portal:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("what only PostgreSQL can be asked")
    return told


@pytest.fixture
def sqlite(told: Portal) -> Portal:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("what only SQLite can be asked")
    return told


def refusal(*statements: str, commit: bool = False) -> str:
    """Return what the database says to these statements, and nothing when it lets them pass."""
    with db.engine.connect() as connection:
        try:
            for statement in statements:
                assert "{" not in statement
                connection.execute(text(statement))
            if commit:
                connection.commit()
        except DBAPIError as error:
            return str(error.orig).partition("\n")[0]
    return ""


def columns(table: str) -> str:
    return ", ".join(column.name for column in Base.metadata.tables[table].columns)


def key(table: str) -> list[str]:
    return [column.name for column in Base.metadata.tables[table].primary_key]


def contents(connection: Connection, tables: Sequence[str]) -> dict[str, list[object]]:
    return {
        table: [*connection.execute(text(f"SELECT {columns(table)} FROM {table} ORDER BY 1, 2"))]  # noqa: S608 - our own words
        for table in tables
    }


@pytest.fixture(autouse=True)
def nothing_changed(told: Portal) -> Iterator[None]:
    """After every refusal all stands as it stood."""
    assert told.install.has_log
    with db.engine.connect() as connection:
        before = contents(connection, (*KEPT, *LASTING))
    assert all(before.values())
    yield
    with db.engine.connect() as connection:
        assert contents(connection, (*KEPT, *LASTING)) == before


def test_what_was_written_is_never_updated() -> None:
    for same in (True, False):
        said = {
            table: refusal(
                f"UPDATE {table} SET {key(table)[0]} = {key(table)[0]} + {int(not same)}"
            )
            for table in KEPT
        }
        assert said == KEPT_SAYS


def test_what_was_written_is_never_deleted() -> None:
    assert {table: refusal(f"DELETE FROM {table}") for table in KEPT} == KEPT_SAYS


def test_requests_payments_and_balances_last() -> None:
    assert {table: refusal(f"DELETE FROM {table}") for table in LASTING} == LASTING_SAYS


def test_private_fields_are_erased_but_never_rewritten() -> None:
    assert refusal("UPDATE private_field SET field = 'x'") == "private_field is append-only"
    assert refusal("DELETE FROM private_field") == ""


def test_no_table_is_emptied(postgresql: Portal) -> None:
    assert postgresql
    tables = (*KEPT, *LASTING)
    said = {table: refusal(f"TRUNCATE {table} CASCADE") for table in tables}
    assert {table for table in tables if not said[table].endswith("is append-only")} == set()
    # Nor by way of a table that they refer to.
    for table in ("person", "fund", "subcommittee", "youth", "foundation"):
        assert refusal(f"TRUNCATE {table} CASCADE").endswith("is append-only") == (
            table != "foundation"
        )


def test_no_row_is_replaced(sqlite: Portal) -> None:
    assert sqlite
    for verb in ("INSERT OR REPLACE", "REPLACE"):
        said = {
            table: refusal(f"{verb} INTO {table} SELECT {columns(table)} FROM {table} LIMIT 1")
            for table in (*KEPT, *LASTING)
        }
        assert said == {
            **KEPT_SAYS,
            **LASTING_SAYS,
            "log_seq": "log_seq takes only the next index",
        }
    for table in KEPT:
        first = key(table)[0]
        assert refusal(f"UPDATE OR REPLACE {table} SET {first} = {first} + 1") == KEPT_SAYS[table]


def test_no_row_is_upserted() -> None:
    said = {}
    for table in KEPT:
        first, names = key(table)[0], columns(table)
        said[table] = refusal(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM {table} WHERE {first} > 0"
            f" ON CONFLICT ({', '.join(key(table))}) DO UPDATE SET {first} = excluded.{first}"
        )
    assert said == {**KEPT_SAYS, "log_seq": "log_seq takes only the next index"}


@pytest.mark.parametrize("collides", SECOND_ENTRY)
def test_an_entry_is_never_taken_for_another(collides: str) -> None:
    insert = f"INTO log_entry (seqno, eid, body) {SECOND_ENTRY[collides].format(eid=uuid4())}"
    upsert = f"INSERT {insert} ON CONFLICT ({collides}) DO UPDATE SET body = excluded.body"
    assert refusal(upsert) == "log_entry is append-only"
    if db.engine.dialect.name == "sqlite":
        for verb in ("INSERT", "INSERT OR REPLACE", "REPLACE", "INSERT OR FAIL"):
            assert refusal(f"{verb} {insert}") == "log_entry is append-only"
    else:
        assert "duplicate key" in refusal(f"INSERT {insert}")


@pytest.mark.parametrize("wrong", OTHER_INDICES)
def test_an_entry_gets_only_the_next_index_and_only_once(wrong: str) -> None:
    insert = f"INTO log_seq (idx, seqno) {OTHER_INDICES[wrong]}"
    is_again = wrong == "an entry again"
    if db.engine.dialect.name == "sqlite":
        for verb in ("INSERT", "INSERT OR REPLACE", "REPLACE"):
            assert refusal(f"{verb} {insert}") == "log_seq takes only the next index"
    elif is_again:
        assert "duplicate key" in refusal(f"INSERT {insert}")
    else:
        assert refusal(f"INSERT {insert}") == "log_seq takes only the next index"
    for column in ("idx", "seqno"):
        upsert = f"INSERT {insert} ON CONFLICT ({column}) DO UPDATE SET seqno = excluded.seqno"
        if db.engine.dialect.name == "sqlite":
            upsert = (
                upsert.replace(" ON CONFLICT", " WHERE true ON CONFLICT")
                .replace("WHERE idx = 0 WHERE true", "WHERE idx = 0")
                .replace("WHERE idx = 1 WHERE true", "WHERE idx = 1")
            )
        assert refusal(upsert)


def test_the_log_does_not_rely_on_how_sqlite_was_told_to_behave(sqlite: Portal) -> None:
    # Without recursive triggers a REPLACE deletes what it collides with and no trigger sees it.
    path = sqlite.install.settings.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA recursive_triggers").fetchone() == (0,)
        for statement in (
            *(
                f"INTO log_entry (seqno, eid, body) {second.format(eid=uuid4())}"
                for second in SECOND_ENTRY.values()
            ),
            *(f"INTO log_seq (idx, seqno) {other}" for other in OTHER_INDICES.values()),
        ):
            for verb in ("INSERT", "INSERT OR REPLACE", "REPLACE"):
                with pytest.raises(sqlite3.IntegrityError, match="append-only|next index"):
                    connection.execute(f"{verb} {statement}")
        for table in KEPT:
            for statement in (f"UPDATE {table} SET rowid = rowid", f"DELETE FROM {table}"):
                with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                    connection.execute(statement)


@pytest.mark.parametrize("table", AUDITED)
def test_money_and_state_do_not_change_without_an_entry(table: str) -> None:
    says = f"{table} changes only with a log entry"
    said = {
        column: refusal(f"UPDATE {table} SET {column} = {value}")
        for column, value in AUDITED[table].items()
    }
    assert said == dict.fromkeys(AUDITED[table], says)
    assert refusal(f"UPDATE {table} SET state = 'draft', log_eid = log_eid") == says
    assert refusal(f"UPDATE {table} SET version = version + 1") == ""


def test_money_and_state_change_with_an_entry() -> None:
    entry = "log_eid = (SELECT eid FROM log_entry WHERE seqno = 1)"
    assert refusal(f"UPDATE payment SET state = 'released', {entry}", commit=False) == ""
    assert refusal(f"UPDATE fund_request SET state = 'approved', {entry}", commit=False) == ""


@pytest.mark.parametrize("table", ["fund_request", "payment", "journal_entry", "request_act"])
def test_an_entry_that_is_named_is_there_at_the_commit(table: str) -> None:
    names = columns(table)
    values = names.replace("log_eid", f"'{uuid4()}'")
    if table in AUDITED:
        statement = f"UPDATE {table} SET log_eid = '{uuid4()}'"
    else:
        values = values.replace("id", f"{10**6}", 1)
        statement = f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} LIMIT 1"
    assert refusal(statement) == ""
    assert "foreign key" in refusal(statement, commit=True).lower()


def test_no_balance_goes_below_zero() -> None:
    for statement in (
        "UPDATE balance SET satang = -1 WHERE place <> 'source'",
        "UPDATE balance SET satang = satang - 100000000000 WHERE place = 'available'",
        "INSERT INTO balance (fund_code, subcommittee_code, place, satang)"
        " VALUES ('GEN', 'SC9', 'available', -1)",
    ):
        assert "never_below_zero" in refusal(statement)
    assert refusal("UPDATE balance SET satang = satang - 1 WHERE place = 'source'") == ""


def test_a_replica_role_does_not_help(postgresql: Portal) -> None:
    assert postgresql
    replica = "SET session_replication_role = replica"
    said = {}
    for table in KEPT:
        first = key(table)[0]
        for statement in (
            f"UPDATE {table} SET {first} = {first}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            said[statement] = refusal(replica, statement)
    for table in LASTING:
        said[f"delete {table}"] = refusal(replica, f"DELETE FROM {table}")
    assert {statement for statement in said if not said[statement].endswith("append-only")} == set()
    for table, changes in AUDITED.items():
        for column, value in changes.items():
            assert refusal(replica, f"UPDATE {table} SET {column} = {value}") == (
                f"{table} changes only with a log entry"
            )
    assert refusal(replica, "INSERT INTO log_seq SELECT max(idx) + 2, 1 FROM log_seq") == (
        "log_seq takes only the next index"
    )


def test_an_entry_added_as_a_replica_waits_like_any_other(postgresql: Portal) -> None:
    assert postgresql
    with db.engine.connect() as connection:
        for statement in (
            "SET session_replication_role = replica",
            f"INSERT INTO log_entry (eid, body) VALUES ('{uuid4()}', '{{}}')",
            "SET CONSTRAINTS ALL IMMEDIATE",
        ):
            connection.execute(text(statement))
        waiting = connection.execute(text("SELECT count(*) FROM log_pending")).scalar()
        assert waiting == 1


def test_the_database_computes_the_leaves_itself(postgresql: Portal) -> None:
    assert postgresql
    with db.engine.connect() as connection:
        wrong = connection.execute(
            text(r"SELECT count(*) FROM log_entry WHERE leaf <> sha256('\x00'::bytea || body)")
        ).scalar()
        assert wrong == 0
    assert "generated" in refusal(
        f"INSERT INTO log_entry (eid, body, leaf) VALUES ('{uuid4()}', '', '')"
    )


def test_no_body_is_larger_than_an_entry_may_be() -> None:
    for size in (0, 1, 16_385):
        body = "00" * size
        literal = f"X'{body}'" if db.engine.dialect.name == "sqlite" else rf"'\x{body}'"
        said = refusal(f"INSERT INTO log_entry (eid, body) VALUES ('{uuid4().hex}', {literal})")
        assert "body_size" in said
