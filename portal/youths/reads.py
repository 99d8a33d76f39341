"""Keeping who opened whose page. Reads are no entries of the log: they are far too many."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta

from sqlalchemy import exists
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.roles import Actor
from portal.youths.models import RecordRead
from portal.youths.rules import ReadPage

# Going back and forth on one page is one read.
ONE_READ = timedelta(minutes=10)


def note_read(session: Session, youth_id: int, *, page: ReadPage, by: Actor, at: datetime) -> None:
    """Keep that somebody read a page about a person, unless they just did."""
    read = {"person_id": by.person_id, "youth_id": youth_id, "page": page}
    recently = exists().where(
        RecordRead.youth_id == youth_id,
        RecordRead.person_id == by.person_id,
        RecordRead.page == page,
        RecordRead.at > at - ONE_READ,
    )
    if not session.scalar(select(recently)):
        session.execute(insert(RecordRead), {**read, "at": at})
