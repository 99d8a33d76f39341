"""A person's record: load it under a lock, and write an act everywhere it belongs at once."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import EntryType
from portal.audit.entry import Json
from portal.audit.service import record
from portal.roles import Actor
from portal.youths import acts
from portal.youths.models import Youth
from portal.youths.models import YouthAct
from portal.youths.refusals import ErasedRecordError
from portal.youths.refusals import MergedRecordError
from portal.youths.refusals import PersonNotFoundError
from portal.youths.refusals import StaleRecordError
from portal.youths.rules import check_may_change
from portal.youths.rules import may_read


def load_record(session: Session, youth_id: int, *, seen_version: int, by: Actor) -> Youth:
    """Lock a record to change it; hide what is not this person's to see, refuse an old page."""
    youth = locked(session, youth_id)
    if youth is None or not may_read(youth.registered_by_id, by):
        raise PersonNotFoundError
    check_may_change(by)
    if youth.erased_at is not None:
        raise ErasedRecordError
    if youth.same_as_id is not None:
        raise MergedRecordError
    if youth.version != seen_version:
        raise StaleRecordError
    return youth


def locked(session: Session, youth_id: int) -> Youth | None:
    """Return a record as it stands now; whoever else would change it waits for the commit."""
    return session.scalars(
        select(Youth)
        .where(Youth.id == youth_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def enter(
    session: Session,
    youth: Youth,
    entry_type: EntryType,
    told: Mapping[str, Json],
    *,
    by: Actor,
    at: datetime,
    also: Iterable[Youth] = (),
) -> None:
    """Write an act down: log, record, its history, and that of other records it is about."""
    records = (youth, *also)
    for one in records:
        one.version += 1
    session.flush()
    draft = acts.on_record(entry_type, youth.id, told, by=by, at=at)
    eid = record(session, draft)
    act = {"act": entry_type.name, "by_person_id": by.person_id, "at": at, "log_eid": eid}
    session.execute(insert(YouthAct), [{"youth_id": one.id, **act} for one in records])
