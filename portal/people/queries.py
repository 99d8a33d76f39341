"""Reads about people."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Row
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import NotFoundError
from portal.labels import Name
from portal.people.models import ActingChair
from portal.people.models import Organisation
from portal.people.models import Person
from portal.people.models import RoleGrant
from portal.roles import Actor
from portal.roles import Role

SYSTEM = Actor(0, frozenset({Role.SYSTEM}), name="system", username="system")
_NOW = (RoleGrant.ended_at.is_(None), Person.is_active)


class PersonNotFoundError(NotFoundError):
    """Nobody has this username."""

    def __init__(self, username: str) -> None:
        super().__init__(N_("There is nobody with the username {username}."), username=username)


class NoSuchPersonError(NotFoundError):
    """There is nobody at this address, or no such role of theirs."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such person or role."))


def actor(session: Session, username: str) -> Actor:
    """Return the active person of this username with the roles held now."""
    person = session.scalars(
        select(Person).where(Person.username == username, Person.is_active)
    ).one_or_none()
    if person is None:
        raise PersonNotFoundError(username)
    return as_actor(person)


def known_person(session: Session, username: str) -> Person:
    """Return who has this username, or raise `PersonNotFoundError`."""
    person = session.scalars(select(Person).where(Person.username == username)).one_or_none()
    if person is None:
        raise PersonNotFoundError(username)
    return person


def as_actor(person: Person, *, on: date | None = None) -> Actor:
    """Return a person as somebody who acts, with the terms for a chair that cover a day, or all."""
    grants = [grant for grant in person.grants if grant.ended_at is None]
    terms = [row.term for row in person.terms if row.ended_at is None]
    acting = frozenset(term for term in terms if term.covers(term.subcommittee, on))
    return Actor(
        person_id=person.id,
        roles=frozenset(grant.role for grant in grants) | ({Role.CHAIR} if acting else set()),
        chairs=frozenset(
            grant.subcommittee_code
            for grant in grants
            if grant.role is Role.CHAIR and grant.subcommittee_code
        ),
        name=person.name,
        username=person.username,
        must_change_password=person.must_change_password,
        has_factor=person.has_factor,
        acting=acting,
    )


def holders(
    session: Session, role: Role, subcommittee: str | None = None, *, on: date | None = None
) -> list[str]:
    """Return the names of those who hold a role now: whom to ask.

    With a day, those who act for the chair of the subcommittee on it come after the chair.
    """
    return [name for _id, name in _held_by(session, role, subcommittee, on)]


def holder_ids(
    session: Session, role: Role, subcommittee: str | None = None, *, on: date | None = None
) -> list[int]:
    """Return the ids of those who hold a role now, in the same order."""
    return [person_id for person_id, _name in _held_by(session, role, subcommittee, on)]


def _held_by(
    session: Session, role: Role, subcommittee: str | None, on: date | None
) -> Sequence[Row[int, str]]:
    found = (
        select(Person.id, Person.name)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.role == role, *_NOW)
        .order_by(Person.name)
    )
    if role is not Role.CHAIR or subcommittee is None:
        return session.execute(found).all()
    chairs = session.execute(found.where(RoleGrant.subcommittee_code == subcommittee)).all()
    return chairs if on is None else [*chairs, *_acting(session, subcommittee, on)]


def _acting(session: Session, subcommittee: str, on: date) -> Sequence[Row[int, str]]:
    return session.execute(
        select(Person.id, Person.name)
        .join(ActingChair, ActingChair.person_id == Person.id)
        .where(
            ActingChair.subcommittee_code == subcommittee,
            ActingChair.from_on <= on,
            ActingChair.to_on >= on,
            ActingChair.ended_at.is_(None),
            Person.is_active,
        )
        .order_by(Person.name)
    ).all()


def role_holders(session: Session) -> dict[tuple[Role, str | None], list[int]]:
    """Return who holds which role now; for chairs, of which subcommittee."""
    rows = session.execute(
        select(RoleGrant.role, RoleGrant.subcommittee_code, Person.id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(*_NOW)
        .order_by(Person.id)
    )
    found: dict[tuple[Role, str | None], list[int]] = {}
    for role, subcommittee, person_id in rows:
        found.setdefault((role, subcommittee), []).append(person_id)
    return found


def names(session: Session, person_ids: Collection[int | None]) -> Mapping[int | None, str]:
    """Return the names of these people by their numbers; the system is None and has no name."""
    found = select(Person.id, Person.name).where(Person.id.in_(set(person_ids) - {None}))
    return {None: "", **{row.id: row.name for row in session.execute(found)}}


def organisations(session: Session) -> Mapping[str, Name]:
    """Return the names of all organisations by their codes, in the order of their Thai names."""
    found = session.scalars(select(Organisation).order_by(Organisation.name_th))
    return {one.code: Name(one.name_th, one.name_en) for one in found}
