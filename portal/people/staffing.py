"""Acts of an administrator on those who are there: ending roles, signing out, renaming partners."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.service import record
from portal.errors import N_
from portal.errors import RuleError
from portal.errors import StaleError
from portal.labels import Name
from portal.people import acts
from portal.people import rules
from portal.people.models import Organisation
from portal.people.models import Person
from portal.people.models import RoleGrant
from portal.people.queries import NoSuchPersonError
from portal.people.rules import RoleReason
from portal.people.service import OrganisationNotFoundError
from portal.people.service import count_change
from portal.people.service import held_grants
from portal.people.service import new_key
from portal.people.service import tell
from portal.people.service import whose
from portal.roles import Actor
from portal.roles import Role


class StaleOrganisationError(StaleError):
    """Somebody renamed the partner after the page was opened."""

    def __init__(self) -> None:
        super().__init__(N_("This organisation was renamed meanwhile. Look again, then decide."))


class SameNameError(RuleError):
    """The names are what they were."""

    def __init__(self) -> None:
        super().__init__(N_("Nothing would change."))


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
    rules.check_administers(by, person_id=person.id)
    grant = next((one for one in held_grants(person) if one.id == grant_id), None)
    if grant is None:
        raise NoSuchPersonError
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
    person.session_key = new_key()
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
    person.session_key = new_key()
    tell(session, acts.SESSIONS_ENDED, person, by=by, at=at)


def check_renaming(
    session: Session, code: str, names: Name, *, seen: Name, by: Actor
) -> Organisation:
    """Return the partner under a lock, or raise what keeps it from being renamed."""
    rules.check_administers(by)
    organisation = session.get(Organisation, code, with_for_update=True, populate_existing=True)
    if organisation is None:
        raise OrganisationNotFoundError
    if seen != Name(organisation.name_th, organisation.name_en):
        raise StaleOrganisationError
    if seen == names:
        raise SameNameError
    return organisation


def rename_organisation(
    session: Session, code: str, names: Name, *, seen: Name, by: Actor, at: datetime
) -> Organisation:
    """Give a partner another official name; `seen` are the names that the page showed."""
    organisation = check_renaming(session, code, names, seen=seen, by=by)
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
