"""An install on SQLite becomes one on PostgreSQL: copied, proved, and only then committed.

The files of the data folder stay where they are; the signer goes on from what it signed last.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL
from sqlalchemy import Connection
from sqlalchemy import NullPool
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.db import owners_engine
from portal.erasure import check_erasures
from portal.errors import N_
from portal.errors import InputError
from portal.errors import RuleError
from portal.funds.books import check_books
from portal.install import Install
from portal.table_copy import Held
from portal.table_copy import copy_tables
from portal.table_copy import digest_of
from portal.table_copy import held
from portal.table_copy import tables


class WrongEnginesError(InputError):
    """It is not SQLite that would be moved, or not PostgreSQL where it would go."""

    def __init__(self, source: str, target: str) -> None:
        super().__init__(
            N_("SQLite is moved to PostgreSQL; this would be {source} to {target}."),
            source=source,
            target=target,
        )


class InUseError(RuleError):
    """Somebody has a database open that must be quiet."""

    def __init__(self, place: str) -> None:
        super().__init__(
            N_(
                "Somebody uses {place}: stop the pages, the worker and the publisher. "
                "Nothing was moved."
            ),
            place=place,
        )


class NoAnswerError(RuleError):
    """A database that cannot be reached."""

    def __init__(self, place: str, said: str) -> None:
        super().__init__(
            N_("{place} does not answer: {said}. Nothing was moved."), place=place, said=said
        )


class NotUpgradedError(RuleError):
    """A database that is not at the newest migration."""

    def __init__(self, place: str, found: str | None) -> None:
        super().__init__(
            N_("{place} is at migration {found}: run db upgrade first. Nothing was moved."),
            place=place,
            found=found or "-",
        )


class NotOwnerError(RuleError):
    """A login that does not own the new tables."""

    def __init__(self, place: str) -> None:
        super().__init__(
            N_("Another login owns the tables of {place}: use the owner's. Nothing was moved."),
            place=place,
        )


class HoldsRowsError(RuleError):
    """The new database is not empty."""

    def __init__(self, place: str, table: str) -> None:
        super().__init__(
            N_("{place} holds rows already, in {table}. Nothing was moved."),
            place=place,
            table=table,
        )


class DiffersError(RuleError):
    """What came out of the new database is not what went in."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            N_("The new database holds something else in {names}; nothing was moved."),
            names=", ".join(names),
        )


@dataclass(frozen=True, slots=True)
class Moved:
    """What both databases hold, and how much of it was proved by what else."""

    before: Mapping[str, Held]
    after: Mapping[str, Held]
    journal_entries: int
    log_entries: int

    @property
    def digests(self) -> tuple[str, str]:
        """Return one digest of each database."""
        return digest_of(self.before), digest_of(self.after)


def move_database(install: Install, source: URL, target: URL, *, head: str | None) -> Moved:
    """Fill an empty PostgreSQL database from SQLite, whole or not at all; prove it before it is so.

    The old one is only read; nobody else may open it meanwhile.
    """
    engines = source.get_backend_name(), target.get_backend_name()
    if engines != ("sqlite", "postgresql"):
        raise WrongEnginesError(*engines)
    with _alone_on_sqlite(source) as old, _alone_on_postgresql(target) as new:
        _check_owned(target, new)
        for url, connection in ((source, old), (target, new)):
            _check_upgraded(url, connection, head)
        _check_empty(target, new)
        before = copy_tables(old, new)
        after = held(new)
        if before != after:
            raise DiffersError(sorted(name for name in before if before[name] != after[name]))
        return Moved(before, after, *_prove(install, new))


def _prove(install: Install, new: Connection) -> tuple[int, int]:
    """Check the books and the log in the new database, before it is committed."""
    with Session(new, join_transaction_mode="create_savepoint") as session:
        journal_entries = check_books(session)
        log_entries = install.check_log(session).size
        check_erasures(install, session)
    return journal_entries, log_entries


@contextmanager
def _alone_on_sqlite(url: URL) -> Iterator[Connection]:
    """Give a connection beside which there is no other, until it ends."""
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "connect", _want_alone)
    with engine.connect() as connection:
        try:
            # The first look takes the lock.
            connection.execute(text("SELECT count(*) FROM sqlite_master"))
        except OperationalError as error:
            raise InUseError(str(url.database)) from error
        yield connection


def _want_alone(connection: Any, _record: object) -> None:  # the driver's own class
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout = 0")
    # In this mode the lock fails as long as anybody else has the file open, and then stays.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")


@contextmanager
def _alone_on_postgresql(url: URL) -> Iterator[Connection]:
    """Give a connection in a transaction that holds every table, and commit it at the end."""
    try:
        connection = owners_engine(url).connect()
    except OperationalError as error:
        raise NoAnswerError(str(url.database), str(error.orig).strip()) from error
    with connection, connection.begin():
        yield connection


def _check_upgraded(url: URL, connection: Connection, head: str | None) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    if found != head:
        raise NotUpgradedError(str(url.database), found)


def _check_owned(url: URL, connection: Connection) -> None:
    """Refuse a login that may not switch the triggers; where there are no tables it may."""
    others = connection.scalar(
        text(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind = 'r' AND NOT pg_has_role(relowner, 'USAGE')"
        )
    )
    if others:
        raise NotOwnerError(str(url.database))


def _check_empty(url: URL, connection: Connection) -> None:
    """Take every table for ourselves, then refuse one that has rows."""
    names = [table.name for table in tables()]
    try:
        connection.execute(text(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE NOWAIT"))
    except OperationalError as error:
        raise InUseError(str(url.database)) from error
    for name in names:
        if connection.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {name})")):  # noqa: S608 - our own words
            raise HoldsRowsError(str(url.database), name)
