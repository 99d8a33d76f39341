"""Sessions as the server keeps them: each begins with a token of its own and ends for good.

The browser holds the token, the database its digest: who reads the table can sign in as nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import NotFoundError
from portal.people.models import WebSession
from portal.people.session_rules import KEPT_FOR
from portal.people.session_rules import Device
from portal.people.session_rules import Ending
from portal.people.session_rules import Limits
from portal.people.session_rules import ended_by_time
from portal.roles import Actor

TOKEN_BYTES = 32


class NoSuchSessionError(NotFoundError):
    """The person has no such session, or it is over already."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such session, or it is over already."))


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One of somebody's sessions that goes on."""

    id: int
    device: Device
    began_at: datetime
    seen_at: datetime


def begin_session(session: Session, person_id: int, device: Device, *, at: datetime) -> str:
    """Begin a session of a person and return its token, which is kept nowhere else."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        WebSession(
            digest=_digest(token),
            person_id=person_id,
            began_at=at,
            seen_at=at,
            browser=device.browser,
            system=device.system,
        )
    )
    session.flush()
    return token


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def find_session(session: Session, token: str) -> WebSession | None:
    """Return the session of a token, going on or over."""
    return session.scalars(
        select(WebSession).where(WebSession.digest == _digest(token))
    ).one_or_none()


def see_session(session: Session, session_id: int, *, at: datetime) -> None:
    """Write down that the person was seen, unless they were seen later already."""
    session.execute(
        update(WebSession)
        .where(WebSession.id == session_id, WebSession.seen_at < at, *_IS_OPEN)
        .values(seen_at=at)
    )


_IS_OPEN = (WebSession.ended_at.is_(None),)


def end_session(
    session: Session, session_id: int, why: Ending, *, person_id: int, at: datetime
) -> bool:
    """End one session of a person; say whether it went on until now."""
    which = WebSession.id == session_id
    return _end(session, which, why, person_id=person_id, at=at) > 0


def end_own_session(session: Session, session_id: int, *, by: Actor, at: datetime) -> None:
    """End one of one's own sessions, or raise `NoSuchSessionError`."""
    if not end_session(session, session_id, Ending.BY_OWNER, person_id=by.person_id, at=at):
        raise NoSuchSessionError


def end_sessions(
    session: Session, person_id: int, why: Ending, *, but: int = 0, at: datetime
) -> int:
    """End every session of a person, but for one if it is named; return how many went on."""
    return _end(session, WebSession.id != but, why, person_id=person_id, at=at)


def _end(
    session: Session, which: ColumnElement[bool], why: Ending, *, person_id: int, at: datetime
) -> int:
    ended = session.scalars(
        update(WebSession)
        .where(WebSession.person_id == person_id, which, *_IS_OPEN)
        .values(ended_at=at, ended_for=why)
        .returning(WebSession.id)
    )
    return len(ended.all())


def open_sessions(
    session: Session, person_id: int, *, limits: Limits, at: datetime
) -> Sequence[OpenSession]:
    """Return the sessions of a person that go on, the one seen last first."""
    found = session.scalars(
        select(WebSession)
        .where(WebSession.person_id == person_id, *_IS_OPEN)
        .order_by(WebSession.seen_at.desc(), WebSession.id.desc())
    )
    return [
        OpenSession(row.id, Device(row.browser, row.system), row.began_at, row.seen_at)
        for row in found
        if ended_by_time(row.began_at, row.seen_at, limits=limits, at=at) is None
    ]


def forget_sessions(session: Session, *, at: datetime) -> None:
    """Delete the sessions that were over, or not seen any more, long ago."""
    last = func.coalesce(WebSession.ended_at, WebSession.seen_at)
    session.execute(delete(WebSession).where(last < at - KEPT_FOR))
