"""What does the portal add to a batch's rows? They are written again by the driver alone.

Before each act of a batch the database is copied; after it, the rows that are new or changed are
written into the copy in one transaction with its commit on disk: on SQLite by `executemany`, on
PostgreSQL by COPY, the changed ones through a table for the time being. Keys, indexes and checks of
the tables are as the portal has them; its triggers are not asked there.
"""

from __future__ import annotations

import argparse
import gc
import json
import sqlite3
import time
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import ExitStack
from contextlib import closing
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy import URL
from sqlalchemy import Connection
from sqlalchemy import Table
from sqlalchemy import create_engine
from sqlalchemy import make_url
from sqlalchemy import text

from bench.treasury import PAYMENTS
from bench.treasury import founded
from bench.treasury import pay
from bench.treasury import prepare
from portal.db import PRAGMAS
from portal.db import Base
from portal.db import db
from portal.db import writing
from portal.install import Install
from tests.postgres import postgres_server
from tests.world import World

Row = tuple[object, ...]
Rows = Sequence[Row]


@dataclass(frozen=True, slots=True)
class Written:
    """What an act wrote into a table: whole rows, by the columns' names."""

    table: Table
    columns: Sequence[str]
    new: Rows
    changed: Rows

    @property
    def keys(self) -> Sequence[str]:
        """Return the columns that tell rows apart."""
        return [column.name for column in self.table.primary_key]

    @property
    def others(self) -> Sequence[str]:
        """Return the columns that may have changed."""
        return [name for name in self.columns if name not in self.keys]


def copied(url: URL) -> URL:
    """Copy a database as it stands; nobody is connected to it."""
    copy = url.set(database=f"{url.database}_copy")
    if url.get_backend_name() == "sqlite":
        with (
            closing(sqlite3.connect(str(url.database))) as source,
            closing(sqlite3.connect(str(copy.database))) as target,
        ):
            source.backup(target)
        return copy
    server = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {copy.database}"))
        connection.execute(text(f"CREATE DATABASE {copy.database} TEMPLATE {url.database}"))
    server.dispose()
    return copy


def difference(after: Connection, before: Connection) -> Iterator[Written]:
    """Tell what was written between two states of a database, in the order of its references."""
    for table in Base.metadata.sorted_tables:
        columns = [column.name for column in table.columns]
        now, then = _held(after, table, columns), _held(before, table, columns)
        new = [row for key, row in now.items() if key not in then]
        changed = [row for key, row in now.items() if key in then and then[key] != row]
        if new or changed:
            yield Written(table, columns, new, changed)


def _held(connection: Connection, table: Table, columns: Sequence[str]) -> Mapping[Row, Row]:
    keys = [columns.index(column.name) for column in table.primary_key]
    rows = connection.exec_driver_sql(f"SELECT {', '.join(columns)} FROM {table.name}")  # noqa: S608 - our own names
    return {tuple(row[at] for at in keys): tuple(row) for row in rows}


def write_sqlite(url: URL, written: Sequence[Written]) -> float:
    """Write the rows with the driver alone; return the seconds."""
    with closing(sqlite3.connect(str(url.database), isolation_level=None)) as connection:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in connection.execute(triggers).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        for one in written:
            _add_sqlite(connection, one)
        connection.execute("COMMIT")
        return time.perf_counter() - began


def _add_sqlite(connection: sqlite3.Connection, one: Written) -> None:
    marks = ", ".join(f":{name}" for name in one.columns)
    into = f"INSERT INTO {one.table.name} ({', '.join(one.columns)}) VALUES ({marks})"  # noqa: S608
    connection.executemany(into, [dict(zip(one.columns, row, strict=True)) for row in one.new])
    moved = ", ".join(f"{name} = :{name}" for name in one.others)
    where = " AND ".join(f"{name} = :{name}" for name in one.keys)
    change = f"UPDATE {one.table.name} SET {moved} WHERE {where}"  # noqa: S608 - our own names
    connection.executemany(
        change, [dict(zip(one.columns, row, strict=True)) for row in one.changed]
    )


def write_postgresql(url: URL, written: Sequence[Written]) -> float:
    """Write the rows by COPY; return the seconds."""
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        for one in written:
            connection.execute(f"ALTER TABLE {one.table.name} DISABLE TRIGGER USER".encode())
        connection.commit()
        began = time.perf_counter()
        for one in written:
            _add_postgresql(connection, one)
        connection.commit()
        return time.perf_counter() - began


def _add_postgresql(connection: psycopg.Connection, one: Written) -> None:
    name, columns = one.table.name, ", ".join(one.columns)
    _copy(connection, f"COPY {name} ({columns}) FROM STDIN", one.new)
    if not one.changed:
        return
    like = f"AS SELECT {columns} FROM {name} LIMIT 0"  # noqa: S608 - our own names
    connection.execute(f"CREATE TEMPORARY TABLE new_{name} ON COMMIT DROP {like}".encode())
    _copy(connection, f"COPY new_{name} ({columns}) FROM STDIN", one.changed)
    moved = ", ".join(f"{column} = new.{column}" for column in one.others)
    where = " AND ".join(f"old.{key} = new.{key}" for key in one.keys)
    change = f"UPDATE {name} AS old SET {moved} FROM new_{name} AS new WHERE {where}"  # noqa: S608
    connection.execute(change.encode())


def _copy(connection: psycopg.Connection, statement: str, rows: Rows) -> None:
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for row in rows:
            copy.write_row(row)


WRITE = {"sqlite": write_sqlite, "postgresql": write_postgresql}


def measure(install: Install, payment_ids: list[int]) -> Mapping[str, tuple[float, float, int]]:
    """Return of each act its seconds, the driver's, and how many rows were written."""
    url, told = make_url(install.settings.database_url), {}

    @contextmanager
    def beside_the_driver(name: str) -> Iterator[World]:
        db.engine.dispose()
        copy = copied(url)
        # As portal/wsgi.py does: who pays holds nothing of what this process did before.
        gc.collect()
        gc.freeze()
        began = time.perf_counter()
        with writing(db.engine, install.session_info()) as session:
            yield World(session)
        ours = time.perf_counter() - began
        written = _difference(copy)
        count = sum(len(one.new) + len(one.changed) for one in written)
        told[name] = ours, WRITE[url.get_backend_name()](copy, written), count
        if _difference(copy):
            message = f"the driver did not write what the portal wrote: {name}"
            raise RuntimeError(message)

    pay(beside_the_driver, payment_ids)
    return told


def _difference(copy: URL) -> Sequence[Written]:
    engine = create_engine(copy)
    with db.engine.connect() as after, engine.connect() as before:
        written = list(difference(after, before))
    engine.dispose()
    db.engine.dispose()
    return written


def result(place: Path, url: str, count: int) -> dict[str, object]:
    """Measure the three acts that send a batch, on one engine."""
    with founded(place, url) as install:
        told = measure(install, prepare(install, count))
    ours, peer, rows = (sum(each) for each in zip(*told.values(), strict=True))
    return {
        "what": f"batch of {count:,} payments / raw driver",
        "ours": f"{ours:.2f} s",
        "peer": f"{peer:.2f} s",
        "ratio": round(ours / peer, 2),
        "rows": rows,
        "acts": {name: [round(one, 2) for one in each] for name, each in told.items()},
    }


def main() -> None:
    """Print a JSON line for each engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"))
    parser.add_argument("--payments", type=int, default=PAYMENTS)
    asked = parser.parse_args()
    for engine in [asked.engine] if asked.engine else ["sqlite", "postgresql"]:
        with TemporaryDirectory() as folder, ExitStack() as ends:
            place = Path(folder) / "instance"
            url = f"sqlite:///{place / 'portal.sqlite'}"
            if engine == "postgresql":
                # As a server is set up, with every commit on disk.
                url = ends.enter_context(postgres_server(""))
            told = result(place, url, asked.payments)
        print(json.dumps({"bench": "raw batch", "engine": engine, **told}), flush=True)


if __name__ == "__main__":
    main()
