"""Acts about people: adding them, giving roles, setting and checking passwords."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import EntryType
from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.audit.service import record
from portal.errors import N_
from portal.errors import NotFoundError
from portal.errors import RuleError
from portal.errors import StaleError
from portal.people import acts
from portal.people import rules
from portal.people.models import Organisation
from portal.people.models import Person
from portal.people.models import RoleGrant
from portal.people.queries import NoSuchPersonError
from portal.people.rules import RoleReason
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day


class UsernameTakenError(RuleError):
    """Somebody has this username already."""

    def __init__(self, username: str) -> None:
        super().__init__(N_("The username {username} is taken."), username=username)


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


def load_person(session: Session, person_id: int, *, seen_version: int, by: Actor) -> Person:
    """Lock a person for an administrator's act; refuse an old page.

    Who may not know of them finds nobody, so that nobody learns from a refusal who there is.
    """
    if not rules.LOOKERS & by.roles:
        raise NoSuchPersonError
    person = locked_person(session, person_id)
    rules.check_administers(by)
    if person.version != seen_version:
        raise StalePersonError
    return person


def locked_person(session: Session, person_id: int) -> Person:
    """Return a person whom nobody else changes until this transaction ends."""
    # An entry elsewhere may go on naming the person meanwhile.
    lock = {"key_share": True}
    person = session.get(Person, person_id, with_for_update=lock, populate_existing=True)
    if person is None:
        raise NoSuchPersonError
    return person


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
