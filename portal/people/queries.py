"""Reads about people."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import NotFoundError
from portal.labels import Name
from portal.people.models import Organisation
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


def names(session: Session, person_ids: Collection[int | None]) -> Mapping[int | None, str]:
    """Return the names of these people by their numbers; the system is None and has no name."""
    found = select(Person.id, Person.name).where(Person.id.in_(set(person_ids) - {None}))
    return {None: "", **{row.id: row.name for row in session.execute(found)}}


def organisations(session: Session) -> Mapping[str, Name]:
    """Return the names of all organisations by their codes, in the order of their Thai names."""
    found = session.scalars(select(Organisation).order_by(Organisation.name_th))
    return {one.code: Name(one.name_th, one.name_en) for one in found}
