"""Recording acts: an entry in the transaction of its act, and the order of entries."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from itertools import islice
from os import urandom
from typing import Protocol
from typing import cast

from sqlalchemy import Dialect
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import FIELDS_MAX
from portal.audit.entry import SALT_BYTES
from portal.audit.entry import Draft
from portal.audit.entry import base64url
from portal.audit.entry import uuid7
from portal.audit.link import PaperLink
from portal.audit.models import Eid
from portal.audit.models import LogEntry
from portal.audit.models import LogPending
from portal.audit.models import LogSeq
from portal.audit.models import PrivateField
from portal.audit.sealing import Sealed
from portal.audit.sealing import seal
from portal.audit.vault import Vault
from portal.db import add_all
from portal.db import take_lock

BATCH = 5000
AT_ONCE = 1000
SEQUENCER_LOCK = 0x706F7274616C  # any number, the same in every process: "portal"
_PRIVATE = ("number", "field", "subject", "key_id", "nonce", "ciphertext")
_Field = tuple[str, str, str, bytes, bytes]


def new_stamp() -> PaperLink:
    """Choose an entry's id and a salt, for a paper that must carry both before it is recorded."""
    return PaperLink(_new_eid(), base64url(urandom(SALT_BYTES)))


def _new_eid() -> str:
    return uuid7(time.time_ns() // 1_000_000, urandom)


def record(session: Session, draft: Draft, *, eid: str | None = None) -> str:
    """Add the entry of an act to the caller's transaction and return its id.

    The id is given only where a paper carries it already. The rows are handed to the driver itself,
    as every act does this: by way of SQLAlchemy it would take about twice as long. What the
    database refuses comes as the driver's own error, and ends the transaction as any other does.
    """
    session.info["has_recorded"] = True
    sealed = seal(draft, eid=eid or _new_eid(), random=urandom)
    private = _private(session, sealed)
    connection = session.connection()
    driver = cast("_Driver", connection.connection.driver_connection)
    inserts = _inserts(connection.dialect, len(private))
    entry = (inserts.keep(sealed.eid), sealed.body)
    if inserts.private:
        seqno = driver.execute(inserts.entry, entry).lastrowid
        driver.execute(inserts.private, [*chain(*_numbered(seqno, private))])
    else:
        driver.execute(inserts.entry, [*entry, *chain(*private)])
    return sealed.eid


def record_all(session: Session, drafts: Iterable[Draft]) -> list[str]:
    """Add the entries of many acts, in this order, and return their ids.

    They go a thousand at a time, so that memory does not hold all of them sealed.
    """
    session.info["has_recorded"] = True
    waiting, eids = iter(drafts), list[str]()
    while some := list(islice(waiting, AT_ONCE)):
        eids += _record_some(session, some)
    return eids


def _record_some(session: Session, drafts: Sequence[Draft]) -> list[str]:
    sealed = [seal(draft, eid=_new_eid(), random=urandom) for draft in drafts]
    # Numbers are given in order: ours come after the last one, and others' among them do no harm.
    last = session.scalar(select(func.max(LogEntry.seqno))) or 0
    add_all(session, LogEntry, [{"eid": one.eid, "body": one.body} for one in sealed])
    added = select(LogEntry.eid, LogEntry.seqno).where(LogEntry.seqno > last)
    seqnos = dict(session.execute(added).all())
    rows = [
        dict(zip(_PRIVATE, row, strict=True))
        for one in sealed
        for row in _numbered(seqnos[one.eid], _private(session, one))
    ]
    add_all(session, PrivateField, rows)
    return [one.eid for one in sealed]


def _private(session: Session, sealed: Sealed) -> list[_Field]:
    """Return an entry's private fields as they are kept, but for their numbers."""
    if not sealed.openings:
        return []
    boxes = vault_of(session).encrypt(sealed.eid, sealed.openings)
    return [
        (opening.field, opening.subject, box.key_id, box.nonce, box.ciphertext)
        for opening, box in zip(sealed.openings, boxes, strict=True)
    ]


def _numbered(seqno: int, private: Sequence[_Field]) -> list[tuple[int, *_Field]]:
    """Return an entry's private fields with their numbers."""
    return [(number, *row) for number, row in enumerate(private, seqno * FIELDS_MAX)]


def vault_of(session: Session) -> Vault:
    """Return the key store of the install."""
    return cast("Vault", session.info["vault"])  # put there by the app; info is untyped


class _Driver(Protocol):
    """A connection of either driver."""

    def execute(self, statement: str, values: Sequence[object], /) -> _Cursor: ...


class _Cursor(Protocol):
    """What either driver answers; SQLite's alone knows a number."""

    lastrowid: int


@dataclass(frozen=True, slots=True)
class _Inserts:
    """The statements for an entry and its private fields, and how the database keeps an id.

    PostgreSQL takes both in one, and `private` is empty: the way there and back is a third of what
    an entry costs.
    """

    entry: str
    private: str
    keep: Callable[[object], object]


@lru_cache(50)
def _inserts(dialect: Dialect, count: int) -> _Inserts:
    """Return the statements for an entry with so many private fields."""
    keep = Eid.dialect_impl(dialect).bind_processor(dialect) or str
    private = f"INSERT INTO private_field ({', '.join(_PRIVATE)})"
    if dialect.name == "sqlite":
        entry = "INSERT INTO log_entry (eid, body) VALUES (?, ?)"
        rows = ", ".join(["(?, ?, ?, ?, ?, ?)"] * count)
        return _Inserts(entry, f"{private} VALUES {rows}" if count else "", keep)
    entry = "INSERT INTO log_entry (eid, body) VALUES (%s, %s)"
    if not count:
        return _Inserts(entry, "", keep)
    told = "%s::varchar, %s::varchar, %s::varchar, %s::bytea, %s::bytea"
    rows = ", ".join(f"({place}, {told})" for place in range(count))
    names = ", ".join(_PRIVATE[1:])
    return _Inserts(
        f"WITH entry AS ({entry} RETURNING seqno) {private}"  # noqa: S608 - our own words alone
        f" SELECT seqno * {FIELDS_MAX} + place, {names}"
        f" FROM entry, (VALUES {rows}) AS told (place, {names})",
        "",
        keep,
    )


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
