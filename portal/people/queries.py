"""Reads about people."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import NotFoundError
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


def actor(session: Session, username: str) -> Actor:
    """Return the active person of this username with the roles held now."""
    person = session.scalars(
        select(Person).where(Person.username == username, Person.is_active)
    ).one_or_none()
    if person is None:
        raise PersonNotFoundError(username)
    return as_actor(person)


def as_actor(person: Person) -> Actor:
    """Return a person as somebody who acts."""
    grants = [grant for grant in person.grants if grant.ended_at is None]
    return Actor(
        person_id=person.id,
        roles=frozenset(grant.role for grant in grants),
        chairs=frozenset(
            grant.subcommittee_code
            for grant in grants
            if grant.role is Role.CHAIR and grant.subcommittee_code
        ),
        name=person.name,
        username=person.username,
    )


def holders(session: Session, role: Role, subcommittee: str | None = None) -> list[str]:
    """Return the names of those who hold a role now: whom to ask."""
    return [name for _id, name in _held_by(session, role, subcommittee)]


def holder_ids(session: Session, role: Role, subcommittee: str | None = None) -> list[int]:
    """Return the ids of those who hold a role now."""
    return [person_id for person_id, _name in _held_by(session, role, subcommittee)]


def _held_by(session: Session, role: Role, subcommittee: str | None) -> Sequence[Row[int, str]]:
    found = (
        select(Person.id, Person.name)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.role == role, *_NOW)
        .order_by(Person.name)
    )
    if role is Role.CHAIR and subcommittee is not None:
        found = found.where(RoleGrant.subcommittee_code == subcommittee)
    return session.execute(found).all()


def role_holders(session: Session) -> dict[tuple[Role, str | None], list[int]]:
    """Return who holds which role now; for chairs, of which subcommittee."""
    rows = session.execute(
        select(RoleGrant.role, RoleGrant.subcommittee_code, Person.id)
        .join(Person)
        .where(*_NOW)
        .order_by(Person.id)
    )
    found: dict[tuple[Role, str | None], list[int]] = {}
    for role, subcommittee, person_id in rows:
        found.setdefault((role, subcommittee), []).append(person_id)
    return found
