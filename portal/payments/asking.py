"""Asking the worker for a paper, once whoever asks was found to be somebody who may."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.funds import sheet_rules
from portal.funds.issuing import PAPER_STEPS
from portal.funds.issuing import paper_asked
from portal.funds.sheet_facts import facts_of
from portal.funds.sheet_rules import SheetKind
from portal.jobs.service import ask_job
from portal.payments.sheet_table import TELL
from portal.roles import Actor
from portal.thai import bangkok_day


def ask_sheet(session: Session, kind: SheetKind, about: str, *, by: Actor, at: datetime) -> int:
    """Ask for a paper and return the job; refuse what could not be made now, or not by them."""
    matter = TELL[kind](session, about, by, bangkok_day(at))
    sheet_rules.issuing_role(kind, by, asked_by=matter.asked_by)
    asked = paper_asked(kind, about, facts_of(session, matter.sheet))
    return ask_job(session, asked, steps=PAPER_STEPS, by=by, at=at)
