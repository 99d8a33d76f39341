"""Opening sealed values for an auditor: one asks, another grants, and the log tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from portal.audit.entry import parse
from portal.audit.folder import Folder
from portal.audit.models import LogEntry
from portal.audit.opening import OpeningFile
from portal.audit.proving import prove
from portal.audit.queries import position
from portal.audit.queries import private_fields
from portal.audit.service import record
from portal.audit.vault import Box
from portal.audit.vault import Vault
from portal.audit.witnessing import heads
from portal.errors import N_
from portal.errors import NotFoundError
from portal.people import acts
from portal.people.models import Opening
from portal.people.models import Person
from portal.people.rules import GRANTERS
from portal.people.rules import READERS
from portal.people.rules import NotAGranterError
from portal.people.rules import NotGrantedError
from portal.people.rules import NothingSealedError
from portal.people.rules import Purpose
from portal.people.rules import check_fields
from portal.people.rules import check_may_ask
from portal.people.rules import check_may_decide
from portal.roles import Actor


class OpeningNotFoundError(NotFoundError):
    """There is no such opening, or it is another auditor's."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such opening here."))


@dataclass(frozen=True, slots=True)
class OpeningAnswer:
    """What an auditor asks: some sealed fields of an entry, what for, and the case's number."""

    eid: str
    fields: tuple[str, ...]
    purpose: Purpose
    case: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry and the names of the sealed fields that can still be opened."""

    eid: str
    type: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """An opening, as the list shows it."""

    id: int
    eid: str
    type: str
    fields: tuple[str, ...]
    purpose: str
    case: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    is_granted: bool | None
    is_mine: bool


def sealed(session: Session, eid: str, by: Actor) -> Sealed:
    """Return what can be opened of an entry; raise `EntryNotFoundError` when there is none."""
    check_may_ask(by)
    position(session, eid)
    body = session.scalars(select(LogEntry.body).where(LogEntry.eid == eid)).one()
    fields = tuple(row.field for row in private_fields(session, eid))
    return Sealed(eid, parse(body).type, fields)


def ask_opening(session: Session, answer: OpeningAnswer, *, by: Actor, at: datetime) -> Opening:
    """Ask for some sealed values of one entry."""
    fields = check_fields(answer.fields, sealed(session, answer.eid, by).fields)
    opening = Opening(
        eid=answer.eid,
        fields=",".join(fields),
        purpose=answer.purpose,
        case_number=answer.case,
        asked_by_id=by.person_id,
        asked_at=at,
    )
    session.add(opening)
    session.flush()
    return opening


def grant_opening(session: Session, opening_id: int, *, by: Actor, at: datetime) -> Opening:
    """Let the auditor open the values; the log tells what for and how many, not whose."""
    opening = _waiting(session, opening_id, by)
    count = len(opening.fields.split(","))
    eid = record(session, acts.opened(opening.purpose, count, by=by, at=at))
    return _decide(session, opening, log_eid=eid, by=by, at=at)


def refuse_opening(session: Session, opening_id: int, *, by: Actor, at: datetime) -> Opening:
    """Refuse to open the values."""
    opening = _waiting(session, opening_id, by)
    return _decide(session, opening, log_eid=None, by=by, at=at)


def _waiting(session: Session, opening_id: int, by: Actor) -> Opening:
    opening = session.get(Opening, opening_id, with_for_update=True)
    if opening is None or not (GRANTERS & by.roles or opening.asked_by_id == by.person_id):
        raise OpeningNotFoundError
    is_decided = opening.decided_at is not None
    check_may_decide(by, asked_by=opening.asked_by_id, is_decided=is_decided)
    return opening


def _decide(
    session: Session, opening: Opening, *, log_eid: str | None, by: Actor, at: datetime
) -> Opening:
    opening.is_granted, opening.log_eid = log_eid is not None, log_eid
    opening.decided_by_id, opening.decided_at = by.person_id, at
    session.flush()
    return opening


def openings(session: Session, by: Actor) -> Sequence[OpeningRow]:
    """Return the newest openings: an auditor's own, or all for those who decide on them."""
    if not READERS & by.roles:
        raise NotAGranterError
    asker, decider = aliased(Person), aliased(Person)
    statement = (
        select(Opening, LogEntry.body, asker.name, decider.name)
        .join(LogEntry, LogEntry.eid == Opening.eid)
        .join(asker, asker.id == Opening.asked_by_id)
        .outerjoin(decider, decider.id == Opening.decided_by_id)
        .order_by(Opening.id.desc())
        .limit(100)
    )
    if not GRANTERS & by.roles:
        statement = statement.where(Opening.asked_by_id == by.person_id)
    return [
        OpeningRow(
            id=opening.id,
            eid=opening.eid,
            type=parse(body).type,
            fields=tuple(opening.fields.split(",")),
            purpose=opening.purpose,
            case=opening.case_number,
            asked_by=asked_by,
            asked_at=opening.asked_at,
            decided_by=decided_by,
            decided_at=opening.decided_at,
            is_granted=opening.is_granted,
            is_mine=opening.asked_by_id == by.person_id,
        )
        for opening, body, asked_by, decided_by in session.execute(statement)
    ]


def opening_file(
    session: Session, folder: Folder, vault: Vault, opening_id: int, *, by: Actor
) -> OpeningFile:
    """Return the file that opens the granted values and proves their entry; for who asked alone."""
    opening = session.get(Opening, opening_id)
    if opening is None or opening.asked_by_id != by.person_id:
        raise OpeningNotFoundError
    if not opening.is_granted:
        raise NotGrantedError
    index = position(session, opening.eid)
    proof = prove(folder, index, heads(folder).best_note(index))
    return OpeningFile(proof, tuple(_disclosures(session, vault, opening)))


def _disclosures(session: Session, vault: Vault, opening: Opening) -> Sequence[str]:
    wanted = opening.fields.split(",")
    rows = [row for row in private_fields(session, opening.eid) if row.field in wanted]
    if len(rows) != len(wanted):
        raise NothingSealedError
    return [
        vault.decrypt(Box(row.key_id, row.nonce, row.ciphertext), eid=opening.eid, field=row.field)
        for row in rows
    ]
