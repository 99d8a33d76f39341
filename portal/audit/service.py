"""Recording acts: an entry in the transaction of its act, and the order of entries."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from functools import lru_cache
from os import urandom
from typing import Protocol
from typing import cast

from sqlalchemy import Connection
from sqlalchemy import Dialect
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import SALT_BYTES
from portal.audit.entry import Draft
from portal.audit.entry import Opening
from portal.audit.entry import Sealed
from portal.audit.entry import base64url
from portal.audit.entry import seal
from portal.audit.entry import uuid7
from portal.audit.link import PaperLink
from portal.audit.models import Eid
from portal.audit.models import LogEntry
from portal.audit.models import LogPending
from portal.audit.models import LogSeq
from portal.audit.models import PrivateField
from portal.audit.vault import Box
from portal.audit.vault import Vault
from portal.db import Base
from portal.db import add_all
from portal.db import take_lock

BATCH = 5000
SEQUENCER_LOCK = 0x706F7274616C  # any number, the same in every process: "portal"
Row = Mapping[str, str | bytes]


def new_stamp() -> PaperLink:
    """Choose an entry's id and a salt, for a paper that must carry both before it is recorded."""
    return PaperLink(_new_eid(), base64url(urandom(SALT_BYTES)))


def _new_eid() -> str:
    return uuid7(time.time_ns() // 1_000_000, urandom)


def record(session: Session, draft: Draft, *, eid: str | None = None) -> str:
    """Add the entry of an act to the caller's transaction and return its id.

    The id is given only where a paper carries it already.
    """
    sealed = seal(draft, eid=eid or _new_eid(), random=urandom)
    rows = _rows(session, [sealed])
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        _add(connection, rows)  # the way to the server and back is a third of what an entry costs
    else:
        for table, added in rows.items():
            _add(connection, {table: added})
    return sealed.eid


def record_all(session: Session, drafts: Iterable[Draft]) -> list[str]:
    """Add the entries of many acts at once, in this order, and return their ids."""
    sealed = [seal(draft, eid=_new_eid(), random=urandom) for draft in drafts]
    for table, added in _rows(session, sealed).items():
        add_all(session, table, added)
    return [one.eid for one in sealed]


def _rows(session: Session, entries: Sequence[Sealed]) -> Mapping[type[Base], Sequence[Row]]:
    """Return the rows of entries, by table; the caller adds them to the transaction."""
    session.info["has_recorded"] = True
    rows: dict[type[Base], Sequence[Row]] = {
        LogEntry: [{"eid": one.eid, "body": one.body} for one in entries]
    }
    private = [
        _private_row(one.eid, opening, box)
        for one in entries
        if one.openings
        for opening, box in zip(
            one.openings, vault_of(session).encrypt(one.eid, one.openings), strict=True
        )
    ]
    return rows | {PrivateField: private} if private else rows


def vault_of(session: Session) -> Vault:
    """Return the key store of the install."""
    return cast("Vault", session.info["vault"])  # put there by the app; info is untyped


def _private_row(eid: str, opening: Opening, box: Box) -> Row:
    return {
        "eid": eid,
        "field": opening.field,
        "subject": opening.subject,
        "key_id": box.key_id,
        "nonce": box.nonce,
        "ciphertext": box.ciphertext,
    }


class _Driver(Protocol):
    """A connection of either driver."""

    def execute(self, statement: str, values: Sequence[object], /) -> object: ...


def _add(connection: Connection, rows: Mapping[type[Base], Sequence[Row]]) -> None:
    """Insert the rows of tables in one statement, handed to the driver itself: every act does so.

    By way of SQLAlchemy it would take about twice as long. What the database refuses comes as
    the driver's own error, and ends the transaction as any other does.
    """
    shape = tuple(
        (table.__tablename__, tuple(added[0]), len(added)) for table, added in rows.items()
    )
    statement, keep = _insert(connection.dialect, shape)
    values = [
        keep(value) if name == "eid" else value
        for added in rows.values()
        for row in added
        for name, value in row.items()
    ]
    cast("_Driver", connection.connection.driver_connection).execute(statement, values)


@lru_cache(50)
def _insert(
    dialect: Dialect, shape: tuple[tuple[str, tuple[str, ...], int], ...]
) -> tuple[str, Callable[[object], object]]:
    """Return the statement for so many rows of each table, and how this database keeps an id."""
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    *others, last = [
        # Of our own words alone: the values go beside it.
        f"INSERT INTO {table} ({', '.join(names)}) VALUES "  # noqa: S608
        + ", ".join([f"({', '.join([mark] * len(names))})"] * count)
        for table, names, count in shape
    ]
    first = ", ".join(f"added_{number} AS ({other})" for number, other in enumerate(others))
    keep = Eid.dialect_impl(dialect).bind_processor(dialect) or str
    return f"WITH {first} {last}" if first else last, keep


def sequence(session: Session) -> int:
    """Give the waiting entries the next indices, in the order of their commits; return how many.

    Call until it returns 0. There is one sequencer at a time: SQLite has one writer, PostgreSQL
    takes a lock for the transaction.
    """
    be_alone(session)
    first = session.execute(select(func.coalesce(func.max(LogSeq.idx) + 1, 0))).scalar_one()
    waiting = select(LogPending).order_by(LogPending.pno).limit(BATCH).subquery().c
    place = first - 1 + func.row_number().over(order_by=waiting.pno)
    ordered = select(place, waiting.seqno).order_by(waiting.pno)
    session.execute(insert(LogSeq).from_select(["idx", "seqno"], ordered))
    # Exactly these: a commit that took a lower number may only now have become visible.
    placed = select(LogSeq.seqno).where(LogSeq.idx >= first)
    gone = delete(LogPending).where(LogPending.seqno.in_(placed))
    return session.connection().execute(gone).rowcount


def be_alone(session: Session) -> None:
    """Let nobody else order or fold entries until this transaction ends."""
    take_lock(session, SEQUENCER_LOCK)
