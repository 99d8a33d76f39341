"""What waits and how old it is, as an operator's eyes want it: for readiness and for figures."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

from sqlalchemy import case
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.audit.models import LogPending
from portal.audit.witnessing import NEWEST
from portal.audit.witnessing import heads
from portal.install import Install
from portal.jobs.models import Job
from portal.jobs.rules import JobState
from portal.letters.models import Letter

NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Queue:
    """How many wait, and for how long the first of them has."""

    count: int
    oldest: timedelta


def waiting_entries(session: Session, *, at: datetime) -> Queue:
    """Return what is recorded and not in the log yet."""
    count = session.scalar(select(func.count()).select_from(LogPending)) or 0
    first = select(LogEntry.body).join(LogPending, LogPending.seqno == LogEntry.seqno)
    body = session.scalar(first.order_by(LogPending.pno).limit(1))
    return Queue(count, at - _told_at(body) if body else NOTHING)


def newest_entry_at(session: Session) -> datetime | None:
    """Return when the newest act was recorded, by the clock of then."""
    body = session.scalar(select(LogEntry.body).order_by(LogEntry.seqno.desc()).limit(1))
    return _told_at(body) if body else None


def _told_at(body: bytes) -> datetime:
    return datetime.fromisoformat(parse(body).at)


def open_jobs(session: Session, *, at: datetime) -> Queue:
    """Return what is asked of the worker and not done."""
    is_open = Job.state.in_((JobState.WAITING, JobState.WORKING))
    count, first = session.execute(
        select(func.count(), func.min(Job.asked_at)).where(is_open)
    ).one()
    return Queue(count, at - first if count else NOTHING)


def dead_jobs(session: Session) -> int:
    """Return how many jobs were given up."""
    is_dead = Job.state == JobState.DEAD
    return session.scalar(select(func.count()).select_from(Job).where(is_dead)) or 0


def letters(session: Session, *, at: datetime) -> tuple[Queue, int]:
    """Return the letters that wait, and how many have failed."""
    is_waiting = Letter.sent_at.is_(None) & Letter.failed_at.is_(None)
    is_waiting &= Letter.sent_with_id.is_(None)
    first = func.min(case((is_waiting, Letter.made_at)))
    waiting = func.count(case((is_waiting, 1)))
    count, oldest, failed = session.execute(
        select(waiting, first, func.count(Letter.failed_at)).where(Letter.sent_at.is_(None))
    ).one()
    return Queue(count, at - oldest if count else NOTHING), failed


@dataclass(frozen=True, slots=True)
class Published:
    """How far the published log is: how long, since when, and by whom it was cosigned."""

    size: int
    at: datetime
    witnessed: dict[str, int]


def published(install: Install) -> Published | None:
    """Return how far the published log is, or None before there is any."""
    file = install.folder.path / NEWEST
    if not file.exists():
        return None
    written = datetime.fromtimestamp(file.stat().st_mtime).astimezone()
    head = heads(install.folder)
    # The newest that is witnessed, and else whoever has cosigned so far.
    seen = head.witnessed or head.newest
    return Published(head.newest.checkpoint.size, written, dict(seen.witnessed))


def free_bytes(install: Install) -> int:
    """Return how much room the disk of the data folder has."""
    return shutil.disk_usage(install.settings.data_dir).free
