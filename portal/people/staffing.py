"""Acts of an administrator on people and partners, each planned first where a page shows it.

The founding takes people and partners from the province file by `service.py`, which this uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Secret
from portal.audit.service import record
from portal.errors import N_
from portal.errors import RuleError
from portal.errors import StaleError
from portal.labels import Name
from portal.people import acts
from portal.people import rules
from portal.people import service
from portal.people import sessions
from portal.people.models import Organisation
from portal.people.models import Person
from portal.people.models import RoleGrant
from portal.people.queries import NoSuchPersonError
from portal.people.rules import RoleReason
from portal.people.service import OrganisationNotFoundError
from portal.people.service import count_change
from portal.people.service import held_grants
from portal.people.service import tell
from portal.people.service import whose
from portal.people.session_rules import Ending
from portal.roles import Actor
from portal.roles import Role


class StaleOrganisationError(StaleError):
    """Somebody renamed the partner after the page was opened."""

    def __init__(self) -> None:
        super().__init__(N_("This organisation was renamed meanwhile. Look again, then decide."))


class SameAsBeforeError(RuleError):
    """The names, or the address, are what they were."""

    def __init__(self) -> None:
        super().__init__(N_("Nothing would change."))


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to be added, without a role and without a password."""

    username: str
    name: str
    organisation: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class NewEmail:
    """Where a person's letters are to go, or nowhere, upon the version that was seen."""

    email: str | None
    seen_version: int


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    """A partner to be added."""

    code: str
    name_th: str
    name_en: str
    kind: str


@dataclass(frozen=True, slots=True)
class Renaming:
    """New official names of a partner, and those that the page showed."""

    names: Name
    seen: Name


def plan_person(session: Session, new: NewPerson, *, by: Actor) -> None:
    """Refuse somebody who cannot be added."""
    service.check_new_person(session, new.username, new.organisation, by=by)


def add_person(session: Session, new: NewPerson, *, by: Actor, at: datetime) -> Person:
    """Add somebody; the address, if there is one, stands in the log as every later one does."""
    person = service.add_person(
        session,
        new.username,
        name=new.name,
        organisation_code=new.organisation,
        by=by,
        at=at,
    )
    if new.email is not None:
        _write_email(session, person, new.email, by=by, at=at)
    return person


def plan_email(session: Session, new: NewEmail, *, person_id: int, by: Actor) -> Person:
    """Return the person under a lock, or raise what keeps their address from being changed."""
    person = service.load_person(session, person_id, seen_version=new.seen_version, by=by)
    if person.email == new.email:
        raise SameAsBeforeError
    return person


def change_email(
    session: Session, new: NewEmail, *, person_id: int, by: Actor, at: datetime
) -> Person:
    """Let a person's letters go to another address, or to none; nobody else is told which."""
    person = plan_email(session, new, person_id=person_id, by=by)
    _write_email(session, person, new.email, by=by, at=at)
    return person


def _write_email(
    session: Session, person: Person, email: str | None, *, by: Actor, at: datetime
) -> None:
    person.email = email
    sealed = Secret(f"person:{person.id}", email)
    record(session, acts.email_changed(email=sealed, person=whose(person), by=by, at=at))
    count_change(session, person)


def end_role(
    session: Session,
    person: Person,
    grant_id: int,
    *,
    reason: RoleReason,
    by: Actor,
    at: datetime,
) -> RoleGrant:
    """End a role that a person holds."""
    grant = next((one for one in held_grants(person) if one.id == grant_id), None)
    if grant is None:
        raise NoSuchPersonError
    rules.check_administers(by, person_id=person.id)
    if grant.role is Role.ADMINISTRATOR:
        _check_not_last(session, person)
    secret, place = whose(person, reason), grant.subcommittee_code
    grant.ended_eid = record(
        session, acts.role_ended(grant.role, place, person=secret, by=by, at=at)
    )
    grant.ended_at, grant.ended_for = at, reason
    grant.ended_by_id = by.person_id
    count_change(session, person)
    return grant


def deactivate_person(session: Session, person: Person, *, by: Actor, at: datetime) -> None:
    """Let somebody sign in no more; what they did and held stays known."""
    rules.check_administers(by, person_id=person.id)
    if not person.is_active:
        raise rules.NotActiveError
    if any(grant.role is Role.ADMINISTRATOR for grant in held_grants(person)):
        _check_not_last(session, person)
    person.is_active = False
    sessions.end_sessions(session, person.id, Ending.DEACTIVATED, at=at)
    tell(session, acts.PERSON_DEACTIVATED, person, by=by, at=at)


def reactivate_person(session: Session, person: Person, *, by: Actor, at: datetime) -> None:
    """Let somebody sign in again, with the roles that were not ended meanwhile."""
    rules.check_administers(by, person_id=person.id)
    if person.is_active:
        raise rules.ActiveAlreadyError
    person.is_active = True
    tell(session, acts.PERSON_REACTIVATED, person, by=by, at=at)


def end_sessions(session: Session, person: Person, *, by: Actor, at: datetime) -> None:
    """Sign a person out wherever they are signed in."""
    rules.check_administers(by)
    sessions.end_sessions(session, person.id, Ending.BY_ADMINISTRATOR, at=at)
    tell(session, acts.SESSIONS_ENDED, person, by=by, at=at)


def plan_organisation(session: Session, new: NewOrganisation, *, by: Actor) -> None:
    """Refuse a partner that cannot be added."""
    service.check_new_organisation(session, new.code, by=by)


def add_organisation(
    session: Session, new: NewOrganisation, *, by: Actor, at: datetime
) -> Organisation:
    """Add a partner organisation."""
    return service.add_organisation(
        session,
        new.code,
        name_th=new.name_th,
        name_en=new.name_en,
        kind=new.kind,
        by=by,
        at=at,
    )


def plan_renaming(session: Session, renaming: Renaming, *, code: str, by: Actor) -> Organisation:
    """Return the partner under a lock, or raise what keeps it from being renamed."""
    organisation = session.get(Organisation, code, with_for_update=True, populate_existing=True)
    if organisation is None:
        raise OrganisationNotFoundError
    rules.check_administers(by)
    if renaming.seen != Name(organisation.name_th, organisation.name_en):
        raise StaleOrganisationError
    if renaming.seen == renaming.names:
        raise SameAsBeforeError
    return organisation


def rename_organisation(
    session: Session, renaming: Renaming, *, code: str, by: Actor, at: datetime
) -> Organisation:
    """Give a partner another official name."""
    organisation = plan_renaming(session, renaming, code=code, by=by)
    names, seen = renaming.names, renaming.seen
    public = {"code": code, "name_th": names.th, "name_en": names.en}
    public |= {"name_th_before": seen.th, "name_en_before": seen.en}
    record(session, acts.administered(acts.ORGANISATION_RENAMED, public, by=by, at=at))
    organisation.name_th, organisation.name_en = names.th, names.en
    session.flush()
    return organisation


def _check_not_last(session: Session, person: Person) -> None:
    """Refuse to leave the foundation without an administrator."""
    held = (RoleGrant.role == Role.ADMINISTRATOR, RoleGrant.ended_at.is_(None))
    # Two administrators who end each other at the same moment come here one after the other.
    session.execute(
        select(RoleGrant.id).where(*held).order_by(RoleGrant.id).with_for_update(key_share=True)
    )
    another = session.scalar(
        select(RoleGrant.id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(*held, RoleGrant.person_id != person.id, Person.is_active)
        .limit(1)
    )
    if another is None:
        raise rules.LastAdministratorError
