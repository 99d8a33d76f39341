"""Acts about people: adding them, giving roles, setting and checking passwords."""

from __future__ import annotations

import secrets
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Secret
from portal.audit.service import record
from portal.errors import N_
from portal.errors import ForbiddenError
from portal.errors import RuleError
from portal.people import acts
from portal.people.models import Organisation
from portal.people.models import Person
from portal.people.models import RoleGrant
from portal.people.queries import PersonNotFoundError
from portal.roles import Actor
from portal.roles import Role

PASSWORD_LENGTH_MIN = 12

_hasher = PasswordHasher()
# Checked when there is no such person, so that the answer takes as long either way.
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


class WrongPasswordError(ForbiddenError):
    """The username or the password is not right; which of them is not said."""

    def __init__(self) -> None:
        super().__init__(N_("The username or the password is not right."))


class UsernameTakenError(RuleError):
    """Somebody has this username already."""

    def __init__(self, username: str) -> None:
        super().__init__(N_("The username {username} is taken."), username=username)


class ShortPasswordError(RuleError):
    """The password is too short to be safe."""

    def __init__(self) -> None:
        super().__init__(
            N_("A password has at least {length} characters."), length=PASSWORD_LENGTH_MIN
        )


def add_organisation(
    session: Session, code: str, *, name_th: str, name_en: str, kind: str
) -> Organisation:
    """Add a partner organisation."""
    organisation = Organisation(code=code, name_th=name_th, name_en=name_en, kind=kind)
    session.add(organisation)
    session.flush()
    return organisation


def add_person(
    session: Session,
    username: str,
    *,
    name: str,
    organisation_code: str | None,
    email: str | None = None,
) -> Person:
    """Add somebody, without a role and without a password."""
    if session.scalar(select(Person.id).where(Person.username == username)) is not None:
        raise UsernameTakenError(username)
    person = Person(
        username=username,
        name=name,
        organisation_code=organisation_code,
        email=email,
        session_key=secrets.token_urlsafe(32),
    )
    session.add(person)
    session.flush()
    return person


def grant_role(
    session: Session,
    person: Person,
    role: Role,
    *,
    subcommittee_code: str | None = None,
    by: Actor,
    at: datetime,
) -> RoleGrant:
    """Give a person a role from now on."""
    whose = Secret(f"person:{person.id}", {"id": person.id, "name": person.name})
    eid = record(session, acts.role_granted(role, subcommittee_code, person=whose, by=by, at=at))
    grant = RoleGrant(
        person_id=person.id,
        role=role,
        subcommittee_code=subcommittee_code,
        granted_at=at,
        log_eid=eid,
    )
    session.add(grant)
    session.flush()
    session.expire(person, ["grants"])
    return grant


def set_password(session: Session, username: str, password: str) -> Person:
    """Set a password and end every session of the person."""
    if len(password) < PASSWORD_LENGTH_MIN:
        raise ShortPasswordError
    person = session.scalars(select(Person).where(Person.username == username)).one_or_none()
    if person is None:
        raise PersonNotFoundError(username)
    person.password_hash = _hasher.hash(password)
    person.session_key = secrets.token_urlsafe(32)
    session.flush()
    return person


def check_password(session: Session, username: str, password: str) -> Person:
    """Return the person whose username and password these are, or raise `WrongPasswordError`."""
    person = session.scalars(
        select(Person).where(Person.username == username, Person.is_active)
    ).one_or_none()
    stored = person.password_hash if person else None
    is_right = _matches(stored or _NOBODY, password)
    if person is None or stored is None or not is_right:
        raise WrongPasswordError
    return person


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except VerifyMismatchError:
        return False
