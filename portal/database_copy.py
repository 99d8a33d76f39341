"""A database as one file while it is in use, and a database made of such a file.

SQLite copies itself page by page; PostgreSQL is copied by its own `pg_dump`, as of one moment.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from typing import cast

import psycopg
from sqlalchemy import Engine

from portal.errors import N_
from portal.errors import RuleError

_DUMP = ("pg_dump", "--format=custom", "--no-owner", "--no-password")
_LOAD = ("pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-password")


class NoProgramError(RuleError):
    """PostgreSQL's own programs are not there."""

    def __init__(self, program: str) -> None:
        super().__init__(
            N_("{program} is not installed here: it comes with postgresql-client."), program=program
        )


class ProgramError(RuleError):
    """PostgreSQL's own program could not do it; it says why."""

    def __init__(self, program: str, said: str) -> None:
        super().__init__(N_("{program} failed: {said}"), program=program, said=said.strip())


def copy_out(engine: Engine, path: Path) -> None:
    """Write the whole database into a new file, as it is at one moment; acts may go on."""
    if engine.dialect.name == "sqlite":
        _copy_sqlite(Path(str(engine.url.database)), path)
    else:
        _run(engine, *_DUMP, "--file", str(path))


def copy_in(engine: Engine, path: Path) -> None:
    """Fill an empty database from such a file, whole or not at all."""
    if engine.dialect.name == "sqlite":
        engine.dispose()
        target = Path(str(engine.url.database))
        _copy_sqlite(path, target.with_suffix(".new"))
        target.with_suffix(".new").replace(target)
    else:
        _run(engine, *_LOAD, "--dbname", _parameters(engine)["dbname"], str(path))


def _copy_sqlite(source: Path, target: Path) -> None:
    target.touch(mode=0o600)
    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)


def _run(engine: Engine, program: str, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise NoProgramError(program)
    # What other users of the machine may read in its list of processes holds no password.
    told = {_NAMES[name]: value for name, value in _parameters(engine).items() if name in _NAMES}
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program, with our own words
        [found, *arguments],
        env={"PATH": os.defpath, **told},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ProgramError(program, done.stderr)


_NAMES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
}


def _parameters(engine: Engine) -> Mapping[str, str]:
    """Return how the engine reaches its database, in the words of libpq."""
    with closing(engine.raw_connection()) as connection:
        # SQLAlchemy does not say whose connection it is.
        driver = cast("psycopg.Connection[Any]", connection.driver_connection)
        return driver.info.get_parameters() | {"password": driver.info.password}
