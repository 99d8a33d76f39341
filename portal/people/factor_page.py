"""Reads for the pages of second factors."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.passkeys import Challenge
from portal.passkeys import Owner
from portal.passkeys import Site
from portal.passkeys import making
from portal.people.factor_models import AuthenticatorApp
from portal.people.factor_models import KeptRecoveryCode
from portal.people.factor_models import PersonPasskey
from portal.people.factor_rules import FactorNotFoundError
from portal.roles import Actor


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """A passkey, as its owner sees it."""

    id: int
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody signs in with beside their password."""

    app_added_at: datetime | None
    passkeys: Sequence[PasskeyRow]
    codes_left: int

    @property
    def count(self) -> int:
        """Return how many there are; recovery codes are none of them."""
        return len(self.passkeys) + (self.app_added_at is not None)

    def passkey(self, passkey_id: int) -> PasskeyRow:
        """Return one of the passkeys, or raise `FactorNotFoundError`."""
        found = next((row for row in self.passkeys if row.id == passkey_id), None)
        if found is None:
            raise FactorNotFoundError
        return found


def factors(session: Session, person_id: int) -> Factors:
    """Return the second factors of a person."""
    rows = session.scalars(
        select(PersonPasskey).where(PersonPasskey.person_id == person_id).order_by(PersonPasskey.id)
    )
    app = session.get(AuthenticatorApp, person_id)
    left = select(func.count()).where(
        KeptRecoveryCode.person_id == person_id, KeptRecoveryCode.used_at.is_(None)
    )
    return Factors(
        app_added_at=app.added_at if app else None,
        passkeys=[PasskeyRow(row.id, row.name, row.added_at, row.used_at) for row in rows],
        codes_left=session.scalar(left) or 0,
    )


def plan_of_passkey(
    session: Session, site: Site, challenge: Challenge, *, key: bytes, by: Actor
) -> str:
    """Return what a browser needs to make a passkey; by its handle only the key tells whose."""
    handle = hmac.digest(key, f"passkey:{by.person_id}".encode(), sha256)
    owner = Owner(handle, by.username, by.name)
    known = credential_ids(session, by.person_id)
    return making(site, owner, challenge=challenge, known=known)


def credential_ids(session: Session, person_id: int) -> Sequence[bytes]:
    """Return the ids of the passkeys that somebody can be asked for."""
    own = PersonPasskey.person_id == person_id
    return session.scalars(select(PersonPasskey.credential_id).where(own)).all()
