"""How guessing is slowed: after some failures on a track the next tries come one by one."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Pace:
    """So many failures cost nothing; each is forgotten after a time, and then one more is free."""

    free: int
    forgets_one_in: timedelta

    def waits_until(self, forgotten_at: datetime) -> datetime:
        """Return when the next try is looked at, if all failures are forgotten at this moment."""
        return forgotten_at - (self.free - 1) * self.forgets_one_in

    def after_failure(self, forgotten_at: datetime, *, at: datetime) -> datetime:
        """Return when all failures are forgotten after one more."""
        return max(forgotten_at, at) + self.forgets_one_in


@dataclass(frozen=True, slots=True)
class Track:
    """What failures are counted for, as a keyed hash; many people may come from one address."""

    key: str
    pace: Pace
    is_shared: bool = False


# Anybody can make the first two fail, so people get past them on a device of theirs. Guessing on
# all of them together stays near a hundred tries a day for one account.
ACCOUNT = Pace(free=5, forgets_one_in=timedelta(minutes=15))
ADDRESS = Pace(free=50, forgets_one_in=timedelta(seconds=20))
DEVICE = Pace(free=10, forgets_one_in=timedelta(minutes=5))


def tracks(key: bytes, username: str, *, address: str, device: str | None) -> tuple[Track, ...]:
    """Return the tracks of a try: of a known device its own, otherwise account and address."""
    if device is not None:
        return (Track(_hashed(key, "device", device), DEVICE),)
    return (
        Track(_hashed(key, "account", username), ACCOUNT),
        Track(_hashed(key, "address", address), ADDRESS, is_shared=True),
    )


def _hashed(key: bytes, kind: str, whose: str) -> str:
    return hmac.new(key, f"sign-in {kind} {whose}".encode(), sha256).hexdigest()
