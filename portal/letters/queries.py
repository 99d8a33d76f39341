"""Reads about letters: the outbox, and what proves an entry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import true
from sqlalchemy.orm import Session

from portal.audit.models import LogEntry
from portal.letters import rules
from portal.letters.models import Letter
from portal.letters.rules import About
from portal.letters.rules import Kind
from portal.letters.rules import Stage
from portal.people.models import Person
from portal.roles import Actor

PAGE_LENGTH = 50


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter in the outbox; subject and body are None until it is sent first."""

    id: int
    to: str
    kind: Kind
    abouts: Sequence[About]
    subject: str | None
    body: str | None
    made_at: datetime
    sent_at: datetime | None
    due_at: datetime
    attempts: int
    last_error: str | None
    stage: Stage
    is_mine: bool


@dataclass(frozen=True, slots=True)
class LetterList:
    """A page of the outbox, newest first, and how many there are and failed in all."""

    rows: Sequence[LetterRow]
    count: int
    failed: int
    page: int

    @property
    def pages(self) -> int:
        """Return how many pages the outbox has."""
        return max(1, -(-self.count // PAGE_LENGTH))

    @property
    def first(self) -> int:
        """Return the number of the first letter shown."""
        return (self.page - 1) * PAGE_LENGTH + 1

    @property
    def last(self) -> int:
        """Return the number of the last letter shown."""
        return (self.page - 1) * PAGE_LENGTH + len(self.rows)


def letters(
    session: Session,
    by: Actor,
    *,
    sees_all: bool,
    mails: bool,
    at: datetime,
    only_failed: bool = False,
    page: int = 1,
) -> LetterList:
    """Return the letters this person may read; those told by another letter are left out.

    `mails` says whether mail is sent from here at all.
    """
    mine = true() if sees_all else Letter.to_person_id == by.person_id
    conditions: list[ColumnElement[bool]] = [mine, Letter.sent_with_id.is_(None)]
    failed = _count(session, [*conditions, Letter.failed_at.is_not(None)])
    if only_failed:
        conditions.append(Letter.failed_at.is_not(None))
    count = failed if only_failed else _count(session, conditions)
    start = (page - 1) * PAGE_LENGTH
    if start >= count:
        # An address may name any page, and some lie beyond what a database counts.
        return LetterList((), count, failed, page)
    found = session.execute(
        select(Letter, Person)
        .join(Person, Person.id == Letter.to_person_id)
        .where(*conditions)
        .order_by(Letter.id.desc())
        .limit(PAGE_LENGTH)
        .offset(start)
    )
    rows = [
        _row(letter, person, by, goes_out=mails and _has_address(person), at=at)
        for letter, person in found
    ]
    return LetterList(rows, count, failed, page)


def _count(session: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    return session.scalar(select(func.count()).select_from(Letter).where(*conditions)) or 0


def address_of(session: Session, by: Actor) -> str | None:
    """Return the e-mail address of somebody, for themselves to see."""
    return session.scalar(select(Person.email).where(Person.id == by.person_id))


def _has_address(person: Person) -> bool:
    return person.is_active and person.email is not None


def _row(letter: Letter, person: Person, by: Actor, *, goes_out: bool, at: datetime) -> LetterRow:
    return LetterRow(
        id=letter.id,
        to=person.name,
        kind=letter.kind,
        abouts=letter.abouts,
        subject=letter.subject,
        body=letter.body,
        made_at=letter.made_at,
        sent_at=letter.sent_at,
        due_at=letter.due_at,
        attempts=letter.attempts,
        last_error=letter.last_error,
        stage=rules.stage(
            sent_at=letter.sent_at,
            failed_at=letter.failed_at,
            due_at=letter.due_at,
            goes_out=goes_out,
            at=at,
        ),
        is_mine=person.id == by.person_id,
    )


def entry_digests(session: Session, abouts: Iterable[About]) -> Mapping[str, str]:
    """Return the SHA-256 of each log entry that these tell of, in hexadecimal."""
    eids = [about.entry for about in abouts if about.entry]
    if not eids:
        return {}
    found = session.execute(select(LogEntry.eid, LogEntry.body).where(LogEntry.eid.in_(eids)))
    return {eid: hashlib.sha256(body).hexdigest() for eid, body in found}
