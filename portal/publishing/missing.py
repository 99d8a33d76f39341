"""What an older database lacks of the published log: the acts that somebody must know of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.check import LogError
from portal.audit.check import entries
from portal.audit.entry import Entry
from portal.audit.folder import Folder
from portal.audit.models import LogEntry
from portal.audit.models import LogSeq
from portal.audit.note import Checkpoint
from portal.errors import N_
from portal.money import Money


@dataclass(frozen=True, slots=True)
class MissingAct:
    """A published entry to which the database gave no place.

    `is_there` says that its act is in the database all the same, recorded and not yet ordered.
    """

    index: int
    entry: Entry
    is_there: bool

    def __str__(self) -> str:
        """Tell it in one line, from public facts alone."""
        public = self.entry.public
        about = public.get("reference") or public.get("number") or "-"
        satang = public.get("satang")
        amount = str(Money(satang)) if isinstance(satang, int) else "-"
        where = "here" if self.is_there else "lost"
        told = (self.entry.at, where, self.entry.type, about, amount, self.entry.eid)
        return "  ".join((f"{self.index:>9}", *map(str, told)))


def missing_acts(session: Session, folder: Folder, checkpoint: Checkpoint) -> list[MissingAct]:
    """Return them in their order, after every published byte was verified against the signed head.

    Raise `LogError` where the database is not an older state of this very log.
    """
    held = session.scalar(select(func.count()).select_from(LogSeq)) or 0
    missing = []
    for index, body, entry in entries(folder, checkpoint):
        if index >= held:
            missing.append(MissingAct(index, entry, _is_there(session, entry)))
        elif index == held - 1 and _body_at(session, index) != body:
            raise LogError(
                N_("Entry {index} in the database is not the published one."), index=index
            )
    return missing


def _body_at(session: Session, index: int) -> bytes | None:
    statement = select(LogEntry.body).join(LogSeq, LogSeq.seqno == LogEntry.seqno)
    return session.scalar(statement.where(LogSeq.idx == index))


def _is_there(session: Session, entry: Entry) -> bool:
    found = select(LogEntry.seqno).where(LogEntry.eid == entry.eid)
    return session.scalar(found) is not None


def told_missing(missing: list[MissingAct]) -> Iterator[str]:
    """Give what a person reads."""
    if not missing:
        yield "The database holds every published entry."
        return
    yield from map(str, missing)
    lost = sum(not act.is_there for act in missing)
    yield f"{len(missing):,} published entries have no place here; {lost:,} of their acts are lost."
