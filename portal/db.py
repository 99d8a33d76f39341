"""The database: one base for all tables, and the one place that commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Generator
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import UTC
from datetime import date
from datetime import datetime
from enum import StrEnum
from typing import Any
from typing import TypeVar
from typing import cast

import flask_sqlalchemy.session
from flask import Flask
from flask import current_app
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import URL
from sqlalchemy import BindParameter
from sqlalchemy import Column
from sqlalchemy import ColumnElement
from sqlalchemy import Connection
from sqlalchemy import Date
from sqlalchemy import DateTime
from sqlalchemy import Dialect
from sqlalchemy import Engine
from sqlalchemy import Enum
from sqlalchemy import Insert
from sqlalchemy import MetaData
from sqlalchemy import NullPool
from sqlalchemy import Row
from sqlalchemy import Select
from sqlalchemy import Update
from sqlalchemy import bindparam
from sqlalchemy import column as sql_column
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import literal_column
from sqlalchemy import make_url
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import MappedColumn
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeDecorator

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
# What SQLite must be told on every connection: durable commits, references, guarded replaces, and
# that what is deleted is overwritten.
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "recursive_triggers = ON",
    "busy_timeout = 30000",
    "secure_delete = ON",
)
# Rows that are added and never touched again, and rows that change but are never deleted.
KEPT = frozenset(
    {
        "log_entry",
        "log_seq",
        "journal_entry",
        "posting",
        "request_act",
        "request_duty",
        "donation",
        "allocation",
        "payee_account",
        "request_line",
        "document",
        "issued_sheet",
        "receipt",
        "advance_voucher",
        "accepted_voucher",
        "bank_file",
        "bank_statement",
        "bank_line",
        "line_match",
        "matched_line",
        "matched_payment",
        "rule_version",
        "subcommittee",
        "purpose",
        "category",
        "category_subcommittee",
        "fund",
        "signature_rule",
        "target",
        "interest",
        "check_override",
        "urgent_rule",
        "case_note",
        "youth_act",
        "record_read",
        "finding_act",
        "concern_act",
    }
)
LASTING = frozenset(
    {
        "fund_request",
        "payment",
        "payment_batch",
        "paying_account",
        "balance",
        "counter",
        "erasure",
        "opening",
        "organisation",
        "person",
        "role_grant",
        "acting_chair",
        "ratification",
        "referral",
        "follow_up",
        "youth",
        "consent",
        "youth_pair",
        "attachment",
        "finding",
        "concern",
        "report",
    }
)
# What an erasure blanks in rows that are kept; a trigger refuses every other change of them.
BLANKED = frozenset(
    {
        ("payee_account", "holder"),
        ("payee_account", "account_number"),
        ("request_line", "item"),
        ("request_line", "unit"),
        ("request_act", "note"),
        ("donation", "donor"),
        ("case_note", "words"),
        ("finding_act", "words"),
        ("concern_act", "words"),
        ("bank_line", "description"),
        ("bank_line", "counter_account"),
        ("line_match", "note"),
        ("advance_voucher", "item"),
    }
)
# These are written once and may go: an opening is erased, a place in the queue is given.
PASSING = frozenset({"private_field", "log_pending"})
# What a statement may do besides writing rows; dropping, creating, attaching is not among it.
_READING = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
        sqlite3.SQLITE_TRANSACTION,
        sqlite3.SQLITE_SAVEPOINT,
    }
)
# The pragmas whose value changes no rule: it names what to look at, or how to empty the journal.
_LOOKING = frozenset(
    {
        "wal_checkpoint",
        "table_info",
        "table_xinfo",
        "table_list",
        "index_list",
        "index_info",
        "foreign_key_list",
    }
)

ROWS_AT_ONCE = 1_000
# So many requests does a process answer at once; each has a connection, and some of them, which
# give out a long list, a second one.
THREADS = 16
SECOND_CONNECTIONS = 8
# Firewalls forget connections that nobody uses for long.
CONNECTION_SECONDS_MAX = 1_800


class Base(DeclarativeBase):
    """The base of every table; constraints are named by the convention."""

    metadata = MetaData(naming_convention=CONVENTION)


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment; SQLite keeps it without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn a moment into UTC; a moment without zone is our mistake."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a moment needs a time zone"
            raise ValueError(message)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None or dialect.name != "sqlite":
            return value and value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


def choice(kind: type[StrEnum], name: str) -> Enum:
    """Return a column type that holds one of the enum's values and nothing else."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


class Today(FunctionElement[date]):
    """The day it is in Bangkok, asked by a query itself."""

    type = Date()
    inherit_cache = True


@compiles(Today, "sqlite")
def _today_sqlite(*_: object, **__: object) -> str:
    return "date('now', '+7 hours')"


@compiles(Today, "postgresql")
def _today_postgresql(*_: object, **__: object) -> str:
    return "CAST(now() AT TIME ZONE 'UTC' + interval '7 hours' AS date)"


def engine_options(url: str) -> dict[str, object]:
    """Return how every process connects: as many as it has threads, and never a dead connection."""
    # Values never stand in an error's text: it ends in a server's log.
    options: dict[str, object] = {
        "hide_parameters": True,
        "pool_size": THREADS,
        "max_overflow": SECOND_CONNECTIONS,
    }
    if make_url(url).get_backend_name() == "postgresql":
        # A database that was started anew meanwhile is not noticed by who asks for a page.
        options |= {"pool_pre_ping": True, "pool_recycle": CONNECTION_SECONDS_MAX}
    return options


# Where a session's info says from which engine it reads.
READS_FROM = "reads_from"


class PageSession(flask_sqlalchemy.session.Session):
    """The session of a page; a public one may read from another database than others."""

    def get_bind(
        self, *args: Any, **kwargs: Any
    ) -> Engine | Connection:  # as Flask-SQLAlchemy has it
        """Return what a statement of this session is asked of."""
        return self.info.get(READS_FROM) or super().get_bind(*args, **kwargs)


db = SQLAlchemy(metadata=Base.metadata, session_options={"class_": PageSession})
migrate = Migrate()


def start(
    app: Flask, session_info: Callable[[], dict[str, Any]], after_record: Callable[[], None] | None
) -> None:
    """Attach the database to the app and prepare its connections.

    `session_info` gives what services find in `session.info`; `after_record` runs after a commit
    that recorded acts.
    """
    app.extensions["session_info"] = session_info
    app.extensions["after_record"] = after_record
    db.init_app(app)
    migrate.init_app(app, db, directory=app.config["MIGRATIONS_DIR"], render_as_batch=False)
    with app.app_context():
        prepare(db.engine)


def prepare(engine: Engine) -> None:
    """Set what every connection needs; SQLite leaves BEGIN to us, and refusing what is not ours."""
    if engine.dialect.name == "sqlite":
        _attend(engine)
        event.listen(engine, "connect", _guard)


def owners_engine(url: URL) -> Engine:
    """Return an engine that may change tables and triggers, for migrations alone.

    On PostgreSQL that hangs on the login. On SQLite nobody logs in, so the portal's own connections
    are guarded and only these are not.
    """
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        _attend(engine)
    return engine


def _attend(engine: Engine) -> None:
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)


def _set_pragmas(connection: Any, _record: object) -> None:  # the driver's own class
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _guard(connection: Any, _record: object) -> None:  # the driver's own class
    connection.set_authorizer(_authorize)


def _authorize(
    action: int, name: str | None, value: str | None, _database: str | None, trigger: str | None
) -> int:
    """Answer SQLite, which asks once for each statement it prepares, not each time it runs."""
    match action:
        case sqlite3.SQLITE_INSERT:
            may = name != "log_pending" or trigger == "log_entry_waits"
        case sqlite3.SQLITE_UPDATE:
            may = name not in KEPT | PASSING or (name, value) in BLANKED
        case sqlite3.SQLITE_DELETE:
            may = name not in KEPT | LASTING
        case sqlite3.SQLITE_PRAGMA:
            may = value is None or name in _LOOKING
        case _:
            may = action in _READING
    return sqlite3.SQLITE_OK if may else sqlite3.SQLITE_DENY


def _begin(connection: Connection) -> None:
    # A deferred BEGIN that later writes can fail with a BUSY that no retry cures.
    mode = "IMMEDIATE" if connection.get_execution_options().get("writes") else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")


def streamed(
    engine: Engine, statement: Select[*tuple[Any, ...]]
) -> Generator[Row[*tuple[Any, ...]], None, None]:
    """Give the rows of a statement as the database finds them, however many there are.

    They come over a connection of their own, so that they may be read after the page is done.
    """
    with engine.connect().execution_options(yield_per=ROWS_AT_ONCE) as connection:
        yield from connection.execute(statement)


def page_engine() -> Engine:
    """Return what the page that is shown just now reads from, for what is read after it."""
    engine: Engine = db.session().info.get(READS_FROM, db.engine)
    return engine


T = TypeVar("T")
Rows = Sequence[Mapping[str, object]]
Given = Mapping[str, list[object]]


def column_of(mapped: Mapped[T]) -> Column[T]:
    """Return the column of an attribute in the body of its class, where it has no other name."""
    return cast("MappedColumn[T]", mapped).column


def among(
    session: Session, column: InstrumentedAttribute[Any], values: Collection[object]
) -> ColumnElement[bool]:
    """Say that a column has one of many values: PostgreSQL takes them as one array."""
    if session.get_bind().dialect.name == "postgresql":
        return column == func.any(bindparam(None, [*values], type_=ARRAY(column.type), unique=True))
    return column.in_(values)


def add_all(session: Session, table: type[Base], rows: Rows) -> None:
    """Add many rows, or none, in one call and in their order; each names the same columns."""
    if not rows:
        return
    columns = [table.__table__.c[name] for name in rows[0]]
    statement = insert(table.__table__)  # type: ignore[arg-type]  # a mapped table is one
    if session.get_bind().dialect.name == "postgresql":
        given = _given(columns)
        chosen = select(*(given.c[column.name] for column in columns))
        statement = statement.from_select(list(rows[0]), chosen)
    else:
        statement = statement.values(_each(columns))
    _execute(session.connection(), statement, _by_column(rows, columns))


def update_all(session: Session, table: type[Base], rows: Rows) -> None:
    """Change many rows in one call: each names its `id`, the `version` it had, and its new values.

    The caller holds their locks, and lets the session forget what it knew of them.
    """
    columns = [table.__table__.c[name] for name in rows[0]]
    own, version = table.__table__.c.id, table.__table__.c.version
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    new = _given(columns).c if is_postgresql else _each(columns)
    statement = (
        update(table.__table__)  # type: ignore[arg-type]  # a mapped table is one
        .where(own == new["id"], version == new["version"])
        .values({name: new[name] for name in rows[0].keys() - {"id", "version"}})
        .values(version=version + literal_column("1"))
    )
    _execute(session.connection(), statement, _by_column(rows, columns))


def _each(columns: Sequence[KeyedColumnElement[Any]]) -> Mapping[str, BindParameter[Any]]:
    """Return a parameter for each column, for a statement that is executed for each row."""
    return {column.name: bindparam(f"new_{column.name}", type_=column.type) for column in columns}


def _execute(connection: Connection, statement: Insert | Update, given: Given) -> None:
    """Execute a statement for all rows at once on PostgreSQL, and on SQLite for each of them.

    There the driver does it, as SQLAlchemy would look at every value twice.
    """
    dialect = connection.dialect
    if dialect.name == "postgresql":
        connection.execute(statement, given)
        return
    compiled = statement.compile(dialect=dialect)
    kept = []
    for name in compiled.positiontup or ():
        keep = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
        kept.append([*map(keep, given[name])] if keep else given[name])
    connection.exec_driver_sql(str(compiled), [*zip(*kept, strict=True)])


def _given(columns: Sequence[KeyedColumnElement[Any]]) -> TableValuedAlias:
    """Return what PostgreSQL reads as a table: an array for each column.

    A statement of many rows, or one for each, takes it three times as long. No parameter may have
    the name of a column that is set.
    """
    arrays = [bindparam(f"new_{column.name}", type_=ARRAY(column.type)) for column in columns]
    shape = [sql_column(column.name, column.type) for column in columns]
    return func.unnest(*arrays).table_valued(*shape).render_derived(name="given")


def _by_column(rows: Rows, columns: Sequence[KeyedColumnElement[Any]]) -> Given:
    return {f"new_{column.name}": [row[column.name] for row in rows] for column in columns}


def take_lock(session: Session, lock: int) -> None:
    """Let nobody else who takes this lock go on until this transaction ends.

    SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock})


@contextmanager
def one_moment(engine: Engine) -> Iterator[Connection]:
    """Give a connection on which every statement sees the database as it was at the first one."""
    # On SQLite every reading transaction is so.
    view = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(yield_per=ROWS_AT_ONCE, **view) as connection:
        yield connection


@contextmanager
def transaction() -> Iterator[Session]:
    """Give a session, commit it when the block ends well; nothing else in the portal commits.

    Afterwards, when the act was recorded in the log and this install publishes inline, the new
    entries are published. What the page's own session is told, such as its time limit, holds for
    the act as well.
    """
    db.session.close()
    info = db.session().info | current_app.extensions["session_info"]()
    with writing(db.engine, info) as session:
        yield session
    after_record = current_app.extensions["after_record"]
    if after_record and session.info.get("has_recorded"):
        after_record()


@contextmanager
def writing(engine: Engine, info: dict[str, Any]) -> Iterator[Session]:
    """Give a session on this engine that may write; commit at the end, roll back on any error."""
    with Session(engine, info=dict(info)) as session, session.begin():
        session.connection(execution_options={"writes": True})
        yield session
