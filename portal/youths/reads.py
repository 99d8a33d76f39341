"""Keeping who opened whose page. Reads are no entries of the log: they are far too many."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta

from sqlalchemy import Select
from sqlalchemy import exists
from sqlalchemy import insert
from sqlalchemy import literal
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import Moment
from portal.roles import Actor
from portal.youths.models import RecordRead
from portal.youths.models import Youth
from portal.youths.rules import ReadPage

# Going back and forth on one page is one read.
ONE_READ = timedelta(minutes=10)


def note_read(session: Session, youth_id: int, *, page: ReadPage, by: Actor, at: datetime) -> None:
    """Keep that somebody read a page about a person, unless they just did."""
    note_reads(session, select(Youth.id).where(Youth.id == youth_id), page=page, by=by, at=at)


def note_reads(
    session: Session, youth_ids: Select[int | None], *, page: ReadPage, by: Actor, at: datetime
) -> None:
    """Keep that somebody read a page, or took a file, about each of these people."""
    (youth_id,) = youth_ids.distinct().subquery().c
    recently = exists().where(
        RecordRead.youth_id == youth_id,
        RecordRead.person_id == by.person_id,
        RecordRead.page == page,
        RecordRead.at > at - ONE_READ,
    )
    columns = (RecordRead.person_id, RecordRead.youth_id, RecordRead.page, RecordRead.at)
    reader, which = literal(by.person_id), literal(page, RecordRead.page.type)
    found = select(reader, youth_id, which, literal(at, Moment)).where(~recently)
    session.execute(insert(RecordRead).from_select(columns, found))
