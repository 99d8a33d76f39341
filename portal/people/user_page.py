"""Reads for the pages of people, their roles and their organisations."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm import selectinload

from portal.labels import Name
from portal.people.models import Organisation
from portal.people.models import Person
from portal.people.models import RoleGrant
from portal.people.queries import NoSuchPersonError
from portal.people.queries import organisations
from portal.people.rules import LOOKERS
from portal.people.rules import OnlyAdministratorError
from portal.roles import Actor
from portal.roles import Role

PAGE_LENGTH = 50


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role that somebody holds or held; the reasons are codes."""

    grant_id: int
    role: Role
    subcommittee: str | None
    granted_at: datetime
    granted_for: str | None
    ended_at: datetime | None
    ended_for: str | None
    eid: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody who signs in, as an administrator sees them."""

    id: int
    username: str
    name: str
    organisation: Name | None
    # For administrators alone.
    email: str | None
    is_active: bool
    has_password: bool
    must_change_password: bool
    has_factor: bool
    has_identity: bool
    version: int
    roles: Sequence[HeldRole]
    earlier_roles: Sequence[HeldRole]

    def role(self, grant_id: int) -> HeldRole:
        """Return one of the roles held now, or raise `NoSuchPersonError`."""
        found = next((held for held in self.roles if held.grant_id == grant_id), None)
        if found is None:
            raise NoSuchPersonError
        return found


@dataclass(frozen=True, slots=True)
class PeopleFilters:
    """What the list of people is narrowed to; empty means all."""

    text: str = ""
    role: str = ""
    state: str = ""

    @property
    def is_set(self) -> bool:
        """Say whether anything is narrowed."""
        return bool(self.text or self.role or self.state)


@dataclass(frozen=True, slots=True)
class People:
    """A page of the list of people."""

    rows: Sequence[PersonRow]
    count: int
    page: int

    @property
    def first(self) -> int:
        """Return the number of the first row shown."""
        return (self.page - 1) * PAGE_LENGTH + 1

    @property
    def last(self) -> int:
        """Return the number of the last row shown."""
        return (self.page - 1) * PAGE_LENGTH + len(self.rows)


def people(session: Session, by: Actor, filters: PeopleFilters, *, page: int = 1) -> People:
    """Return who signs in, by name."""
    _need_looker(by)
    conditions = _narrowed(filters)
    count = session.scalar(select(func.count()).select_from(Person).where(*conditions)) or 0
    start = (page - 1) * PAGE_LENGTH
    if start >= count:
        return People((), count, page)
    found = session.scalars(
        select(Person)
        .where(*conditions)
        .options(selectinload(Person.identity))
        .order_by(Person.is_active.desc(), Person.name, Person.id)
        .limit(PAGE_LENGTH)
        .offset(start)
    )
    known = organisations(session)
    return People([_person_row(person, known, by) for person in found], count, page)


def _narrowed(filters: PeopleFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        or_(Person.name.contains(word, autoescape=True), Person.username.contains(word.lower()))
        for word in filters.text.split()
    ]
    if filters.role in set(Role):
        held = select(RoleGrant.person_id).where(
            RoleGrant.role == Role(filters.role), RoleGrant.ended_at.is_(None)
        )
        conditions.append(Person.id.in_(held))
    if filters.state in {"active", "inactive"}:
        conditions.append(Person.is_active.is_(filters.state == "active"))
    return conditions


def person_page(session: Session, person_id: int, by: Actor) -> PersonRow:
    """Return one person, or raise `NoSuchPersonError`, also for whoever may know of nobody."""
    person = session.get(Person, person_id)
    if person is None or not LOOKERS & by.roles:
        raise NoSuchPersonError
    return _person_row(person, organisations(session), by)


def _need_looker(by: Actor) -> None:
    if not LOOKERS & by.roles:
        raise OnlyAdministratorError


def _person_row(person: Person, known: Mapping[str, Name], by: Actor) -> PersonRow:
    roles = [_held_role(grant) for grant in person.grants]
    return PersonRow(
        id=person.id,
        username=person.username,
        name=person.name,
        organisation=known.get(person.organisation_code or ""),
        email=person.email if by.holds(Role.ADMINISTRATOR) else None,
        is_active=person.is_active,
        has_password=person.password_hash is not None,
        must_change_password=person.must_change_password,
        has_factor=person.has_factor,
        has_identity=person.identity is not None,
        version=person.version,
        roles=[role for role in roles if role.ended_at is None],
        earlier_roles=[role for role in roles if role.ended_at is not None],
    )


def _held_role(grant: RoleGrant) -> HeldRole:
    return HeldRole(
        grant_id=grant.id,
        role=grant.role,
        subcommittee=grant.subcommittee_code,
        granted_at=grant.granted_at,
        granted_for=grant.granted_for,
        ended_at=grant.ended_at,
        ended_for=grant.ended_for,
        eid=grant.ended_eid or grant.log_eid,
    )


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """A partner, and how many people come from it."""

    code: str
    name: Name
    kind: str
    people: int


def organisation_rows(session: Session, by: Actor) -> Sequence[OrganisationRow]:
    """Return every partner, by its Thai name."""
    _need_looker(by)
    counted = func.count(Person.id)
    found = session.execute(
        select(Organisation, counted)
        .outerjoin(Person, Person.organisation_code == Organisation.code)
        .group_by(Organisation.code)
        .order_by(Organisation.name_th)
    )
    return [
        OrganisationRow(row.code, Name(row.name_th, row.name_en), row.kind, count)
        for row, count in found
    ]
