# ruff: noqa: S608 - every word of these statements is our own
"""What the database itself refuses, whoever asks: the second guard behind the services."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.audit.entry import leaf_hash
from portal.audit.models import LogEntry
from portal.db import Base
from portal.db import db
from portal.db import writing
from portal.funds.sheet_rules import SheetKind
from tests import cases
from tests.conftest import Portal
from tests.conftest import owners
from tests.world import LINED
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
    "document",
    "rule_version",
    "subcommittee",
    "purpose",
    "category",
    "category_subcommittee",
    "fund",
    "signature_rule",
    "target",
    "case_note",
    "youth_act",
    "record_read",
    "finding_act",
    "concern_act",
    "issued_sheet",
)
LASTING = (
    "fund_request",
    "payment",
    "balance",
    "counter",
    "payee_account",
    "request_line",
    "organisation",
    "person",
    "role_grant",
    "referral",
    "follow_up",
    "youth",
    "attachment",
    "consent",
    "finding",
    "concern",
)
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
# Each collides with what is there: on the row's number, or on what else must be unique.
SECOND_ENTRY = {
    "seqno": "SELECT seqno, '{eid}', body FROM log_entry WHERE seqno = 1",
    "eid": "SELECT 1000000, eid, body FROM log_entry WHERE seqno = 1",
}
OTHER_INDICES = {
    "an index again": "SELECT idx, seqno FROM log_seq WHERE idx = 0",
    "another entry there": "SELECT 0, seqno FROM log_seq WHERE idx = 1",
    "an entry again": "SELECT max(idx) + 1, min(seqno) FROM log_seq WHERE true",
    "a gap": "SELECT max(idx) + 2, max(seqno) + 1 FROM log_seq WHERE true",
    "below zero": "SELECT -1, max(seqno) + 1 FROM log_seq WHERE true",
}
NEXT = "log_seq takes only the next index"
NEXT_LINES = "request_line takes only named lines of the next version"
only_postgresql = pytest.mark.parametrize("portal", ["postgresql"], indirect=True)
only_sqlite = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def told(portal: Portal) -> Iterator[Portal]:
    """Tell one request from the field to the bank; after every refusal all stands as it stood."""
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        world.confirmed()
        world.draft(answer=LINED)
        world.issued()
        world.sheet(SheetKind.WITHDRAWAL, 1)
        cases.noted(world, cases.sent(world).youth_id)
        cases.planned(world)
        world.read()
        world.attached()
        world.raised()
        world.received()
        before = contents(session)
    assert all(before.values())
    yield portal
    with Session(db.engine) as session:
        assert contents(session) == before


def contents(session: Session) -> dict[str, list[object]]:
    return {
        table: [*session.execute(text(f"SELECT {columns(table)} FROM {table} ORDER BY 1, 2"))]
        for table in (*KEPT, *LASTING)
    }


def columns(table: str) -> str:
    return ", ".join(column.name for column in Base.metadata.tables[table].columns)


def key(table: str) -> list[str]:
    return [column.name for column in Base.metadata.tables[table].primary_key]


def added(table: str, number: int) -> str:
    """Return the first part of the key, so much later; a text with so much behind it."""
    column = Base.metadata.tables[table].c[key(table)[0]]
    is_number = issubclass(column.type.python_type, int)
    return f"{column.name} + {number}" if is_number else f"{column.name} || '{number or ''}'"


def refusal(*statements: str, commit: bool = False) -> str:
    """Return what the database says to these statements, and nothing when it lets them pass."""
    try:
        with Session(owners()) as session, session.begin() as transaction:
            for statement in statements:
                session.execute(text(statement))
            if not commit:
                transaction.rollback()
    except DBAPIError as error:
        return str(error.orig).partition("\n")[0]
    return ""


def append_only(*tables: str) -> dict[str, str]:
    return {table: f"{table} is append-only" for table in tables}


def test_what_was_written_is_never_updated() -> None:
    for number in (0, 1):
        said = {
            table: refusal(f"UPDATE {table} SET {key(table)[0]} = {added(table, number)}")
            for table in KEPT
        }
        assert said == append_only(*KEPT)
    assert refusal("UPDATE private_field SET field = 'x'") == "private_field is append-only"


def test_what_was_written_is_never_deleted() -> None:
    said = {table: refusal(f"DELETE FROM {table}") for table in (*KEPT, *LASTING)}
    assert said == append_only(*KEPT, *LASTING)
    # But a person may be forgotten.
    assert refusal("DELETE FROM private_field") == ""


@only_postgresql
def test_no_table_is_emptied() -> None:
    said = {table: refusal(f"TRUNCATE {table} CASCADE") for table in (*KEPT, *LASTING)}
    assert [one for one in said.values() if not one.endswith("is append-only")] == []
    # Nor by way of a table that they refer to.
    for table in ("person", "fund", "subcommittee", "youth"):
        assert refusal(f"TRUNCATE {table} CASCADE").endswith("is append-only")


@only_sqlite
def test_no_row_is_replaced() -> None:
    for verb in ("INSERT OR REPLACE", "REPLACE"):
        said = {
            table: refusal(f"{verb} INTO {table} ({names}) SELECT {names} FROM {table} LIMIT 1")
            for table in (*KEPT, *LASTING)
            for names in [columns(table)]
        }
        assert said == append_only(*KEPT, *LASTING) | {"log_seq": NEXT, "request_line": NEXT_LINES}
    said = {
        table: refusal(f"UPDATE OR REPLACE {table} SET {key(table)[0]} = {key(table)[0]} + 1")
        for table in KEPT
    }
    assert said == append_only(*KEPT)


def test_no_row_is_upserted() -> None:
    said = {}
    for table in KEPT:
        first, names = key(table)[0], columns(table)
        said[table] = refusal(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM {table} WHERE {first} IS NOT NULL"
            f" ON CONFLICT ({', '.join(key(table))}) DO UPDATE SET {first} = excluded.{first}"
        )
    assert said == append_only(*KEPT) | {"log_seq": NEXT}


def test_an_entry_is_never_taken_for_another() -> None:
    is_sqlite = db.engine.dialect.name == "sqlite"
    for unique, second in SECOND_ENTRY.items():
        insert = f"INTO log_entry (seqno, eid, body) {second.format(eid=uuid4().hex)}"
        upsert = f"INSERT {insert} ON CONFLICT ({unique}) DO UPDATE SET body = excluded.body"
        assert refusal(upsert) == "log_entry is append-only"
        for verb in ("INSERT", "INSERT OR REPLACE", "REPLACE", "INSERT OR FAIL"):
            if is_sqlite:
                assert refusal(f"{verb} {insert}") == "log_entry is append-only"
        assert refusal(f"INSERT {insert}").startswith("duplicate key") is not is_sqlite


@only_sqlite
def test_an_entry_gets_only_the_next_index_and_only_once_on_sqlite() -> None:
    for other in OTHER_INDICES.values():
        insert = f"INTO log_seq (idx, seqno) {other}"
        for verb in ("INSERT", "INSERT OR REPLACE", "REPLACE"):
            assert refusal(f"{verb} {insert}") == NEXT
        for unique in ("idx", "seqno"):
            upsert = f"INSERT {insert} ON CONFLICT ({unique}) DO UPDATE SET seqno = seqno + 1"
            assert refusal(upsert) == NEXT


@only_postgresql
def test_an_entry_gets_only_the_next_index_and_only_once_on_postgresql() -> None:
    for wrong, other in OTHER_INDICES.items():
        insert = f"INSERT INTO log_seq (idx, seqno) {other}"
        is_again = wrong == "an entry again"
        assert refusal(insert).startswith("duplicate key" if is_again else NEXT)
        for unique in ("idx", "seqno"):
            upsert = f"{insert} ON CONFLICT ({unique}) DO UPDATE SET seqno = excluded.seqno"
            said = {"idx": "duplicate key", "seqno": "log_seq is append-only"}[unique]
            assert refusal(upsert).startswith(said if is_again else NEXT)


@only_sqlite
def test_the_log_does_not_rely_on_how_sqlite_was_told_to_behave(portal: Portal) -> None:
    # Without recursive triggers a REPLACE deletes what it collides with and no trigger sees it.
    path = portal.install.settings.database_url.removeprefix("sqlite:///")
    inserts = [
        *(
            f"log_entry (seqno, eid, body) {one.format(eid=uuid4().hex)}"
            for one in SECOND_ENTRY.values()
        ),
        *(f"log_seq (idx, seqno) {one}" for one in OTHER_INDICES.values()),
    ]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA recursive_triggers").fetchone() == (0,)
        for statement in (
            *(f"{verb} INTO {one}" for verb in ("INSERT OR REPLACE", "REPLACE") for one in inserts),
            *(f"UPDATE {table} SET rowid = rowid" for table in KEPT),
            *(f"DELETE FROM {table}" for table in KEPT),
        ):
            with pytest.raises(sqlite3.IntegrityError, match=f"append-only|{NEXT}"):
                connection.execute(statement)


def test_money_and_state_do_not_change_without_an_entry() -> None:
    for table, changes in AUDITED.items():
        says = f"{table} changes only with a log entry"
        said = {
            column: refusal(f"UPDATE {table} SET {column} = {value}")
            for column, value in changes.items()
        }
        assert said == dict.fromkeys(changes, says)
        assert refusal(f"UPDATE {table} SET state = 'draft', log_eid = log_eid") == says
        assert refusal(f"UPDATE {table} SET state = NULL") == says


def test_what_tells_nothing_of_money_or_state_changes_without_an_entry() -> None:
    for table in AUDITED:
        assert refusal(f"UPDATE {table} SET version = version + 1") == ""


def test_an_entry_that_is_named_is_there_at_the_commit() -> None:
    for table in ("journal_entry", "request_act", "document"):
        names = columns(table)
        is_sqlite = db.engine.dialect.name == "sqlite"
        nowhere = f"'{uuid4().hex}'" if is_sqlite else f"'{uuid4()}'::uuid"
        # A row that would be new, but for the entry that it names.
        other = {"id": "1000000", "log_eid": nowhere, "number": "number + 1"}
        other |= {"digest": "'another'", "facts": "'other facts'"}
        values = ", ".join(other.get(name, name) for name in names.split(", "))
        statement = f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} LIMIT 1"
        assert refusal(statement) == ""
        assert "foreign key" in refusal(statement, commit=True).lower()


def test_no_two_papers_of_a_request_are_one() -> None:
    fresh = {"id": "1000000", "number": "number + 1", "digest": "'another'", "facts": "'other'"}
    names = columns("document")
    for missed, unique in {
        "number": ("fund_request_id", "kind", "number"),
        "facts": ("fund_request_id", "kind", "facts"),
        "digest": ("digest",),
    }.items():
        changed = {name: value for name, value in fresh.items() if name != missed}
        values = ", ".join(changed.get(name, name) for name in names.split(", "))
        said = refusal(f"INSERT INTO document ({names}) SELECT {values} FROM document")
        assert ", ".join(f"document.{name}" for name in unique) in said or (
            f"uq_document_{'_'.join(unique)}" in said
        )
    values = ", ".join({**fresh, "number": "0"}.get(name, name) for name in names.split(", "))
    said = refusal(f"INSERT INTO document ({names}) SELECT {values} FROM document")
    assert "number_is_positive" in said


def test_a_paper_is_taken_off_once_and_nothing_else_of_it_changes() -> None:
    off = (
        "UPDATE attachment SET removed_at = added_at, removed_by_id = added_by_id,"
        " removal_reason = 'unclear', removal_log_eid = log_eid"
    )
    assert refusal(off) == ""
    on_again = ", ".join(
        f"{column} = NULL"
        for column in ("removed_at", "removed_by_id", "removal_reason", "removal_log_eid")
    )
    # Not back again, not a second time, and not with another change beside it.
    for statements in (
        (off, off),
        (off, f"UPDATE attachment SET {on_again}"),
        (f"{off}, file_name = 'x'",),
        (f"{off}, digest = 'x'",),
        ("UPDATE attachment SET file_name = ''",),
        ("UPDATE attachment SET kind = 'photo'",),
        ("UPDATE attachment SET id = id",),
    ):
        assert refusal(*statements) == "attachment is append-only", statements
    assert "removed_whole" in refusal("UPDATE attachment SET removed_at = added_at")
    names = columns("attachment")
    for change, rule in {
        "id": "once",
        "size_bytes": "size_is_bounded",
        "kind": "kind",
        "media_type": "media_type",
    }.items():
        other = {"id": "1000000", change: "1000000" if change == "id" else "'x'"}
        if change == "size_bytes":
            other[change] = "10485761"
        values = ", ".join(other.get(name, name) for name in names.split(", "))
        said = refusal(f"INSERT INTO attachment ({names}) SELECT {values} FROM attachment")
        is_unique = "attachment.fund_request_id, attachment.digest" in said
        assert rule in said or (rule == "once" and is_unique), said


def test_no_balance_goes_below_zero() -> None:
    for statement in (
        "UPDATE balance SET satang = -1 WHERE place <> 'source'",
        "UPDATE balance SET satang = satang - 100000000000 WHERE place = 'available'",
        "INSERT INTO balance VALUES (1000, 'GEN', 'SC9', 'available', -1)",
    ):
        assert "never_below_zero" in refusal(statement)
    assert refusal("UPDATE balance SET satang = satang - 1 WHERE place = 'source'") == ""


@only_postgresql
def test_a_replica_role_does_not_help() -> None:
    replica = "SET session_replication_role = replica"
    statements = [
        *(f"UPDATE {table} SET {key(table)[0]} = {key(table)[0]}" for table in KEPT),
        *(f"DELETE FROM {table}" for table in (*KEPT, *LASTING)),
        *(f"TRUNCATE {table} CASCADE" for table in (*KEPT, *LASTING)),
    ]
    said = {statement: refusal(replica, statement) for statement in statements}
    assert [one for one in statements if not said[one].endswith("append-only")] == []
    for table, changes in AUDITED.items():
        for column, value in changes.items():
            assert refusal(replica, f"UPDATE {table} SET {column} = {value}") == (
                f"{table} changes only with a log entry"
            )
    assert refusal(replica, f"INSERT INTO log_seq {OTHER_INDICES['a gap']}") == NEXT
    # And an entry added so waits for its index like any other.
    with Session(db.engine) as session:
        waiting = text("SELECT count(*) FROM log_pending")
        before = session.scalar(waiting)
        session.execute(text(replica))
        session.execute(insert(LogEntry), {"eid": str(uuid4()), "body": b"{}"})
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        assert session.scalar(waiting) == (before or 0) + 1


@only_postgresql
def test_postgresql_computes_the_leaves_itself() -> None:
    with Session(db.engine) as session:
        held = session.execute(text("SELECT body, leaf FROM log_entry")).all()
    assert held
    assert all(leaf == leaf_hash(body) for body, leaf in held)
    said = refusal(f"INSERT INTO log_entry (eid, body, leaf) VALUES ('{uuid4()}', 'ab', 'ab')")
    assert said.startswith("cannot insert a non-DEFAULT value")


def test_no_body_is_larger_than_an_entry_may_be() -> None:
    for size in (0, 1, 16_385):
        body = "00" * size
        literal = f"X'{body}'" if db.engine.dialect.name == "sqlite" else rf"'\x{body}'"
        said = refusal(f"INSERT INTO log_entry (eid, body) VALUES ('{uuid4().hex}', {literal})")
        assert "body_size" in said
