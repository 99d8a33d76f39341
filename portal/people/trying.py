"""Trying a second factor: the code of an app, a recovery code, a passkey. Each is taken once."""

from __future__ import annotations

import re
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import one_time
from portal.audit.service import vault_of
from portal.passkeys import Challenge
from portal.passkeys import Passkey
from portal.passkeys import PasskeyRefusedError
from portal.passkeys import Site
from portal.passkeys import count_after
from portal.passkeys import named_in
from portal.people.factor_models import AuthenticatorApp
from portal.people.factor_models import KeptRecoveryCode
from portal.people.factor_models import PersonPasskey
from portal.people.factor_rules import APP_CODE
from portal.people.factor_rules import CodesWaitError
from portal.people.factor_rules import read_recovery_code
from portal.people.factor_rules import wait_after
from portal.people.models import Person
from portal.people.passwords import matches
from portal.people.service import locked_person

# The least that OWASP asks for: the codes are random, unlike passwords, and ten are made at once.
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Checked when there is no such code, so that the answer takes as long either way; written here, as
# `passwords` does it, so that nothing is hashed at the start.
_NONE = (
    "$argon2id$v=19$m=19456,t=2,p=1$LenmQdQyC1IDj5dcciOuFA"
    "$0NSzJn3QP0sgrKSqcbmShIHavElhjF0vQLJcfX92q/4"
)


def bound_to(person_id: int) -> str:
    """Return what the secret of a person's app is encrypted for."""
    return f"authenticator_app:{person_id}"


def try_code(session: Session, person_id: int, typed: str, *, at: datetime) -> bool:
    """Say whether this is a code of the person's; raise `CodesWaitError` before looking at it.

    A wrong one is counted: the transaction is to be committed either way.
    """
    person = locked_person(session, person_id)
    if person.codes_wait_until is not None and at < person.codes_wait_until:
        raise CodesWaitError(person.codes_wait_until, at=at)
    code = re.sub(r"\s", "", typed)
    take = _takes_app_code if APP_CODE.match(code) else _takes_recovery_code
    is_right = take(session, person_id, code, at)
    _count(person, is_right=is_right, at=at)
    session.flush()
    return is_right


def _count(person: Person, *, is_right: bool, at: datetime) -> None:
    person.wrong_codes = 0 if is_right else person.wrong_codes + 1
    wait = wait_after(person.wrong_codes)
    person.codes_wait_until = at + wait if wait else None


def _takes_app_code(session: Session, person_id: int, code: str, at: datetime) -> bool:
    app = session.get(AuthenticatorApp, person_id, populate_existing=True)
    if app is None:
        return False
    secret = vault_of(session).unwrap(app.wrapped_secret, bound=bound_to(person_id)).decode()
    step = one_time.matching_step(secret, code, at=at)
    # A code that somebody looked at while it was typed is of no use to them.
    if step <= app.last_step:
        return False
    app.last_step = step
    return True


def _takes_recovery_code(session: Session, person_id: int, code: str, at: datetime) -> bool:
    typed = read_recovery_code(code)
    kept = session.get(KeptRecoveryCode, (person_id, typed.number), populate_existing=True)
    if kept is None or kept.used_at is not None:
        matches(_NONE, typed.letters)
        return False
    if not matches(kept.code_hash, typed.letters):
        return False
    kept.used_at = at
    return True


def use_passkey(
    session: Session, answer: str, challenge: Challenge, *, person_id: int | None, at: datetime
) -> Person:
    """Return whose passkey answered, of this person or of anybody, or raise `PasskeyRefusedError`.

    A question that is older than the passkey's last answer was answered before: both must be told
    by `clock.instant`, as people may be quick.
    """
    row = session.scalars(
        select(PersonPasskey)
        .where(PersonPasskey.credential_id == named_in(answer))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None or person_id not in {None, row.person_id}:
        raise PasskeyRefusedError
    if row.used_at is not None and challenge.asked_at <= row.used_at:
        raise PasskeyRefusedError
    kept = Passkey(row.credential_id, row.public_key, row.sign_count)
    row.sign_count = count_after(_site(session), kept, answer, challenge=challenge)
    row.used_at = at
    session.flush()
    person = session.get_one(Person, row.person_id)
    if not person.is_active:
        raise PasskeyRefusedError
    return person


def _site(session: Session) -> Site:
    base_url: str = session.info["base_url"]
    return Site.at(base_url)
