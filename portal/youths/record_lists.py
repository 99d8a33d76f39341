"""Lists about people: whose records may be read, which pairs are doubtful, who read what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from typing import Any
from typing import Generic
from typing import TypeVar
from typing import TypeVarTuple

from sqlalchemy import ColumnElement
from sqlalchemy import Row
from sqlalchemy import Select
from sqlalchemy import UnaryExpression
from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from portal.id_numbers import bare_digits
from portal.labels import Name
from portal.people.models import Person
from portal.roles import Actor
from portal.roles import Role
from portal.youths.models import Area
from portal.youths.models import RecordRead
from portal.youths.models import Youth
from portal.youths.models import YouthPair
from portal.youths.queries import kept_id
from portal.youths.queries import same_ids
from portal.youths.queries import whole_name
from portal.youths.refusals import AuditorNeededError
from portal.youths.refusals import PersonNotFoundError
from portal.youths.rules import READERS
from portal.youths.rules import AgeBand
from portal.youths.rules import Likeness
from portal.youths.rules import ReadPage
from portal.youths.rules import Verdict
from portal.youths.rules import age
from portal.youths.rules import age_band

PAGE_LENGTH = 50
Shown = TypeVar("Shown")
Columns = TypeVarTuple("Columns")


@dataclass(frozen=True, slots=True)
class Listed(Generic[Shown]):
    """A page of a list: the rows shown, and how many there are in all."""

    rows: Sequence[Shown]
    count: int
    page: int

    @property
    def pages(self) -> int:
        """Return how many pages the list has."""
        return max(1, -(-self.count // PAGE_LENGTH))

    @property
    def first(self) -> int:
        """Return the number of the first row shown."""
        return (self.page - 1) * PAGE_LENGTH + 1

    @property
    def last(self) -> int:
        """Return the number of the last row shown."""
        return (self.page - 1) * PAGE_LENGTH + len(self.rows)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person in a list."""

    id: int
    name: str
    birth_on: date
    years: int
    band: AgeBand
    place: Name
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class PairRow:
    """Two records that may be one person, the older first; `is_joined` if either was joined."""

    id: int
    ids: tuple[int, int]
    names: tuple[str, str]
    births: tuple[date, date]
    likeness: Likeness
    found_at: datetime
    verdict: Verdict | None
    settled_by: str | None
    settled_at: datetime | None
    is_joined: bool


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One page about a person that somebody opened."""

    reader: str
    username: str
    youth_id: int
    page: ReadPage
    at: datetime


def people(session: Session, by: Actor, text: str, *, on: date, page: int) -> Listed[PersonRow]:
    """Return the people whose records may be read here, newest first, narrowed by name or number.

    Records that were joined to an older one are left out where that one can be read.
    """
    if not (READERS | {Role.FINDER}) & by.roles:
        raise PersonNotFoundError
    sees_all = bool(READERS & by.roles)
    mine = Youth.same_as_id.is_(None) if sees_all else Youth.registered_by_id == by.person_id
    parent = aliased(Area)
    statement = (
        select(Youth, Area, parent)
        .join(Area, Area.code == Youth.area_code)
        .outerjoin(parent, parent.code == Area.parent_code)
        .where(mine, Youth.erased_at.is_(None), *(_tells(word) for word in text.split()))
    )
    count, rows = _page_of(session, statement, Youth.id.desc(), page)
    shown = [_person_row(youth, whole_name(area, above), on) for youth, area, above in rows]
    return Listed(shown, count, page)


def _tells(word: str) -> ColumnElement[bool]:
    return or_(
        Youth.first_name.contains(word, autoescape=True),
        Youth.last_name.contains(word, autoescape=True),
        Youth.national_id == bare_digits(word).upper(),
    )


def _person_row(youth: Youth, place: Name, on: date) -> PersonRow:
    years = age(youth.birth_on, on)
    return PersonRow(
        id=youth.id,
        name=youth.name,
        birth_on=youth.birth_on,
        years=years,
        band=age_band(years),
        place=place,
        confirmed_at=youth.confirmed_at,
    )


def _page_of(
    session: Session, statement: Select[*Columns], order: UnaryExpression[int], page: int
) -> tuple[int, Sequence[Row[*Columns]]]:
    count = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    start = (page - 1) * PAGE_LENGTH
    if start >= count:
        # An address may name any page, and some lie beyond what a database counts.
        return count, ()
    return count, session.execute(statement.order_by(order).limit(PAGE_LENGTH).offset(start)).all()


def open_pairs(session: Session, by: Actor) -> Sequence[PairRow]:
    """Return the pairs that wait for an officer, longest waiting first."""
    waiting = _pairs(session, by, YouthPair.verdict.is_(None), YouthPair.id.asc())
    # Those that are one by way of another pair need no question.
    return [row for row in waiting if not (row.is_joined and _are_one(session, row))]


def _are_one(session: Session, row: PairRow) -> bool:
    older, younger = row.ids
    return kept_id(session, older) == kept_id(session, younger)


def count_open_pairs(session: Session, by: Actor) -> int:
    """Return how many pairs wait; nobody but officers and auditors is told."""
    return len(open_pairs(session, by)) if READERS & by.roles else 0


def settled_pairs(session: Session, by: Actor) -> Sequence[PairRow]:
    """Return the pairs that were settled last."""
    return _pairs(session, by, YouthPair.verdict.is_not(None), YouthPair.settled_at.desc())


def _pairs(
    session: Session,
    by: Actor,
    condition: ColumnElement[bool],
    order: UnaryExpression[Any],  # of any type
) -> Sequence[PairRow]:
    if not READERS & by.roles:
        raise PersonNotFoundError
    older, younger = aliased(Youth), aliased(Youth)
    found = session.execute(
        select(YouthPair, older, younger, Person.name)
        .join(older, older.id == YouthPair.older_id)
        .join(younger, younger.id == YouthPair.younger_id)
        .outerjoin(Person, Person.id == YouthPair.settled_by_id)
        .where(condition, older.erased_at.is_(None), younger.erased_at.is_(None))
        .order_by(order)
        .limit(PAGE_LENGTH)
    )
    return [
        PairRow(
            id=pair.id,
            ids=(one.id, other.id),
            names=(one.name, other.name),
            births=(one.birth_on, other.birth_on),
            likeness=pair.likeness,
            found_at=pair.found_at,
            verdict=pair.verdict,
            settled_by=settled_by,
            settled_at=pair.settled_at,
            is_joined=bool(one.same_as_id or other.same_as_id),
        )
        for pair, one, other, settled_by in found
    ]


def reads_of(session: Session, youth_id: int, by: Actor, *, page: int) -> Listed[ReadRow]:
    """Return who read about one person, newest first: for officers and auditors."""
    if not READERS & by.roles or session.get(Youth, youth_id) is None:
        raise PersonNotFoundError
    return _reads(session, RecordRead.youth_id.in_(same_ids(session, youth_id)), page)


def reads_by(session: Session, username: str, by: Actor, *, page: int) -> Listed[ReadRow]:
    """Return what was read last, of everybody or by one reader: for auditors alone."""
    if not by.holds(Role.AUDITOR):
        raise AuditorNeededError
    condition = Person.username == username if username else Person.id == RecordRead.person_id
    return _reads(session, condition, page)


def _reads(session: Session, condition: ColumnElement[bool], page: int) -> Listed[ReadRow]:
    statement = (
        select(
            Person.name,
            Person.username,
            RecordRead.youth_id,
            RecordRead.page,
            RecordRead.at,
        )
        .join(Person, Person.id == RecordRead.person_id)
        .where(condition)
    )
    count, rows = _page_of(session, statement, RecordRead.id.desc(), page)
    return Listed([ReadRow(*columns) for columns in rows], count, page)


def readers(session: Session) -> Sequence[tuple[str, str]]:
    """Return everybody who read about somebody: username and name."""
    found = select(RecordRead.person_id).distinct()
    whose = select(Person.username, Person.name).where(Person.id.in_(found)).order_by(Person.name)
    return [(username, name) for username, name in session.execute(whose)]
