"""Passwords: making, choosing and checking them."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import ForbiddenError
from portal.people import acts
from portal.people import rules
from portal.people.models import Person
from portal.people.password_rules import HOUSE_WORDS
from portal.people.password_rules import ONE_TIME_HOURS
from portal.people.password_rules import check_new_password
from portal.people.password_rules import new_one_time_password
from portal.people.queries import known_person
from portal.people.service import locked_person
from portal.people.service import tell
from portal.people.session_rules import Ending
from portal.people.sessions import end_sessions
from portal.roles import Actor

_hasher = PasswordHasher()
# Checked when there is no such person, so that the answer takes as long either way. Nobody knows
# what it is the hash of; it is written here as making one takes a tenth of the time to start.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$oN0Pftoh0/7cP"
    "uaKPYKl5Q$nqreGNHzX+rPAh2pblP23zhL4XiMLoc9rSGFVD8mic0"
)


class WrongPasswordError(ForbiddenError):
    """The username or the password is not right; which of them is not said."""

    def __init__(self) -> None:
        super().__init__(N_("The username or the password is not right."))


class EndedPasswordError(ForbiddenError):
    """The one-time password was right, and is over."""

    def __init__(self) -> None:
        super().__init__(
            N_("This one-time password is over. Ask your administrator for another one.")
        )


def set_one_time_password(session: Session, person: Person, *, by: Actor, at: datetime) -> str:
    """Make a password that lets nobody further than to choosing another one, for some days."""
    rules.check_administers(by, person_id=person.id)
    if not person.is_active:
        raise rules.NotActiveError
    password = new_one_time_password()
    _set_password(session, person, password, until=at + timedelta(hours=ONE_TIME_HOURS), at=at)
    tell(session, acts.PASSWORD_SET, person, by=by, at=at)
    return password


def reset_password(session: Session, username: str, *, by: Actor, at: datetime) -> str:
    """Make a one-time password for whoever has this username."""
    return set_one_time_password(session, known_person(session, username), by=by, at=at)


def change_password(
    session: Session, person_id: int, *, old: str, new: str, at: datetime
) -> Person:
    """Let a person choose their own password; every session of theirs ends."""
    person = locked_person(session, person_id)
    check_password(session, person.username, old, at=at)
    if new == old:
        raise rules.SamePasswordError
    check_new_password(new, words=_house_words(session, person))
    _set_password(session, person, new, at=at)
    return person


def set_password(session: Session, username: str, password: str, *, at: datetime) -> Person:
    """Set a password and end every session of the person."""
    person = known_person(session, username)
    check_new_password(password, words=_house_words(session, person))
    _set_password(session, person, password, at=at)
    return person


def check_password(session: Session, username: str, password: str, *, at: datetime) -> Person:
    """Return the person whose username and password these are, or raise `WrongPasswordError`."""
    person = session.scalars(
        select(Person).where(Person.username == username, Person.is_active)
    ).one_or_none()
    stored = person.password_hash if person else None
    is_right = matches(stored or _NOBODY, password)
    if person is None or stored is None or not is_right:
        raise WrongPasswordError
    if person.password_until is not None and person.password_until <= at:
        raise EndedPasswordError
    return person


def matches(stored: str, typed: str) -> bool:
    """Say whether this was hashed, with whatever work that took."""
    try:
        return _hasher.verify(stored, typed)
    except VerifyMismatchError:
        return False


def _set_password(
    session: Session,
    person: Person,
    password: str,
    *,
    until: datetime | None = None,
    at: datetime,
) -> None:
    person.password_hash = _hasher.hash(password)
    person.password_until = until
    person.must_change_password = until is not None
    end_sessions(session, person.id, Ending.PASSWORD, at=at)
    session.flush()


def _house_words(session: Session, person: Person) -> list[str]:
    """Return what everybody here knows: the person's own names, and the foundation's words."""
    own = (person.username, person.name, person.email or "", person.organisation_code or "")
    words: list[str] = session.info["house_words"](session)
    return [*own, *HOUSE_WORDS, *words]
