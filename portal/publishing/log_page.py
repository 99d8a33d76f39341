"""The page of the log: the signed checkpoint, and the entries as pages show them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.note import NoteError
from portal.audit.note import VerifierKey
from portal.audit.note import read_checkpoint
from portal.money import Money
from portal.money import total
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedPosition

PAGE_LENGTH = 50
_COMING_BACK = frozenset({"payment.returned", "payment.refunded"})


@dataclass(frozen=True, slots=True)
class ActLine:
    """One entry of the log, as pages show it."""

    index: int
    eid: str
    type: str
    role: str
    at: datetime
    reference: str | None
    amount: Money | None
    public: Mapping[str, object]

    @property
    def came_back(self) -> Money:
        """Return what came back of a payment by this act, with what the bank kept of it."""
        return (self.amount or Money(0)) if self.type in _COMING_BACK else Money(0)

    @property
    def fee(self) -> Money:
        """Return what the bank kept of money that came back."""
        kept = self.public.get("fee_satang") if self.type in _COMING_BACK else None
        return Money(kept if isinstance(kept, int) else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithTimeline:
    """What a page tells act by act, and what came back by them."""

    timeline: Sequence[ActLine]

    @property
    def came_back(self) -> Money:
        """Return what came back of its payments, with what the bank kept of that."""
        return total(act.came_back for act in self.timeline)

    @property
    def fees(self) -> Money:
        """Return what the bank kept of what came back."""
        return total(act.fee for act in self.timeline)


def act_line(act: PublishedAct) -> ActLine:
    """Return an entry as pages show it."""
    return ActLine(
        act.idx,
        act.eid,
        act.type,
        act.role,
        datetime.fromisoformat(act.at),
        act.reference,
        None if act.satang is None else Money(act.satang),
        json.loads(act.public),
    )


@dataclass(frozen=True, slots=True)
class Outsiders:
    """The first entries of the log that enough outsiders cosigned: how many, who, and when."""

    size: int
    by: Mapping[str, datetime]


def outsiders(position: PublishedPosition) -> Outsiders | None:
    """Return what can be claimed of outsiders, or None while they are not enough."""
    if not position.witnessed:
        return None
    told = json.loads(position.witnessed)
    by = {name: datetime.fromtimestamp(at, UTC) for name, at in sorted(told["by"].items())}
    return Outsiders(told["size"], by)


@dataclass(frozen=True, slots=True)
class LogPage:
    """What the log's page shows: the signed checkpoint and a page of entries, newest first.

    `is_signed` says that the note was verified just now: its key signed this size and root.
    """

    origin: str
    size: int
    root: str
    note: str
    vkey: str
    is_signed: bool
    outsiders: Outsiders | None
    opened_at: datetime | None
    newest_at: datetime | None
    acts: Sequence[ActLine]
    first: int
    older: int | None
    newer: int | None


def log_page(session: Session, *, before: int | None = None) -> LogPage | None:
    """Return a page of the log, or None while nothing is published."""
    position = session.get(PublishedPosition, 1)
    if position is None:
        return None
    size = position.size
    start = size if before is None else min(before, size)
    rows = session.scalars(
        select(PublishedAct)
        .where(PublishedAct.idx < start)
        .order_by(PublishedAct.idx.desc())
        .limit(PAGE_LENGTH)
    ).all()
    return LogPage(
        origin=position.vkey.partition("+")[0],
        size=size,
        root=position.root,
        note=position.note,
        vkey=position.vkey,
        is_signed=_is_signed(position),
        outsiders=outsiders(position),
        opened_at=told_at(session, 0),
        newest_at=told_at(session, size - 1),
        acts=[act_line(row) for row in rows],
        first=size - start + 1,
        older=rows[-1].idx if rows and rows[-1].idx else None,
        newer=min(start + PAGE_LENGTH, size) if start < size else None,
    )


def told_at(session: Session, index: int) -> datetime | None:
    """Return when the act of an entry happened."""
    act = session.get(PublishedAct, index)
    return datetime.fromisoformat(act.at) if act else None


def _is_signed(position: PublishedPosition) -> bool:
    try:
        signed = read_checkpoint(position.note.encode(), VerifierKey.parse(position.vkey))
    except NoteError:
        return False
    return (signed.size, signed.root.hex()) == (position.size, position.root)
