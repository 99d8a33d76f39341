"""What each upload of a workbook did, for the officer who uploaded it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm import defer

from portal.funds.models import ImportRun
from portal.funds.rules import RequestNotFoundError
from portal.roles import Actor

RUNS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A row that was refused, or taken with a warning, and the codes of what was said of it."""

    row: int
    codes: Sequence[str]


@dataclass(frozen=True, slots=True)
class ImportPage:
    """What one upload did."""

    id: int
    file_name: str
    at: datetime
    new: int
    known: int
    refused: Sequence[JudgedRow]
    warned: Sequence[JudgedRow]


def import_run(session: Session, run_id: int, by: Actor) -> ImportPage:
    """Return what one's own upload did, or raise `RequestNotFoundError`."""
    return _import_page(_own_run(session, run_id, by))


def _import_page(run: ImportRun) -> ImportPage:
    rows = json.loads(run.refused)
    return ImportPage(
        id=run.id,
        file_name=run.file_name,
        at=run.at,
        new=run.new,
        known=run.known,
        refused=[JudgedRow(row["row"], row["refused"]) for row in rows if row["refused"]],
        warned=[JudgedRow(row["row"], row["warned"]) for row in rows if row["warned"]],
    )


def import_runs(session: Session, by: Actor) -> Sequence[ImportPage]:
    """Return one's own newest uploads."""
    found = session.scalars(
        select(ImportRun)
        .where(ImportRun.by_person_id == by.person_id)
        .options(defer(ImportRun.corrections))
        .order_by(ImportRun.id.desc())
        .limit(RUNS_SHOWN)
    )
    return [_import_page(run) for run in found]


def corrections(session: Session, run_id: int, by: Actor) -> bytes:
    """Return the refused rows of one's own upload as a workbook."""
    return _own_run(session, run_id, by).corrections


def _own_run(session: Session, run_id: int, by: Actor) -> ImportRun:
    run = session.get(ImportRun, run_id)
    if run is None or run.by_person_id != by.person_id:
        raise RequestNotFoundError
    return run
