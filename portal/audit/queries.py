"""Reads about the log: where an entry stands, and what is sealed of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import FIELDS_MAX
from portal.audit.entry import HOLDS
from portal.audit.entry import Kind
from portal.audit.models import LogEntry
from portal.audit.models import LogSeq
from portal.audit.models import PrivateField
from portal.errors import N_
from portal.errors import NotFoundError


class EntryNotFoundError(NotFoundError):
    """No entry has this id."""

    def __init__(self, eid: str) -> None:
        super().__init__(N_("No entry of the log has the id {eid}."), eid=eid)


def private_fields(session: Session, eid: str) -> Sequence[PrivateField]:
    """Return what is sealed of an entry and was not erased, in the order of the fields' names."""
    first = LogEntry.seqno * FIELDS_MAX
    theirs = PrivateField.number.between(first, first + FIELDS_MAX - 1)
    return session.scalars(
        select(PrivateField)
        .join(LogEntry, theirs)
        .where(LogEntry.eid == eid)
        .order_by(PrivateField.field)
    ).all()


def position(session: Session, eid: str) -> int | None:
    """Return an entry's index, None while it waits for its place; raise if there is none."""
    if not HOLDS[Kind.EID](eid):
        raise EntryNotFoundError(eid)
    found = session.execute(
        select(LogEntry.seqno, LogSeq.idx)
        .outerjoin(LogSeq, LogSeq.seqno == LogEntry.seqno)
        .where(LogEntry.eid == eid)
    ).one_or_none()
    if found is None:
        raise EntryNotFoundError(eid)
    index: int | None = found.idx
    return index
