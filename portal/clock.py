"""The only place that asks what time it is."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime


def now() -> datetime:
    """Return the present moment, UTC, to the second: the log speaks in seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def instant() -> datetime:
    """Return the present moment, UTC, as exactly as it is known: for two within one second."""
    return datetime.now(UTC)
