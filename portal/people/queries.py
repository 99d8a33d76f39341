"""Reads about people."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import NotFoundError
from portal.people.models import Person
from portal.people.models import RoleGrant
from portal.roles import Actor
from portal.roles import Role

SYSTEM = Actor(0, frozenset({Role.SYSTEM}), name="system", username="system")


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
        must_change_password=person.must_change_password,
    )


def holders(session: Session, role: Role, subcommittee: str | None = None) -> list[str]:
    """Return the names of those who hold a role now: whom to ask."""
    found = (
        select(Person.name)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.role == role, RoleGrant.ended_at.is_(None), Person.is_active)
        .order_by(Person.name)
    )
    if role is Role.CHAIR and subcommittee is not None:
        found = found.where(RoleGrant.subcommittee_code == subcommittee)
    return list(session.scalars(found))
