"""Acts about people: adding them, giving roles, setting and checking passwords."""

from __future__ import annotations

import secrets
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import EntryType
from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.audit.service import record
from portal.errors import N_
from portal.errors import ForbiddenError
from portal.errors import NotFoundError
from portal.errors import RuleError
from portal.errors import StaleError
from portal.people import acts
from portal.people import rules
from portal.people.models import Organisation
from portal.people.models import Person
from portal.people.models import RoleGrant
from portal.people.queries import NoSuchPersonError
from portal.people.queries import PersonNotFoundError
from portal.people.rules import RoleReason
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day

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


class StalePersonError(StaleError):
    """Somebody changed the person's record after the page was opened."""

    def __init__(self) -> None:
        super().__init__(N_("This person was changed meanwhile. Look again, then decide."))


class OrganisationNotFoundError(NotFoundError):
    """There is no such partner."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such organisation."))


class OrganisationTakenError(RuleError):
    """A partner's code is given once."""

    def __init__(self, code: str) -> None:
        super().__init__(N_("The code {code} is taken."), code=code)


def add_organisation(
    session: Session,
    code: str,
    *,
    name_th: str,
    name_en: str,
    kind: str,
    by: Actor,
    at: datetime,
) -> Organisation:
    """Add a partner organisation."""
    check_new_organisation(session, code, by=by)
    public = {"code": code, "name_th": name_th, "name_en": name_en}
    record(session, acts.administered(acts.ORGANISATION_ADDED, public, by=by, at=at))
    organisation = Organisation(code=code, name_th=name_th, name_en=name_en, kind=kind)
    session.add(organisation)
    session.flush()
    return organisation


def check_new_organisation(session: Session, code: str, *, by: Actor) -> None:
    """Refuse a partner that cannot be added."""
    rules.check_administers(by)
    if session.get(Organisation, code) is not None:
        raise OrganisationTakenError(code)


def add_person(
    session: Session,
    username: str,
    *,
    name: str,
    organisation_code: str | None,
    email: str | None = None,
    by: Actor,
    at: datetime,
) -> Person:
    """Add somebody, without a role and without a password."""
    check_new_person(session, username, organisation_code, by=by)
    person = Person(
        username=username,
        name=name,
        organisation_code=organisation_code,
        email=email,
        session_key=new_key(),
    )
    session.add(person)
    session.flush()
    tell(session, acts.PERSON_ADDED, person, by=by, at=at)
    return person


def check_new_person(
    session: Session, username: str, organisation_code: str | None, *, by: Actor
) -> None:
    """Refuse somebody who cannot be added."""
    rules.check_administers(by)
    if session.scalar(select(Person.id).where(Person.username == username)) is not None:
        raise UsernameTakenError(username)
    if organisation_code is not None and session.get(Organisation, organisation_code) is None:
        raise OrganisationNotFoundError


def grant_role(
    session: Session,
    person: Person,
    role: Role,
    *,
    subcommittee_code: str | None = None,
    reason: RoleReason | None = None,
    by: Actor,
    at: datetime,
) -> RoleGrant:
    """Give a person a role from now on."""
    rules.check_administers(by, person_id=person.id)
    if not person.is_active:
        raise rules.NotActiveError
    held = [(grant.role, grant.subcommittee_code) for grant in held_grants(person)]
    # Who acts for a chair, or is appointed to, is a chair for what excludes it.
    terms = [row.term for row in person.terms if row.ended_at is None]
    held += [(Role.CHAIR, term.subcommittee) for term in terms if term.to_on >= bangkok_day(at)]
    rules.check_grant(role, subcommittee_code, held=held)
    secret = whose(person, reason)
    eid = record(session, acts.role_granted(role, subcommittee_code, person=secret, by=by, at=at))
    grant = RoleGrant(
        person_id=person.id,
        role=role,
        subcommittee_code=subcommittee_code,
        granted_at=at,
        log_eid=eid,
        granted_by_id=by.person_id or None,
        granted_for=reason,
    )
    session.add(grant)
    count_change(session, person)
    return grant


def set_one_time_password(
    session: Session, person: Person, password: str, *, by: Actor, at: datetime
) -> None:
    """Set a password that lets nobody further than to choosing another one."""
    rules.check_administers(by, person_id=person.id)
    if not person.is_active:
        raise rules.NotActiveError
    _set_password(person, password, is_one_time=True)
    tell(session, acts.PASSWORD_SET, person, by=by, at=at)


def change_password(session: Session, person_id: int, *, old: str, new: str) -> Person:
    """Let a person choose their own password; every other session of theirs ends."""
    person = _locked(session, person_id)
    check_password(session, person.username, old)
    if new == old:
        raise rules.SamePasswordError
    _set_password(person, new, is_one_time=False)
    session.flush()
    return person


def load_person(session: Session, person_id: int, *, seen_version: int, by: Actor) -> Person:
    """Lock a person for an administrator's act; refuse an old page.

    Who may not know of them finds nobody, so that nobody learns from a refusal who there is.
    """
    if not rules.LOOKERS & by.roles:
        raise NoSuchPersonError
    person = _locked(session, person_id)
    rules.check_administers(by)
    if person.version != seen_version:
        raise StalePersonError
    return person


def _locked(session: Session, person_id: int) -> Person:
    # An entry elsewhere may go on naming the person meanwhile.
    lock = {"key_share": True}
    person = session.get(Person, person_id, with_for_update=lock, populate_existing=True)
    if person is None:
        raise NoSuchPersonError
    return person


def set_password(session: Session, username: str, password: str) -> Person:
    """Set a password and end every session of the person."""
    person = session.scalars(select(Person).where(Person.username == username)).one_or_none()
    if person is None:
        raise PersonNotFoundError(username)
    _set_password(person, password, is_one_time=False)
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


def _set_password(person: Person, password: str, *, is_one_time: bool) -> None:
    if len(password) < PASSWORD_LENGTH_MIN:
        raise ShortPasswordError
    person.password_hash = _hasher.hash(password)
    person.session_key = new_key()
    person.must_change_password = is_one_time


def new_key() -> str:
    """Return a new key of sessions: with it every session so far ends."""
    return secrets.token_urlsafe(32)


def held_grants(person: Person) -> list[RoleGrant]:
    """Return the grants of the roles that a person holds now."""
    return [grant for grant in person.grants if grant.ended_at is None]


def whose(person: Person, reason: RoleReason | None = None) -> Secret:
    """Return whom an entry is about, and why, to be sealed."""
    why: dict[str, Json] = {} if reason is None else {"reason": reason.value}
    return Secret(f"person:{person.id}", {"id": person.id, "name": loggable(person.name), **why})


def tell(
    session: Session, entry_type: EntryType, person: Person, *, by: Actor, at: datetime
) -> None:
    """Record what was done to a person's record."""
    record(session, acts.administered(entry_type, {}, person=whose(person), by=by, at=at))
    count_change(session, person)


def count_change(session: Session, person: Person) -> None:
    """Count the change, so that a page opened before decides nothing."""
    person.version += 1
    session.flush()
    session.expire(person, ["grants"])
