"""Every table of one database copied into another, PostgreSQL, and the proof that both are alike.

It all happens on the connections given: the caller commits, or nothing was done.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import closing
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from typing import cast

import psycopg
from sqlalchemy import Connection
from sqlalchemy import Row
from sqlalchemy import Table
from sqlalchemy import select
from sqlalchemy import text

from portal.db import ROWS_AT_ONCE
from portal.db import Base
from portal.errors import N_
from portal.errors import RuleError

Keep = Callable[[Any], Any]  # what SQLAlchemy makes of a value for the driver

# What `pg_trigger.tgenabled` means, as it is set again.
_FIRES = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA", "D": "DISABLE"}


class RefusedRowsError(RuleError):
    """The new database takes none of a table's rows as they are."""

    def __init__(self, table: str, said: str) -> None:
        super().__init__(N_("The new database refuses {table}: {said}"), table=table, said=said)


@dataclass(frozen=True, slots=True)
class Held:
    """What a table holds: how many rows, and the SHA-256 over the sorted SHA-256 of each."""

    rows: int
    digest: str


def tables() -> Sequence[Table]:
    """Return all tables, each after those that it names."""
    return Base.metadata.sorted_tables


def copy_tables(source: Connection, target: Connection) -> Mapping[str, Held]:
    """Copy every row, while no trigger of ours fires; return what was read of each table."""
    with _no_triggers(target):
        taken = {table.name: _copy(source, target, table) for table in tables()}
        # What waits for the commit is asked now: no trigger is switched while it waits.
        target.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for table in tables():
        _go_on_counting(target, table)
        # Without it the first pages are planned for empty tables.
        target.execute(text(f"ANALYZE {table.name}"))
    return taken


def held(connection: Connection) -> Mapping[str, Held]:
    """Return what each table holds, in values that are the same on every engine."""
    return {table.name: _held(map(_digest, _rows(connection, table))) for table in tables()}


def digest_of(found: Mapping[str, Held]) -> str:
    """Return one digest of a whole database."""
    told = [[name, one.rows, one.digest] for name, one in sorted(found.items())]
    return sha256(json.dumps(told).encode()).hexdigest()


def _copy(source: Connection, target: Connection, table: Table) -> Held:
    columns = ", ".join(column.name for column in table.columns)
    driver = cast("psycopg.Connection[Any]", target.connection.driver_connection)
    try:
        with (
            closing(driver.cursor()) as cursor,
            cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy,
        ):
            return _held(_written(source, target, table, copy))
    except psycopg.DatabaseError as error:
        # Its details would show the row.
        raise RefusedRowsError(table.name, error.diag.message_primary or "") from error


def _written(
    source: Connection, target: Connection, table: Table, copy: psycopg.Copy
) -> Iterator[bytes]:
    """Write the rows and give the digest of each."""
    keeps = _keeps(target, table)
    for row in _rows(source, table):
        copy.write_row([keep(value) for keep, value in zip(keeps, row, strict=True)])
        yield _digest(row)


def _keeps(target: Connection, table: Table) -> list[Keep]:
    """Return for each column how a value is handed to the driver."""
    dialect = target.dialect
    impls = [column.type.dialect_impl(dialect) for column in table.columns]
    return [impl.bind_processor(dialect) or _as_it_is for impl in impls]


def _as_it_is(value: Any) -> Any:
    return value


def _rows(connection: Connection, table: Table) -> Iterator[Row[Any]]:
    # Rows that belong together lie together.
    statement = select(table).order_by(*table.primary_key)
    with connection.execute(statement, execution_options={"yield_per": ROWS_AT_ONCE}) as rows:
        yield from rows


def _digest(row: Row[Any]) -> bytes:
    told = json.dumps(tuple(row), default=_plain, ensure_ascii=False, sort_keys=True)
    return sha256(told.encode()).digest()


def _plain(value: bytes | date) -> str | dict[str, str]:
    """Write what JSON has no form for; a moment and a day are told apart by their length."""
    return {"hex": value.hex()} if isinstance(value, bytes) else value.isoformat()


def _held(digests: Iterator[bytes]) -> Held:
    # Sorted: engines, and their languages, put rows in different orders.
    found = sorted(digests)
    return Held(len(found), sha256(b"".join(found)).hexdigest())


@contextmanager
def _no_triggers(target: Connection) -> Iterator[None]:
    """Switch our triggers off meanwhile; those that keep references go on."""
    names = [table.name for table in tables()]
    fires = target.execute(
        text(
            "SELECT relname, tgname, tgenabled FROM pg_trigger"
            " JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace"
            " AND relname = ANY(:names)"
        ),
        {"names": names},
    ).all()
    for name in names:
        target.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))
    yield
    for table, trigger, mode in fires:
        target.execute(text(f"ALTER TABLE {table} {_FIRES[mode]} TRIGGER {trigger}"))


def _go_on_counting(target: Connection, table: Table) -> None:
    """Let the numbers that the database gives go on after the largest one there is."""
    for column in table.primary_key:
        counter = target.scalar(
            text("SELECT pg_get_serial_sequence(:table, :column)"),
            {"table": table.name, "column": column.name},
        )
        if counter:
            newest = target.scalar(text(f"SELECT max({column.name}) FROM {table.name}"))  # noqa: S608 - our own words
            # Unlike setval() it goes back with the transaction.
            target.execute(text(f"ALTER SEQUENCE {counter} RESTART WITH {(newest or 0) + 1}"))
