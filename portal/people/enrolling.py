"""Second factors of one's own: an app, passkeys, recovery codes; and resetting somebody else's."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode
from base64 import urlsafe_b64encode
from binascii import Error as NotBase64Error
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import one_time
from portal.audit.entry import EntryType
from portal.audit.service import record
from portal.audit.service import vault_of
from portal.audit.vault import Vault
from portal.passkeys import Passkey
from portal.people import acts
from portal.people import rules
from portal.people.factor_models import AuthenticatorApp
from portal.people.factor_models import KeptRecoveryCode
from portal.people.factor_models import PersonPasskey
from portal.people.factor_rules import PASSKEYS_MAX
from portal.people.factor_rules import AppThereError
from portal.people.factor_rules import FactorNotFoundError
from portal.people.factor_rules import NoFactorError
from portal.people.factor_rules import PasskeyThereError
from portal.people.factor_rules import RecoveryCode
from portal.people.factor_rules import TooManyPasskeysError
from portal.people.factor_rules import WrongFirstCodeError
from portal.people.factor_rules import check_may_remove
from portal.people.factor_rules import recovery_codes
from portal.people.models import Person
from portal.people.service import locked_person
from portal.people.service import tell
from portal.people.service import whose
from portal.people.session_rules import Ending
from portal.people.sessions import end_sessions
from portal.people.trying import bound_to
from portal.people.trying import hasher
from portal.roles import Actor

KEPT = (AuthenticatorApp, PersonPasskey, KeptRecoveryCode)


@dataclass(frozen=True, slots=True)
class OfferedApp:
    """A secret for an app, and the same encrypted, to come back with the first code."""

    secret: str
    token: str


def offer_app(vault: Vault, person_id: int, token: str) -> OfferedApp:
    """Return the secret that was offered before, or a new one: nothing is kept yet."""
    try:
        return _offered(vault, person_id, token)
    except WrongFirstCodeError:
        secret = one_time.new_secret()
        wrapped = vault.wrap(secret.encode(), bound=bound_to(person_id))
        return OfferedApp(secret, urlsafe_b64encode(wrapped).decode())


def _offered(vault: Vault, person_id: int, token: str) -> OfferedApp:
    try:
        wrapped = urlsafe_b64decode(token.encode())
        secret = vault.unwrap(wrapped, bound=bound_to(person_id))
    except (NotBase64Error, InvalidTag, ValueError) as error:
        raise WrongFirstCodeError from error
    return OfferedApp(secret.decode(), token)


def add_app(session: Session, token: str, code: str, *, here: int, by: Actor, at: datetime) -> None:
    """Keep the app whose first code was typed; every session of the person ends but this one."""
    person = locked_person(session, by.person_id)
    if session.get(AuthenticatorApp, person.id) is not None:
        raise AppThereError
    offered = _offered(vault_of(session), person.id, token)
    step = one_time.matching_step(offered.secret, code, at=at)
    if not step:
        raise WrongFirstCodeError
    session.add(
        AuthenticatorApp(
            person_id=person.id,
            wrapped_secret=urlsafe_b64decode(token.encode()),
            last_step=step,
            added_at=at,
        )
    )
    _changed(session, person, acts.FACTOR_ADDED, here=here, by=by, at=at)


def remove_app(
    session: Session, *, must_keep_one: bool, here: int, by: Actor, at: datetime
) -> None:
    """Forget the app."""
    person = locked_person(session, by.person_id)
    app = session.get(AuthenticatorApp, person.id)
    if app is None:
        raise FactorNotFoundError
    _remove(session, person, app, must_keep_one=must_keep_one, here=here, by=by, at=at)


def add_passkey(
    session: Session, made: Passkey, name: str, *, here: int, by: Actor, at: datetime
) -> None:
    """Keep a passkey; every session of the person ends but this one."""
    person = locked_person(session, by.person_id)
    if _passkey_count(session, person.id) >= PASSKEYS_MAX:
        raise TooManyPasskeysError
    known = select(PersonPasskey.id).where(PersonPasskey.credential_id == made.credential_id)
    if session.scalar(known) is not None:
        raise PasskeyThereError
    session.add(
        PersonPasskey(
            person_id=person.id,
            name=name,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            added_at=at,
        )
    )
    _changed(session, person, acts.FACTOR_ADDED, here=here, by=by, at=at)


def rename_passkey(session: Session, passkey_id: int, name: str, *, by: Actor) -> None:
    """Call a passkey by another name."""
    locked_person(session, by.person_id)
    _own_passkey(session, passkey_id, by).name = name
    session.flush()


def remove_passkey(
    session: Session, passkey_id: int, *, must_keep_one: bool, here: int, by: Actor, at: datetime
) -> None:
    """Forget a passkey."""
    person = locked_person(session, by.person_id)
    passkey = _own_passkey(session, passkey_id, by)
    _remove(session, person, passkey, must_keep_one=must_keep_one, here=here, by=by, at=at)


def _own_passkey(session: Session, passkey_id: int, by: Actor) -> PersonPasskey:
    passkey = session.get(PersonPasskey, passkey_id)
    if passkey is None or passkey.person_id != by.person_id:
        raise FactorNotFoundError
    return passkey


def _remove(
    session: Session,
    person: Person,
    factor: AuthenticatorApp | PersonPasskey,
    *,
    must_keep_one: bool,
    here: int,
    by: Actor,
    at: datetime,
) -> None:
    left = _factor_count(session, person.id) - 1
    check_may_remove(left=left, must_keep_one=must_keep_one)
    session.delete(factor)
    _changed(session, person, acts.FACTOR_REMOVED, here=here, by=by, at=at)


def _changed(
    session: Session,
    person: Person,
    entry_type: EntryType,
    *,
    here: int,
    by: Actor,
    at: datetime,
) -> None:
    session.flush()
    person.has_factor = _factor_count(session, person.id) > 0
    if not person.has_factor:
        _forget(session, person)
    end_sessions(session, person.id, Ending.BY_OWNER, but=here, at=at)
    record(session, acts.own_factor(entry_type, person=whose(person), by=by, at=at))
    session.flush()


def _factor_count(session: Session, person_id: int) -> int:
    apps = select(func.count()).where(AuthenticatorApp.person_id == person_id)
    return (session.scalar(apps) or 0) + _passkey_count(session, person_id)


def _passkey_count(session: Session, person_id: int) -> int:
    return session.scalar(select(func.count()).where(PersonPasskey.person_id == person_id)) or 0


def renew_recovery_codes(session: Session, *, by: Actor) -> list[RecoveryCode]:
    """Return ten new codes, which are kept hashed; those so far are void."""
    person = locked_person(session, by.person_id)
    if not person.has_factor:
        raise NoFactorError
    session.execute(delete(KeptRecoveryCode).where(KeptRecoveryCode.person_id == person.id))
    codes = recovery_codes(secrets.choice)
    session.add_all(
        KeptRecoveryCode(
            person_id=person.id, number=code.number, code_hash=hasher.hash(code.letters)
        )
        for code in codes
    )
    session.flush()
    return codes


def reset_factor(session: Session, person: Person, *, by: Actor, at: datetime) -> None:
    """Forget every second factor of somebody who lost them all; their sessions end."""
    rules.check_administers(by, person_id=person.id)
    if not person.has_factor:
        raise NoFactorError
    _forget(session, person)
    person.has_factor = False
    end_sessions(session, person.id, Ending.BY_ADMINISTRATOR, at=at)
    tell(session, acts.FACTOR_RESET, person, by=by, at=at)


def _forget(session: Session, person: Person) -> None:
    for kept in KEPT:
        session.execute(delete(kept).where(kept.person_id == person.id))
    person.wrong_codes, person.codes_wait_until = 0, None
