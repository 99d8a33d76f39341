"""Failed tries to sign in, counted before a password is looked at, for all processes together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import ceil

from sqlalchemy import delete
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import take_lock
from portal.errors import N_
from portal.errors import BusyError
from portal.people.models import SignInTry
from portal.people.try_rules import Track


class TooManyTriesError(BusyError):
    """Too many tries failed on this track; the next one has to wait."""

    def __init__(self, until: datetime, *, at: datetime) -> None:
        self.seconds = ceil((until - at).total_seconds())
        super().__init__(
            N_(
                "The password was wrong too often. Try again in {minutes} min. On a phone or "
                "computer where you signed in before, what others tried does not hold you up."
            ),
            minutes=ceil(self.seconds / 60),
        )


def count_try(session: Session, tracks: Sequence[Track], *, at: datetime) -> None:
    """Count a try as failed before it is looked at; raise `TooManyTriesError` if it must wait.

    Counted first, and under a lock, many tries at the same moment gain nothing.
    """
    _lock(session, tracks)
    kept = [
        (track, _kept(session, track) or SignInTry(track=track.key, forgotten_at=at))
        for track in tracks
    ]
    until = max(track.pace.waits_until(row.forgotten_at) for track, row in kept)
    if until > at:
        raise TooManyTriesError(until, at=at)
    for track, row in kept:
        row.forgotten_at = track.pace.after_failure(row.forgotten_at, at=at)
        session.add(row)
    session.flush()


def _lock(session: Session, tracks: Sequence[Track]) -> None:
    for lock in sorted(int(track.key[:15], 16) for track in tracks):
        take_lock(session, lock)


def _kept(session: Session, track: Track) -> SignInTry | None:
    return session.get(SignInTry, track.key, with_for_update=True)


def forgive_tries(session: Session, tracks: Sequence[Track]) -> None:
    """Forget what failed: the password was right. Of an address only this try, which was none."""
    _lock(session, tracks)
    for track in tracks:
        row = _kept(session, track)
        if row is not None and track.is_shared:
            row.forgotten_at -= track.pace.forgets_one_in
        elif row is not None:
            session.delete(row)
    session.flush()


def forget_tries(session: Session, *, at: datetime) -> None:
    """Delete what is over, but for what somebody holds who counts or forgives it now."""
    over = select(SignInTry.track).where(SignInTry.forgotten_at < at)
    free = over.with_for_update(skip_locked=True)
    session.execute(delete(SignInTry).where(SignInTry.track.in_(free)))
