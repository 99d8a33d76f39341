"""Who people are to the provider that vouches for them: bound by themselves, never by a name."""

from __future__ import annotations

import hmac
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.service import record
from portal.errors import N_
from portal.errors import ForbiddenError
from portal.errors import NotFoundError
from portal.errors import RuleError
from portal.id_token import Vouched
from portal.people import acts
from portal.people import rules
from portal.people.models import Person
from portal.people.models import PersonIdentity
from portal.people.service import locked_person
from portal.people.service import tell
from portal.people.service import whose
from portal.people.session_rules import Ending
from portal.people.sessions import end_sessions
from portal.roles import Actor


class StrangerError(ForbiddenError):
    """Nobody who may sign in is bound to who came; nobody is made a person by coming."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "This identity opens no account here. Sign in with your password, then add it "
                "under Second factor."
            )
        )


class IdentityThereError(RuleError):
    """The person is bound already; that is undone before they are bound to another."""

    def __init__(self) -> None:
        super().__init__(N_("Another way to sign in is there already. Remove it first."))


class IdentityTakenError(RuleError):
    """Who signed in there is bound to somebody else here."""

    def __init__(self) -> None:
        super().__init__(N_("This identity opens another account already. Remove it there first."))


class IdentityNotFoundError(NotFoundError):
    """The person is not bound."""

    def __init__(self) -> None:
        super().__init__(N_("There is no other way to sign in that could be removed."))


def person_of(session: Session, vouched: Vouched) -> Person:
    """Return who is bound to whom the provider vouches for, or raise `StrangerError`."""
    person = session.scalars(
        select(Person)
        .join(PersonIdentity, PersonIdentity.person_id == Person.id)
        .where(PersonIdentity.subject_digest == _digest(session, vouched), Person.is_active)
    ).one_or_none()
    if person is None:
        raise StrangerError
    return person


def _digest(session: Session, vouched: Vouched) -> str:
    key: bytes = session.info["hash_key"]
    whole = f"identity\0{vouched.issuer}\0{vouched.subject}"
    return hmac.new(key, whole.encode(), sha256).hexdigest()


def bound_at(session: Session, person_id: int) -> datetime | None:
    """Return since when a person is bound, if they are."""
    found = session.get(PersonIdentity, person_id)
    return found.bound_at if found else None


def bind_identity(
    session: Session, vouched: Vouched, *, here: int, by: Actor, at: datetime
) -> None:
    """Bind who acts to whom the provider vouches for; their sessions end but this one."""
    person = locked_person(session, by.person_id)
    if session.get(PersonIdentity, person.id) is not None:
        raise IdentityThereError
    digest = _digest(session, vouched)
    taken = select(PersonIdentity.person_id).where(PersonIdentity.subject_digest == digest)
    if session.scalar(taken) is not None:
        raise IdentityTakenError
    session.add(
        PersonIdentity(
            person_id=person.id, issuer=vouched.issuer, subject_digest=digest, bound_at=at
        )
    )
    end_sessions(session, person.id, Ending.BY_OWNER, but=here, at=at)
    record(session, acts.own_factor(acts.IDENTITY_BOUND, person=whose(person), by=by, at=at))
    session.flush()


def unbind_identity(session: Session, *, here: int, by: Actor, at: datetime) -> None:
    """Undo one's own binding; their sessions end but this one."""
    person = locked_person(session, by.person_id)
    _delete(session, person)
    end_sessions(session, person.id, Ending.BY_OWNER, but=here, at=at)
    record(session, acts.own_factor(acts.IDENTITY_UNBOUND, person=whose(person), by=by, at=at))
    session.flush()


def end_identity(session: Session, person: Person, *, by: Actor, at: datetime) -> None:
    """Undo somebody's binding; their sessions end."""
    rules.check_administers(by, person_id=person.id)
    _delete(session, person)
    end_sessions(session, person.id, Ending.BY_ADMINISTRATOR, at=at)
    tell(session, acts.IDENTITY_UNBOUND, person, by=by, at=at)


def _delete(session: Session, person: Person) -> None:
    kept = session.get(PersonIdentity, person.id)
    if kept is None:
        raise IdentityNotFoundError
    session.delete(kept)
