"""How long a session lasts, why it ends, and the few words that are kept about the device."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from enum import StrEnum

# When somebody was last seen is written down no more often than this.
SEEN_EVERY = timedelta(minutes=1)
# So long the sign-in page can still say why a session ended.
KEPT_FOR = timedelta(days=7)
# The first mark that a browser's name of itself holds counts: most of them claim to be others, too.
_BROWSERS = (
    ("Line/", "LINE"),
    ("FBAN/", "Facebook"),
    ("FBAV/", "Facebook"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


class Ending(StrEnum):
    """Why a session ended."""

    SIGNED_OUT = "signed_out"
    IDLE = "idle"
    LASTED = "lasted"
    BY_OWNER = "by_owner"
    BY_ADMINISTRATOR = "by_administrator"
    PASSWORD = "password"  # noqa: S105 - a reason
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts while nobody works, and how long in any case."""

    idle: timedelta
    whole: timedelta


@dataclass(frozen=True, slots=True)
class Device:
    """What a browser says of itself, in two names; empty where it is none that we know."""

    browser: str
    system: str


def ended_by_time(
    began_at: datetime, seen_at: datetime, *, limits: Limits, at: datetime
) -> Ending | None:
    """Return why a session that nobody ended is over, or None."""
    if at >= began_at + limits.whole:
        return Ending.LASTED
    return Ending.IDLE if at >= seen_at + limits.idle else None


def device(user_agent: str) -> Device:
    """Return the family of a browser and its system: enough for its owner to know it again."""
    return Device(*(_named(user_agent, marks) for marks in (_BROWSERS, _SYSTEMS)))


def _named(user_agent: str, marks: tuple[tuple[str, str], ...]) -> str:
    return next((name for mark, name in marks if mark in user_agent), "")
